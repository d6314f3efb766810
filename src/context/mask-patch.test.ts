import {expect, it} from 'vitest';
import {parsePatch} from '../util/parse-patch.ts';
import {makeChange} from '../workspace/make-change.ts';
import {maskPatch} from './mask-patch.ts';

const token = `ghp_${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'}`;
const body = Array.from({length: 12}, (_, index) => `MIIEpAIBAAKCAQEA${'x7Qz'.repeat(11)}${index}`).join('\n');
const key = `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`;

async function patchOf(path: string, before: string | undefined, after: string): Promise<string> {
  const reader = {
    head: {commit: 'c'.repeat(40)},
    objectFormat: 'sha1' as const,
    blobs: async () => [Buffer.from(before ?? '')],
  };
  const edit = {
    path,
    ...(before === undefined ? {} : {before: {kind: 'file' as const, id: '1'.repeat(40)}}),
    after: {kind: 'file' as const, bytes: Buffer.from(after)},
  };
  return (await makeChange(reader, {edits: [edit]})).patch;
}

it('leaves a patch without secrets as it is', async () => {
  const patch = await patchOf('src/a.ts', 'one\n', 'two\nthree');
  expect(await maskPatch(patch)).toBe(patch);
});

it('takes a secret out of a line, and leaves the rest of it', async () => {
  const masked = await maskPatch(await patchOf('src/a.ts', 'one\n', `one\nconst key = "${token}"; // mine\n`));
  expect(masked).not.toContain(token);
  expect(masked).toMatch(/^\+const key = "\[held back: [^\]]+\]"; \/\/ mine$/m);
});

it('takes a key of many lines out line by line, so that the numbers stay', async () => {
  const patch = await patchOf('keys.txt', undefined, `before\n${key}\nafter\n`);
  const masked = await maskPatch(patch);
  expect(masked).not.toContain('MIIE');
  expect(masked).not.toContain('x7Qz');
  const lines = (text: string) => parsePatch(text).flatMap(({hunks}) => hunks.flatMap(hunk => hunk.lines));
  expect(lines(masked).map(({number, sign}) => [number, sign])).toEqual(
    lines(patch).map(({number, sign}) => [number, sign]),
  );
  expect(lines(masked).at(0)?.text).toBe('before');
  expect(lines(masked).at(-1)?.text).toBe('after');
});

it('knows those that go, and those that only stand beside', async () => {
  const before = `a = 1\ntoken = "${token}"\nb = 2\n`;
  expect(await maskPatch(await patchOf('a.py', before, `a = 1\nb = 2\n`))).not.toContain(token);
  expect(await maskPatch(await patchOf('a.py', before, `a = 2\ntoken = "${token}"\nb = 2\n`))).not.toContain(token);
});

it('takes them out of names', async () => {
  expect(await maskPatch(await patchOf(`docs/${token}.md`, undefined, 'x\n'))).not.toContain(token);
});
