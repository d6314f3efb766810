import fc from 'fast-check';
import {expect, it} from 'vitest';
import type {FileEdit} from '../domain/change.ts';
import {makeChange} from '../workspace/make-change.ts';
import {gitBlobId} from './git-blob-id.ts';
import {parsePatch} from './parse-patch.ts';

/** Lines that look like parts of a patch, and ordinary ones. */
const line = fc.constantFrom(
  ...[
    'a',
    'b',
    '',
    '-',
    '+',
    '--- a/x',
    '+++ b/x',
    '@@ -1 +1 @@',
    'diff --git a/x b/x',
    '\\ No newline at end of file',
    'x\r',
  ],
);
const text = fc
  .tuple(fc.array(line, {maxLength: 12}), fc.boolean())
  .map(([lines, endsOpen]) => lines.join('\n') + (endsOpen || lines.length === 0 ? '' : '\n'));
const name = fc.constantFrom('a', 'b c', 'ü"q\\', 'tab\tx', 'b/x b/x', 'new\nline', '日本', "it's", ' a');
const paths = fc.uniqueArray(
  fc.tuple(name, name).map(parts => parts.join('/')),
  {minLength: 1, maxLength: 4},
);

it('reads every patch of ours back: paths, added and removed lines, line numbers', async () => {
  await fc.assert(
    fc.asyncProperty(
      paths,
      fc.array(fc.tuple(fc.option(text), fc.option(text)), {minLength: 4, maxLength: 4}),
      async (names, sides) => {
        const blobs = new Map<string, Buffer>();
        const edits = names.flatMap((path, index): FileEdit[] => {
          const [before, after] = sides[index]!;
          if (before === null && after === null) return [];
          const bytes = Buffer.from(before ?? '');
          const id = gitBlobId('sha1', bytes);
          blobs.set(id, bytes);
          return [
            {
              path,
              ...(before === null ? {} : {before: {kind: 'file', id}}),
              ...(after === null ? {} : {after: {kind: 'file', bytes: Buffer.from(after)}}),
            },
          ];
        });
        const reader = {
          head: {commit: 'c'},
          objectFormat: 'sha1' as const,
          blobs: async (ids: readonly string[]) => ids.map(id => blobs.get(id)),
        };
        const change = await makeChange(reader, {edits});
        const parsed = parsePatch(change.patch);
        expect(parsed.map(({path}) => path)).toEqual(change.files.map(({path}) => path));
        for (const [index, {path, added, removed}] of change.files.entries()) {
          const lines = parsed[index]!.hunks.flatMap(hunk => hunk.lines);
          expect(lines.filter(({sign}) => sign === '+')).toHaveLength(added);
          expect(lines.filter(({sign}) => sign === '-')).toHaveLength(removed);
          const edit = change.edits.find(each => each.path === path)!;
          const now = (edit.after?.bytes.toString() ?? '').split('\n');
          for (const {sign, text: said, number} of lines) if (sign !== '-') expect(now[number - 1]).toBe(said);
        }
      },
    ),
    {numRuns: 300},
  );
});
