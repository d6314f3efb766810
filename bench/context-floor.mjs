import {spawn} from 'node:child_process';

// What packing cannot avoid in a plain program: list the tracked files of each repo and read them, through git.
let files = 0;
let bytes = 0;
for (const repo of process.argv.slice(2)) {
  const listing = await run(['-C', repo, 'ls-files', '-s', '-z']);
  const ids = listing
    .toString()
    .split('\0')
    .filter(line => line !== '' && !line.startsWith('160000'))
    .map(line => line.split(' ')[1]);
  const contents = await run(['-C', repo, 'cat-file', '--batch'], `${ids.join('\n')}\n`);
  files += ids.length;
  bytes += contents.length;
}
console.log(JSON.stringify({files, bytes}));

function run(args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {stdio: ['pipe', 'pipe', 'inherit']});
    const chunks = [];
    child.stdout.on('data', chunk => chunks.push(chunk));
    child.on('error', reject);
    // git ls-files ends without reading its input.
    child.stdin.on('error', () => {});
    child.on('close', () => resolve(Buffer.concat(chunks)));
    child.stdin.end(input);
  });
}
