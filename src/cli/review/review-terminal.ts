import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {searchPath} from '../../util/find-program.ts';
import type {Io} from '../io.ts';
import {patchLines} from '../patch-text.ts';
import type {ReviewTerminal} from './review-loop.ts';

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

/** Takes the whole screen until it is closed; then, or when the process ends, the terminal is as it was. */
export function openReviewTerminal(io: Io): ReviewTerminal & {close(): void} {
  const {stdin} = process;
  const keys = new KeyQueue();
  const onData = (data: Buffer): void => keys.push(data.toString('utf8'));
  let drawn: readonly string[] = [];
  const onResize = (): void => io.out(frame(drawn));
  const restore = (): void => {
    stdin.setRawMode(false);
    io.out(leave);
  };
  const onEnd = (): void => keys.end();
  const start = (): void => {
    stdin.setRawMode(true);
    stdin.resume();
    io.out(enter);
  };
  start();
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  process.stdout.on('resize', onResize);
  process.once('exit', restore);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, onEnd);
  return {
    color: io.color,
    size: io.size,
    draw(lines) {
      drawn = lines;
      io.out(frame(lines));
    },
    key: () => keys.next(),
    async open(name, text) {
      restore();
      try {
        openElsewhere(io, name, text);
      } finally {
        start();
      }
    },
    close() {
      process.off('exit', restore);
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, onEnd);
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      process.stdout.off('resize', onResize);
      stdin.pause();
      restore();
    },
  };
}

function frame(lines: readonly string[]): string {
  return `\u001b[H${lines.map(line => `${line}\u001b[K`).join('\r\n')}\u001b[J`;
}

/** The program is the person's own; the text in it is escaped, so that a pager cannot be made to act. */
function openElsewhere(io: Io, name: string, patch: string): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-review-'));
  try {
    const file = path.join(folder, `${name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60)}.diff`);
    writeFileSync(file, `${patchLines(patch, {color: false}).join('\n')}\n`, {mode: 0o600});
    const program = io.env['VISUAL'] || io.env['EDITOR'] || io.env['PAGER'] || 'less';
    const env = {...process.env, PATH: searchPath(process.env)};
    spawnSync('/bin/sh', ['-c', `${program} "$1"`, 'sh', file], {stdio: 'inherit', env});
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

const named: readonly (readonly [string, string])[] = [
  ['\u001b[A', 'up'],
  ['\u001b[B', 'down'],
  ['\u001b[C', 'right'],
  ['\u001b[D', 'left'],
  ['\u001b[5~', 'pageup'],
  ['\u001b[6~', 'pagedown'],
];

/** Keys in the order typed; Ctrl-C and Ctrl-D end them. */
class KeyQueue {
  readonly #keys: (string | undefined)[] = [];
  #waiting: ((key: string | undefined) => void) | undefined;
  #ended = false;

  push(data: string): void {
    for (const key of splitKeys(data)) this.#give(key);
  }

  end(): void {
    this.#give(undefined);
  }

  next(): Promise<string | undefined> {
    if (this.#keys.length > 0) return Promise.resolve(this.#keys.shift());
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise(resolve => {
      this.#waiting = resolve;
    });
  }

  #give(key: string | undefined): void {
    if (key === undefined) this.#ended = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#keys.push(key);
    else waiting(key);
  }
}

function splitKeys(data: string): (string | undefined)[] {
  const keys: (string | undefined)[] = [];
  for (let rest = data; rest !== ''; ) {
    const known = named.find(([sequence]) => rest.startsWith(sequence));
    if (known !== undefined) {
      keys.push(known[1]);
      rest = rest.slice(known[0].length);
      continue;
    }
    // Keys that nothing is bound to.
    const unknown = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)/.exec(rest)?.[0];
    if (unknown !== undefined) {
      rest = rest.slice(unknown.length);
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0)!);
    rest = rest.slice(character.length);
    if (character === '\u0003' || character === '\u0004') keys.push(undefined);
    else if (character === '\r' || character === '\n') keys.push('enter');
    else if (character === '\u001b') keys.push('escape');
    else if (character === '\u007f' || character === '\b') keys.push('backspace');
    else if (character >= ' ') keys.push(character);
  }
  return keys;
}
