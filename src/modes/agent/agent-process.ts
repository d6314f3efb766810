import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {Readable, Writable} from 'node:stream';
import type {ForeignAgent} from '../../domain/foreign-agent.ts';
import {JobFailure} from '../../domain/outcome.ts';
import {expandVariables} from '../../util/expand-path.ts';
import {findProgram, programFile, searchPath} from '../../util/find-program.ts';
import {quoteText} from '../../util/quote-text.ts';
import {killGroup} from '../../util/run-command.ts';
import {sealStdio} from '../../util/seal-stdio.ts';
import {makeTemporaryFolder} from '../../util/temporary-folder.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface AgentProcess {
  readonly input: WritableStream<Uint8Array>;
  readonly output: ReadableStream<Uint8Array>;
  /** Rejects with `agent-failed` when it could not be started or ended by itself. */
  readonly ended: Promise<never>;
  /** True where it can write nothing but the work tree and its own home, and none of its processes outlives us. */
  readonly contained: boolean;
  /** Kills all its processes and removes its home. */
  close(): Promise<void>;
}

const programs = new Map<string, boolean>();

/** Starts the agent in the work tree with a home of its own and the variables that the configuration names; nothing else of our environment. */
export async function startAgentProcess(
  {name, command, env: named}: ForeignAgent,
  {directory, env}: {readonly directory: string; readonly env: Env},
): Promise<AgentProcess> {
  const [program = '', ...args] = command;
  const file = findProgram(program, env);
  if (file === undefined || !existsSync(file)) throw notStarted(name, command, 'no such program');
  const home = makeTemporaryFolder('agent');
  const contained = canContain(env);
  const argv = [file, ...args];
  const [first = '', ...rest] = contained ? contain(argv, directory, home, env) : argv;
  const sealed = sealStdio(['pipe', 'pipe', 'pipe']);
  const child = spawn(first, rest, {
    cwd: directory,
    env: {PATH: searchPath(env), HOME: home, TMPDIR: '/tmp', LANG: 'C.UTF-8', ...variablesOf(named, env)},
    // The first three; what follows is nothing.
    stdio: sealed.stdio as ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that all of it can be killed.
    detached: true,
  });
  sealed.close();
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    said.push(chunk.toString('utf8'));
    if (said.length > 20) said.shift();
  });
  // It may be gone before it has read everything.
  child.stdin.on('error', () => {});
  const ended = new Promise<never>((_, reject) => {
    child.on('error', error =>
      reject(notStarted(name, command, (error as NodeJS.ErrnoException).code ?? error.message)),
    );
    child.on('close', (code, signal) => {
      const words = said.join('').trim().slice(-300);
      const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      const what = words === '' ? '' : `: ${quoteText(words, 300)}`;
      reject(new JobFailure('agent-failed', `${quoteText(name, 60)} ${how} before it was done${what}`));
    });
  });
  ended.catch(() => {});
  return {
    input: Writable.toWeb(child.stdin),
    output: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
    ended,
    contained,
    async close() {
      await killTree(child);
      await rm(home, {recursive: true, force: true, maxRetries: 3});
    },
  };
}

function notStarted(name: string, command: readonly string[], why: string): JobFailure {
  return new JobFailure('agent-failed', `${quoteText(name, 60)} cannot be started (${why})`, {
    next: `Install ${command[0] ?? 'it'}, or choose another "agent".`,
  });
}

function variablesOf(named: ForeignAgent['env'], env: Env): Record<string, string> {
  const values = Object.entries(named).flatMap(([name, written]): [string, string][] => {
    const {text} = expandVariables(written, env);
    return text === '' ? [] : [[name, text]];
  });
  return Object.fromEntries(values);
}

/** It needs the network and its key to reach its model, so it cannot have our sandbox; this keeps its writing and its processes in. */
function contain(command: readonly string[], directory: string, home: string, env: Env): string[] {
  const seen = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', ...ownFolders(command)];
  const written = ['--bind', directory, directory, '--bind', home, home, '--chdir', directory];
  return [
    programFile('bwrap', env),
    ...seen,
    ...written,
    '--unshare-pid',
    '--unshare-ipc',
    '--die-with-parent',
    '--new-session',
    '--',
    ...command,
  ];
}

/** Where the agent itself lies, should that be below the folder that is replaced by an empty one. */
function ownFolders(command: readonly string[]): string[] {
  const folders = command.flatMap(word => /^\/tmp\/[^/]+(?=\/)/.exec(path.normalize(word)) ?? []);
  return [...new Set(folders)].flatMap(folder => ['--ro-bind-try', folder, folder]);
}

function canContain(env: Env): boolean {
  const searched = searchPath(env);
  const known = programs.get(searched);
  if (known !== undefined) return known;
  const works = findProgram('bwrap', env) !== undefined && canStart(contain(['true'], '/', '/tmp', env), searched);
  programs.set(searched, works);
  return works;
}

function canStart([program = '', ...args]: readonly string[], PATH: string): boolean {
  return spawnSync(program, args, {env: {PATH}, timeout: 10_000}).status === 0;
}

async function killTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const gone = new Promise<void>(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.on('exit', () => resolve());
  });
  killGroup(child.pid);
  await gone;
}
