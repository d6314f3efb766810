import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {once} from 'node:events';
import {findProgram} from '../util/find-program.ts';
import {gitEnvironment} from '../util/git-environment.ts';
import type {ObjectFormat} from './git-directory.ts';
import {alternateObjects} from './own-git.ts';
import {type ObjectReply, ReplyParser} from './reply-parser.ts';

export interface CatFileOptions {
  readonly gitPath: string;
  /** Our own git dir. */
  readonly gitDirectory: string;
  readonly objectFormat: ObjectFormat;
  /** Object directories of the repos this process serves. */
  readonly objectDirectories: readonly string[];
  /** git is killed when it says nothing for so long although it was asked: it hangs on a pipe that lies where an object should be. */
  readonly silenceMs: number;
}

/** The process ended, or was killed because it hung, before it had answered. */
export class GitDied extends Error {
  readonly exitCode: number | null;

  constructor(exitCode: number | null, cause?: unknown) {
    super('git ended before it had answered', {cause});
    this.exitCode = exitCode;
  }
}

/** One `git cat-file` that answers for several repos. Requests are pipelined and answered in order. */
export class CatFile {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #parser: ReplyParser;
  readonly #served: ReadonlySet<string>;
  readonly #silenceMs: number;
  /** Runs only while an answer is owed: a job may think for minutes between two questions. */
  #silence: NodeJS.Timeout | undefined;
  #asked = 0;
  readonly #ended: Promise<unknown>;
  #startError: unknown;

  constructor(options: CatFileOptions) {
    this.#parser = new ReplyParser(options.objectFormat);
    this.#served = new Set(options.objectDirectories);
    this.#child = spawn(
      findProgram(options.gitPath, process.env) ?? options.gitPath,
      ['cat-file', '--batch-command', '--buffer'],
      {
        cwd: options.gitDirectory,
        env: gitEnvironment({
          GIT_DIR: options.gitDirectory,
          ...alternateObjects(options.objectDirectories),
        }),
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    this.#silenceMs = options.silenceMs;
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#silence?.refresh();
      // Nonsense on stdout is the same to us as no answer.
      if (!this.#parser.push(chunk)) this.kill();
    });
    // git complains here about each damaged object; what counts is the missing reply.
    this.#child.stderr.resume();
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', error => {
      this.#startError = error;
    });
    this.#ended = once(this.#child, 'close').catch(() => undefined);
    this.#child.on('close', exitCode => {
      clearTimeout(this.#silence);
      this.#parser.fail(new GitDied(exitCode, this.#startError));
    });
  }

  /** No other repo's objects can be in its answers. */
  get isAlone(): boolean {
    return this.#served.size === 1;
  }

  serves(objectsDirectory: string): boolean {
    return this.#served.has(objectsDirectory);
  }

  /** Type and size of each object; undefined when it is missing. */
  info(names: readonly string[]): Promise<(ObjectReply | undefined)[]> {
    return this.#ask('info', names, 0);
  }

  /** Objects with their checked content, left out when it has more than `maxBytes`; undefined when missing. */
  contents(names: readonly string[], maxBytes: number): Promise<(ObjectReply | undefined)[]> {
    return this.#ask('contents', names, maxBytes);
  }

  /** Lets git end by itself; requests under way are still answered. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(command: 'info' | 'contents', names: readonly string[], maxBytes: number): Promise<(ObjectReply | undefined)[]> {
    if (names.length === 0) return Promise.resolve([]);
    const answered = this.#parser.expect(names.length, command === 'contents', maxBytes);
    this.#expectAnswer(answered);
    this.#child.stdin.write(`${command} ${names.join(`\n${command} `)}\nflush\n`);
    return answered;
  }

  #expectAnswer(answered: Promise<unknown>): void {
    this.#asked++;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.kill(), this.#silenceMs);
    this.#silence.unref();
    const end = (): void => {
      this.#asked--;
      if (this.#asked > 0) return;
      clearTimeout(this.#silence);
      this.#silence = undefined;
    };
    answered.then(end, end);
  }
}
