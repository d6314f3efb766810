import assert from 'node:assert/strict';
import {test} from 'node:test';
import {countWords, topWords} from '../src/count.js';
import {formatTable} from '../src/format.js';

test('counts words without regard to case', () => {
  assert.deepEqual(topWords(countWords('The cat saw the dog.'), 1), [{word: 'the', count: 2}]);
});

test('leaves out words that are too short', () => {
  assert.deepEqual([...countWords('a bb ccc', {minLength: 2}).keys()], ['bb', 'ccc']);
});

test('lines the counts up', () => {
  assert.equal(formatTable([{word: 'a', count: 10}, {word: 'b', count: 9}]), '10  a\n 9  b');
});
