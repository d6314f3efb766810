import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {makeRepo} from '../src/testing/temporary-fleet.ts';
import {mapConcurrently} from '../src/util/map-concurrently.ts';

/** Small but real repositories: a manifest, sources, tests, docs, and a few commits of history; about 20 files and 25 kB each. */
export async function makeBenchFleet(directory: string, count: number): Promise<string[]> {
  await mkdir(directory, {recursive: true});
  return await mapConcurrently([...Array(count).keys()], 4, async index => {
    const repo = path.join(directory, `repo-${String(index).padStart(4, '0')}`);
    const files: Record<string, string> = {
      'package.json': JSON.stringify(
        {name: `repo-${index}`, version: '1.0.0', scripts: {test: 'node --test', start: 'node src/main.js'}},
        null,
        2,
      ),
      'docs/guide.md': `# Guide ${index}\n\n${'How it is used, step by step, and why it is built so.\n'.repeat(20)}`,
      'src/main.js': source(index, 'main', 60),
    };
    for (let file = 0; file < 12; file++) files[`src/part-${file}.js`] = source(index, `part${file}`, 25);
    for (let file = 0; file < 4; file++) files[`test/part-${file}.test.js`] = source(index, `test${file}`, 12);
    await makeRepo(repo, {
      files,
      packed: index % 2 === 0,
      commits: [1, 2, 3].map(number => ({
        message: `Change ${number}`,
        files: {'src/main.js': source(index, `main${number}`, 60)},
      })),
    });
    return repo;
  });
}

function source(repo: number, name: string, lines: number): string {
  const body = Array.from(
    {length: lines},
    (_, line) => `export function ${name}Step${line}(value) {\n  return value * ${line + repo} + ${line};\n}`,
  );
  return `${body.join('\n')}\n`;
}
