import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {LLMock} from '@copilotkit/aimock';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {invitePerson, wholeFile} from '../support/person.ts';

describe('the command line against a model server nobody here wrote', () => {
  const mock = new LLMock({port: 0});
  beforeAll(async () => {
    await mock.start();
  });
  afterAll(() => mock.stop());

  it.each(['anthropic/claude-sonnet-5-5', 'openai/gpt-6-sol'])('%s: text, after a 429 and a 529', async model => {
    mock.reset();
    mock.onMessage('Name: "api"', {content: wholeFile('From elsewhere')});
    mock.nextRequestError(429, {message: 'slow down', type: 'rate_limit_error'});
    await using person = await invitePerson({
      ANTHROPIC_API_KEY: 'sk-ant-test',
      ANTHROPIC_BASE_URL: mock.url,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: `${mock.url}/v1`,
    });
    await person.own(['api']);
    const first = await person.start(['--skill', 'readme-generator', '--model', model]);
    expect(first).toMatchObject({exitCode: 0, stderr: ''});
    expect(first.stdout).toMatch(/WARN .* job=readme-generator\/api retry in .*429/);
    expect(await readFile(path.join(person.home, 'code/api/README.md'), 'utf8')).toBe(wholeFile('From elsewhere'));
    expect(await person.results()).toMatchObject([{outcome: 'changed', attempts: 2, model}]);

    mock.nextRequestError(529, {message: 'busy', type: 'overloaded_error'});
    const second = await person.call(['--skill', 'repo-summarizer', '--model', model]);
    expect(second.exitCode).toBe(0);
    expect(second.stdout).toMatch(/retry in .*529/);
    expect(await person.results()).toMatchObject([{outcome: 'changed', attempts: 2}]);
    expect(mock.getRequests()).toHaveLength(4);
  });
});
