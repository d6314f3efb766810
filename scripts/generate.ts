import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {generatedFiles} from './generated-files.ts';

// node scripts/generate.ts            writes every generated file
// node scripts/generate.ts --check    writes nothing; exits 1 and names those that are stale
const root = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');

for (const {file, render} of generatedFiles) {
  const target = path.join(root, file);
  const text = await render();
  if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
  if (check) {
    console.error(`${file} is stale; run: npm run generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(path.dirname(target), {recursive: true});
    writeFileSync(target, text);
    console.log(`wrote ${file}`);
  }
}
