import {createHash} from 'node:crypto';
import {chmod, lstat, readdir, readFile, stat, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openDeliveryRig} from '../../test/support/delivery-rig.ts';
import {changesBetween, snapshotTree} from '../../test/support/snapshot-tree.ts';
import {textEdits} from '../../test/support/text-edits.ts';

describe.each(['descriptor', 'path'] as const)('files delivery, folders held by %s', access => {
  it('writes a new file and folder, counts its lines, and touches nothing else', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n', 'src/a.ts': 'a\n'}}, {access});
    await writeFile(join(rig.repo.path, 'notes.txt'), 'mine\n');
    await writeFile(join(rig.repo.path, 'src/a.ts'), 'my work\n');
    await rig.repo.git('stash', '-q');
    await writeFile(join(rig.repo.path, 'src/a.ts'), 'more work\n');
    await rig.repo.git('add', 'src/a.ts');
    const before = await snapshotTree(rig.directory);

    const result = await rig.deliver({'docs/journal/2026-01-31.md': '# Day\n\nText\n'});

    expect(result).toMatchObject({
      kind: 'delivered',
      delivered: {kind: 'files'},
      files: [{path: 'docs/journal/2026-01-31.md', added: 3, removed: 0}],
    });
    expect(await readFile(join(rig.repo.path, 'docs/journal/2026-01-31.md'), 'utf8')).toBe('# Day\n\nText\n');
    expect(changesBetween(before, await snapshotTree(rig.directory))).toEqual([
      'repo/docs',
      'repo/docs/journal',
      'repo/docs/journal/2026-01-31.md',
    ]);
  });

  it('replaces a committed file, keeps its mode, and says what git would say', async () => {
    await using rig = await openDeliveryRig({files: {'run.sh': {executable: 'a\nb\nc\n'}}}, {access});
    const result = await rig.deliver({'run.sh': 'a\nB\nc\nd\n'});
    expect(result.files).toEqual([{path: 'run.sh', added: 2, removed: 1}]);
    expect(await rig.repo.git('diff', '--numstat')).toBe('2\t1\trun.sh');
    expect((await stat(join(rig.repo.path, 'run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readdir(rig.repo.path)).toEqual(['.git', 'run.sh']);
  });

  it('records what it is about to write, with the ids that git will give it, before the first effect', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const before = await snapshotTree(rig.directory);
    const seen: string[][] = [];
    const files = {'README.md': 'one\ntwo\n', 'docs/new.md': '# New\n'};
    await rig.deliver(files, {
      intend: async list => {
        rig.intended.push([...list]);
        seen.push(changesBetween(before, await snapshotTree(rig.directory)));
      },
    });
    expect(seen).toEqual([[]]);
    expect(rig.intended).toEqual([
      [
        {
          path: 'README.md',
          added: 1,
          removed: 0,
          blob: await rig.repo.git('hash-object', 'README.md'),
          before: await rig.repo.git('rev-parse', 'HEAD:README.md'),
        },
        {
          path: 'docs/new.md',
          added: 1,
          removed: 0,
          blob: await rig.repo.git('hash-object', 'docs/new.md'),
          before: undefined,
        },
      ],
    ]);
  });

  it('writes nothing when the intention cannot be recorded', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const before = await snapshotTree(rig.directory);
    const intend = async (): Promise<void> => Promise.reject(new Error('ledger is full'));
    await expect(rig.deliver({'README.md': 'two\n', 'docs/a.md': 'a\n'}, {intend})).rejects.toThrow('ledger is full');
    expect(changesBetween(before, await snapshotTree(rig.directory))).toEqual([]);
  });

  it('is unchanged, without an intention, when the file is there already, committed or not', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    await writeFile(join(rig.repo.path, 'NEW.md'), 'new\n');
    const before = await snapshotTree(rig.directory);
    expect(await rig.deliver({'README.md': 'one\n', 'NEW.md': 'new\n'})).toMatchObject({kind: 'unchanged', files: []});
    expect(rig.intended).toEqual([]);
    expect(changesBetween(before, await snapshotTree(rig.directory))).toEqual([]);
  });

  it('replaces its own uncommitted delivery, but not when it was edited since', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    await rig.deliver({'README.md': 'two\n', 'NEW.md': 'new\n'});
    const earlier = rig.intended[0]!;
    expect((await rig.deliver({'README.md': 'three\n', 'NEW.md': 'newer\n'}, {earlier})).files).toHaveLength(2);
    await writeFile(join(rig.repo.path, 'NEW.md'), 'newer, and edited\n');
    expect(
      await rig.refused({'README.md': 'four\n', 'NEW.md': 'newest\n'}, {earlier: [...earlier, ...rig.intended[1]!]}),
    ).toMatchObject({
      reason: 'uncommitted-changes',
      touched: [],
    });
  });

  it('ends as an undisturbed delivery when it runs again after a crash between two files', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const files = {'README.md': 'one\ntwo\n', 'docs/new.md': '# New\n'};
    const undisturbed = await rig.deliver(files);
    await unlink(join(rig.repo.path, 'docs/new.md'));
    expect(await rig.deliver(files, {unconfirmed: rig.intended[0]!})).toEqual(undisturbed);
    expect(rig.intended[1]).toEqual(rig.intended[0]);
    expect(await rig.deliver(files, {unconfirmed: rig.intended[0]!})).toEqual(undisturbed);
    expect(rig.intended).toHaveLength(2);
  });

  it('may replace what it wrote before a crash, with a newer text', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    await rig.deliver({'README.md': 'two\n'});
    expect((await rig.deliver({'README.md': 'three\n'}, {unconfirmed: rig.intended[0]!})).kind).toBe('delivered');
    expect(await rig.refused({'README.md': 'four\n'}, {unconfirmed: rig.intended[0]!})).toMatchObject({
      reason: 'uncommitted-changes',
    });
  });

  it('removes exactly its own leftover of a delivery that was killed', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const leftover = `.orchestrator-${createHash('sha256').update('README.md').digest('hex').slice(0, 16)}.tmp`;
    await writeFile(join(rig.repo.path, leftover), 'half a fi');
    await writeFile(join(rig.repo.path, '.orchestrator-0123456789abcdef.tmp'), 'of another path');
    await rig.deliver({'README.md': 'two\n'});
    expect(await readdir(rig.repo.path)).toEqual(['.git', '.orchestrator-0123456789abcdef.tmp', 'README.md']);
  });

  it('leaves alone what has the name of a leftover and is committed', async () => {
    const leftover = `.orchestrator-${createHash('sha256').update('README.md').digest('hex').slice(0, 16)}.tmp`;
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n', [leftover]: 'tracked\n'}}, {access});
    expect(await rig.refused({'README.md': 'two\n'})).toMatchObject({reason: 'path-not-a-file', touched: []});
  });

  it('keeps CRLF in a checkout that has it, and the diff shows only what changed', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\ntwo\n'}}, {access});
    await rig.repo.git('config', 'core.autocrlf', 'true');
    await writeFile(join(rig.repo.path, 'README.md'), 'one\r\ntwo\r\n');
    const result = await rig.deliver({'README.md': 'one\ntwo\nthree\n'});
    expect(result.files).toEqual([{path: 'README.md', added: 1, removed: 0}]);
    expect(await readFile(join(rig.repo.path, 'README.md'), 'utf8')).toBe('one\r\ntwo\r\nthree\r\n');
    expect(rig.intended[0]![0]!.blob).toBe(await rig.repo.git('hash-object', 'README.md'));
    expect(await rig.deliver({'README.md': 'one\ntwo\nthree\n'})).toMatchObject({kind: 'unchanged', files: []});
    expect((await rig.deliver({'README.md': '1\n'}, {earlier: rig.intended[0]!})).kind).toBe('delivered');
    await writeFile(join(rig.repo.path, 'README.md'), 'mine\r\n');
    expect(await rig.refused({'README.md': '2\n'}, {earlier: rig.intended.flat()})).toMatchObject({
      reason: 'uncommitted-changes',
      touched: [],
    });
  });

  it('keeps CRLF that is committed as it is', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\r\ntwo\r\n'}}, {access});
    await rig.deliver({'README.md': 'one\nthree\n'});
    expect(await readFile(join(rig.repo.path, 'README.md'), 'utf8')).toBe('one\r\nthree\r\n');
    expect(rig.intended[0]![0]!.blob).toBe(await rig.repo.git('hash-object', 'README.md'));
    expect(await rig.repo.git('diff', '--numstat')).toBe('1\t1\tREADME.md');
  });

  it('gives the ids of all files as they are now, also of those it left alone', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n', 'same.md': 'a\r\n'}}, {access});
    const {blobs} = await rig.deliver({'README.md': 'two\n', 'same.md': 'a\n'});
    expect(blobs.get('README.md')).toBe(await rig.repo.git('hash-object', 'README.md'));
    expect(blobs.get('same.md')).toBe(await rig.repo.git('rev-parse', 'HEAD:same.md'));
  });

  it.runIf(process.geteuid?.() === 0)('gives what it makes to the owner of the repo when run as root', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const {chown} = await import('node:fs/promises');
    for (const path of ['', 'README.md']) await chown(join(rig.repo.path, path), 1234, 2345);
    await chmod(join(rig.repo.path, 'README.md'), 0o640);
    await rig.deliver({'README.md': 'two\n', 'docs/a/b.md': 'b\n'});
    for (const path of ['README.md', 'docs', 'docs/a', 'docs/a/b.md']) {
      expect(await lstat(join(rig.repo.path, path))).toMatchObject({uid: 1234, gid: 2345});
    }
    expect((await lstat(join(rig.repo.path, 'README.md'))).mode & 0o777).toBe(0o640);
  });

  it('works in a linked worktree', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    await rig.repo.git('worktree', 'add', '-q', '../linked');
    await using linked = await openDeliveryRig({files: {'README.md': 'one\n'}}, {access});
    const {createFilesDelivery} = await import('./files.ts');
    const result = await createFilesDelivery({access}).deliver({
      workTree: join(rig.directory, 'linked'),
      reader: {head: {commit: rig.repo.commit}, objectFormat: 'sha1'},
      committed: new Map([['README.md', await linked.repo.git('rev-parse', 'HEAD:README.md')]]),
      edits: textEdits([{path: 'README.md', text: 'two\n'}]),
      earlier: [],
      intend: async () => {},
    });
    expect(result.kind).toBe('delivered');
    expect(await readFile(join(rig.directory, 'linked/README.md'), 'utf8')).toBe('two\n');
  });
});
