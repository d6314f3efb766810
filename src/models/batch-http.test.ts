import {expect, it} from 'vitest';
import {Json, listSince} from './batch-http.ts';

it('reads pages from the newest on, until one reaches back far enough or there are no more', async () => {
  const asked: (string | undefined)[] = [];
  const list = (since: number): Promise<unknown[]> =>
    listSince(
      since,
      async afterId => {
        asked.push(afterId);
        const newest = afterId === undefined ? 5 : Number(afterId) - 1;
        return new Json({data: [{at: newest}, {at: newest - 1}], has_more: newest > 2});
      },
      batch => {
        const createdAt = batch.at('at').number;
        return {id: String(createdAt), ended: true, processed: 1, requests: 1, createdAt};
      },
    ).then(found => found.map(({id}) => id));

  expect(await list(4)).toEqual(['5', '4']);
  expect(asked.splice(0)).toEqual([undefined, '4']);
  expect(await list(0)).toEqual(['5', '4', '3', '2', '1', '0']);
  expect(asked).toEqual([undefined, '4', '2']);
});
