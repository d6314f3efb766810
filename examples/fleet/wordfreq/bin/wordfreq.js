#!/usr/bin/env node
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {countWords, topWords} from '../src/count.js';
import {formatTable} from '../src/format.js';

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    top: {type: 'string', short: 'n', default: '10'},
    json: {type: 'boolean', default: false},
  },
});

if (positionals.length !== 1) {
  console.error('usage: wordfreq [--top N] [--json] FILE');
  process.exit(2);
}

const minLength = Number(process.env.WORDFREQ_MIN_LENGTH ?? 1);
const text = readFileSync(positionals[0], 'utf8');
const rows = topWords(countWords(text, {minLength}), Number(values.top));
console.log(values.json ? JSON.stringify(rows) : formatTable(rows));
