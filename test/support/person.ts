import {spawn} from 'node:child_process';
import {cp, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Io} from '../../src/cli/io.ts';
import {runCommand} from '../../src/cli/main.ts';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {makeRepo, makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';

export const bin = fileURLToPath(new URL('../../bin/orchestrator.js', import.meta.url));

export interface Said {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Somebody with a home folder of their own and nothing else in the environment, who types commands. */
export interface Person extends AsyncDisposable {
  /** Holds everything below. */
  readonly directory: string;
  readonly home: string;
  /** State folder. */
  readonly state: string;
  /** Where they stand: holds `config/`. */
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  /** Starts the program. */
  start(args: readonly string[], options?: CallOptions): Promise<Said>;
  /** The same command line in this process, where a start of the program would take too long. */
  call(args: readonly string[], options?: CallOptions): Promise<Said>;
  /** Writes a file relative to `work`, objects as JSON, and gives its path. */
  write(file: string, content: unknown): Promise<string>;
  /** Makes repos in `~/code`, all with the same small commit, and a fleet file with their names. */
  own(repos: readonly string[]): Promise<void>;
  /** Rows of the newest results file in the home folder. */
  results(): Promise<ResultRow[]>;
}

export async function invitePerson(env: Readonly<Record<string, string>> = {}): Promise<Person> {
  const temporary = await makeTemporaryDirectory();
  const directory = temporary.path;
  const home = path.join(directory, 'home');
  const work = path.join(directory, 'work');
  const state = path.join(home, '.orchestrator');
  await Promise.all([mkdir(home), mkdir(path.join(work, 'config'), {recursive: true})]);
  const own = {PATH: process.env['PATH'] ?? '', HOME: home, LC_ALL: 'C.UTF-8', ...env};

  const write = async (file: string, content: unknown): Promise<string> => {
    const target = path.join(work, file);
    await mkdir(path.dirname(target), {recursive: true});
    await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return target;
  };

  return {
    directory,
    home,
    state,
    work,
    env: own,
    start: (args, options = {}) =>
      startProgram(process.execPath, [bin, ...args], {cwd: options.cwd ?? work, env: {...own, ...options.env}}),
    call: async (args, options = {}) => {
      const out: string[] = [];
      const err: string[] = [];
      const io: Io = {
        out: text => void out.push(text),
        err: text => void err.push(text),
        outIsTerminal: false,
        errIsTerminal: false,
        canAsk: false,
        color: false,
        size: () => ({columns: 80, rows: 24}),
        env: {...own, ...options.env},
        cwd: options.cwd ?? work,
        home,
        stateDir: state,
      };
      const exitCode = await runCommand(args, io);
      return {exitCode, stdout: out.join(''), stderr: err.join('')};
    },
    write,
    own: async repos => {
      const first = path.join(directory, 'first');
      await makeRepo(first, {files: {'main.py': 'print("hello")\n'}});
      for (const name of repos) await cp(first, path.join(home, 'code', name), {recursive: true});
      await write('config/repos.json', {repositories: repos.map(name => ({name, path: `~/code/${name}`}))});
    },
    results: async () => {
      const files = (await readdir(home)).filter(name => /^orchestrator_batch_\d{8}_\d{6}(?:_\d+)?\.json$/.test(name));
      const plain = (name: string): string => name.replace('.json', '');
      const newest = files.sort((a, b) => plain(a).localeCompare(plain(b), 'en', {numeric: true})).at(-1);
      if (newest === undefined) throw new Error('there is no results file');
      return JSON.parse(await readFile(path.join(home, newest), 'utf8')) as ResultRow[];
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

export function startProgram(
  file: string,
  args: readonly string[],
  options: {readonly cwd: string; readonly env: Readonly<Record<string, string>>},
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {...options, stdio: ['ignore', 'pipe', 'pipe']});
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', exitCode =>
      resolve({exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString()}),
    );
  });
}

/** Environment that reaches a scripted model server as if it were Anthropic. */
export function anthropicAt(url: string, key = 'sk-ant-test-0000'): Record<string, string> {
  return {ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url};
}

/** The name of the repo that a request is about. */
export function repoOf(request: {readonly prompt: string}): string {
  return JSON.parse(/^Name: (".*")$/m.exec(request.prompt)?.[1] ?? '""') as string;
}

/** A reply that every shipped skill takes for its file. */
export function wholeFile(title: string): string {
  return `# ${title}\n\nA small program that shows what a whole file looks like when a model wrote it well.\n\n## Use\n\nRead the sources, build them with the tools they name, and run the result in a terminal of your choice. Every part says what it does, and nothing else is needed to understand how the parts work together from start to end.\n`;
}
