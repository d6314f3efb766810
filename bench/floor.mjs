// What a person would write in an hour: spawn git per repo, read every tracked file, post it with fetch. No ledger, no delivery.
import {execFile, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';

const run = promisify(execFile);
const [listFile, url, workers] = process.argv.slice(2);
const repos = readFileSync(listFile, 'utf8').trim().split('\n');
let next = 0;

async function work() {
  while (next < repos.length) {
    const repo = repos[next++];
    const {stdout} = await run('git', ['-C', repo, 'ls-tree', '-r', '-z', 'HEAD'], {maxBuffer: 1 << 26});
    const ids = stdout
      .split('\0')
      .filter(Boolean)
      .map(line => line.split(/[ \t]/)[2]);
    const text = await readBlobs(repo, ids);
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: {'content-type': 'application/json', 'x-api-key': 'test', 'anthropic-version': '2023-06-01'},
      body: JSON.stringify({
        model: 'claude-sonnet-5-5',
        max_tokens: 1000,
        system: 'Write a README.',
        messages: [{role: 'user', content: text}],
      }),
    });
    await response.json();
  }
}

function readBlobs(repo, ids) {
  return new Promise((resolve, reject) => {
    const git = spawn('git', ['-C', repo, 'cat-file', '--batch', '--buffer']);
    const chunks = [];
    git.stdout.on('data', chunk => chunks.push(chunk));
    git.on('error', reject);
    git.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    git.stdin.end(`${ids.join('\n')}\n`);
  });
}

await Promise.all(Array.from({length: Number(workers)}, work));
