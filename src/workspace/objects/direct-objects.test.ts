import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {deflateSync} from 'node:zlib';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {makeRepo, type TemporaryRepo} from '../../testing/temporary-fleet.ts';
import {applyDelta} from './apply-delta.ts';
import {DirectObjects} from './direct-objects.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-objects-'));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const lines = (count: number, word: string): string =>
  Array.from({length: count}, (_, line) => `${word} ${line} ${(line * 7919) % 1000}\n`).join('');

/** Twelve versions of a few files, so that deltas stand on deltas. */
async function makeHistory(name: string, packed = false): Promise<TemporaryRepo> {
  return await makeRepo(path.join(folder, name), {
    packed,
    files: {'a.txt': lines(400, 'a'), 'b/b.txt': lines(50, 'b'), empty: '', 'large.bin': randomBytes(300_000)},
    commits: Array.from({length: 12}, (_, number) => ({
      files: {'a.txt': lines(400 + number * 9, 'a'), [`b/${number}.txt`]: lines(20 + number, 'b')},
    })),
  });
}

interface Known {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly content: Buffer;
}

function askGit(repo: string): Known[] {
  const git = (...args: string[]): Buffer => execFileSync('git', ['-C', repo, ...args], {maxBuffer: 1 << 26});
  return git('cat-file', '--batch-all-objects', '--batch-check')
    .toString()
    .trim()
    .split('\n')
    .map(row => {
      const [id = '', type = '', size = ''] = row.split(' ');
      return {id, type, size: Number(size), content: git('cat-file', type, id)};
    });
}

function expectAll(repo: string, known: readonly Known[]): void {
  const objects = new DirectObjects(path.join(repo, '.git/objects'));
  for (const {id, type, size, content} of known) {
    expect(objects.info(id)).toMatchObject({id, type, size});
    expect(objects.content(id, 1 << 24)).toEqual({id, type, size, content, forged: false});
  }
  expect(objects.content('0'.repeat(40), 1 << 24)).toBeUndefined();
  objects.close();
}

describe('DirectObjects', () => {
  it.each([
    ['loose objects', []],
    ['one pack', ['repack', '-adfq']],
    ['deltas that name their base', ['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq', '--depth=50']],
    ['deep chains', ['repack', '-adfq', '--depth=200', '--window=50']],
    ['several packs', ['repack', '-adfq', '--max-pack-size=1m']],
    ['a pack beside loose objects', ['repack', '-q']],
  ] as const)('reads %s as git does', async (name, args) => {
    const repo = await makeHistory(name.replaceAll(' ', '-'));
    const known = askGit(repo.path);
    if (args.length > 0) await repo.git(...args);
    if (name.startsWith('a pack')) {
      writeFileSync(path.join(repo.path, 'new.txt'), 'loose\n');
      await repo.git('add', '.');
    }
    expectAll(repo.path, known);
  });

  it('leaves the content out where it is larger than wanted', async () => {
    for (const packed of [false, true]) {
      const repo = await makeHistory(`bounds-${packed}`, packed);
      const known = askGit(repo.path);
      const objects = new DirectObjects(path.join(repo.path, '.git/objects'));
      for (const {id, type, size} of known.filter(object => object.size > 1000)) {
        expect(objects.content(id, 1000)).toEqual({id, type, size, forged: false});
      }
      objects.close();
    }
  });

  it('gives nothing for what is no file, is a link, or is not what its name says', async () => {
    const store = path.join(folder, 'odd');
    const place = (id: string): string => {
      mkdirSync(path.join(store, id.slice(0, 2)), {recursive: true});
      return path.join(store, id.slice(0, 2), id.slice(2));
    };
    const named = (character: string): string => character.repeat(40);
    execFileSync('mkfifo', [place(named('a'))]);
    writeFileSync(path.join(store, 'elsewhere'), deflateSync('blob 1\0x'));
    symlinkSync(path.join(store, 'elsewhere'), place(named('b')));
    writeFileSync(place(named('c')), deflateSync('blob 1\0x'));
    writeFileSync(place(named('d')), 'no zlib at all');
    // Says a byte, holds a hundred megabytes.
    writeFileSync(place(named('e')), deflateSync(Buffer.concat([Buffer.from('blob 1\0'), Buffer.alloc(100_000_000)])));
    writeFileSync(place(named('f')), deflateSync('rabbit 1\0x'));
    const objects = new DirectObjects(store);
    for (const character of 'abcdef') expect(objects.content(named(character), 1000), character).toBeUndefined();
    objects.close();
  });

  it('never gives a content that does not have the id, whatever bytes of the store are changed', async () => {
    const repo = await makeHistory('fuzz');
    const known = askGit(repo.path);
    await repo.git('repack', '-adfq', '--depth=50');
    writeFileSync(path.join(repo.path, 'new.txt'), lines(100, 'loose'));
    await repo.git('add', '.');
    const byId = new Map(askGit(repo.path).map(object => [object.id, object]));
    const source = path.join(repo.path, '.git/objects');
    const files = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file =>
      /^pack\/.*\.(?:pack|idx)$|^[0-9a-f]{2}\/[0-9a-f]{38}$/.test(file),
    );
    expect(known.length).toBeGreaterThan(30);
    expect(files.length).toBeGreaterThan(2);
    const damage = fc.record({
      file: fc.nat(),
      at: fc.nat(),
      byte: fc.nat(255),
      kind: fc.constantFrom('flip', 'cut', 'grow'),
    });
    let answered = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(damage, {minLength: 1, maxLength: 4}), damages => {
        const store = mkdtempSync(path.join(folder, 'damaged-'));
        cpSync(source, store, {recursive: true});
        for (const {file, at, byte, kind} of damages) {
          const target = path.join(store, files[file % files.length]!);
          const bytes = readFileSync(target);
          if (kind === 'flip' && bytes.length > 0) bytes[at % bytes.length] = byte;
          const kept = kind === 'cut' ? bytes.subarray(0, at % (bytes.length + 1)) : bytes;
          rmSync(target);
          writeFileSync(target, kind === 'grow' ? Buffer.concat([kept, Buffer.alloc(1 + (at % 64), byte)]) : kept);
        }
        const objects = new DirectObjects(store);
        for (const [id, object] of byId) {
          const reply = objects.content(id, 1 << 24);
          if (reply?.content === undefined) refused++;
          else {
            answered++;
            expect(reply.content.equals(object.content)).toBe(true);
          }
        }
        objects.close();
        rmSync(store, {recursive: true});
      }),
      {numRuns: 150},
    );
    expect(answered).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(100);
  });
});

describe('applyDelta', () => {
  it('refuses what leads outside of its base, its target or itself', () => {
    const base = Buffer.from('0123456789');
    const delta = (target: number, ...commands: number[]): Buffer => Buffer.from([10, target, ...commands]);
    expect(applyDelta(base, delta(4, 0x91, 2, 4))?.toString()).toBe('2345');
    expect(applyDelta(base, delta(6, 0x91, 2, 4, 2, 0x61, 0x62))?.toString()).toBe('2345ab');
    for (const bad of [
      delta(4, 0x91, 8, 4), // beyond the base
      delta(3, 0x91, 2, 4), // beyond the target
      delta(9, 0x91, 2, 4), // not enough
      delta(4, 0), // reserved
      delta(4, 4, 0x61), // cut off
      Buffer.from([9, 4, 0x91, 2, 4]), // another base
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.alloc(0),
    ])
      expect(applyDelta(base, bad), bad.toString('hex')).toBeUndefined();
  });
});
