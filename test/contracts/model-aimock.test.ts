import {LLMock} from '@copilotkit/aimock';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {ask, failureOfCall, flavours, openModelOn} from './model-rig.ts';

describe('against a model server nobody here wrote', () => {
  const mock = new LLMock({port: 0});
  beforeAll(async () => {
    await mock.start();
  });
  afterAll(() => mock.stop());

  it.each(flavours)('%s gives text and usage', async flavour => {
    mock.reset();
    mock.onMessage('about api', {content: '# API\n\nFrom elsewhere.\n'});
    const reply = await ask(await openModelOn(mock.url, flavour));
    expect(reply).toMatchObject({text: '# API\n\nFrom elsewhere.\n', finishReason: 'stop', usage: {requests: 1}});
    expect(mock.getRequests()).toHaveLength(1);
  });

  it.each(flavours)('%s says 429 and 529 by their names', async flavour => {
    mock.reset();
    mock.nextRequestError(429, {message: 'slow down', type: 'rate_limit_error'});
    const model = await openModelOn(mock.url, flavour);
    expect((await failureOfCall(ask(model))).kind).toBe('rate-limited');
    mock.nextRequestError(529, {message: 'busy', type: 'overloaded_error'});
    expect((await failureOfCall(ask(model))).kind).toBe('overloaded');
    expect(mock.getRequests()).toHaveLength(2);
  });
});
