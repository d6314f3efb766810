import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {findProgram, programFile} from '../util/find-program.ts';
import {startTick} from '../util/process-identity.ts';
import {runCommand} from '../util/run-command.ts';
import {type ControlGroup, type GroupVersion, makeGroup, openGroup} from './control-group.ts';

/** Where this process may make control groups. */
export interface ControlGroups {
  /** Makes one for a program that is about to be started. */
  start(memoryBytes: number): GroupStart;
}

export interface GroupStart {
  /** What the program is started through: it is in the group before it begins. */
  readonly prefix: readonly string[];
  /** What the prefix needs to know and takes away again. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the group is, if that is known already. */
  readonly directory?: string;
  /** The group, once the program has started, by the number of its process. */
  find(pid: number): ControlGroup | undefined;
  /** For a program that could not be started. */
  drop(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** As root a group below or beside our own; as a user of systemd one that it makes for us. Undefined where there is neither. */
export async function findControlGroups(env: Env = process.env): Promise<ControlGroups | undefined> {
  const place = places().find(({directory, version}) => canMake(directory, version));
  return place === undefined ? await findUserManager(env) : ownGroups(place);
}

interface Place {
  readonly directory: string;
  readonly version: GroupVersion;
}

let made = 0;

function ownGroups({directory, version}: Place): ControlGroups {
  removeLeft(directory, version);
  return {
    start(memoryBytes) {
      const group = makeGroup(path.join(directory, groupName()), version, memoryBytes);
      const enter = 'echo $$ > "$1" && shift && exec "$@"';
      return {
        prefix: ['/bin/sh', '-c', enter, 'sh', path.join(group.directory, 'cgroup.procs')],
        env: {},
        directory: group.directory,
        find: () => group,
        drop: () => group.close(),
      };
    },
  };
}

/** Says whose it is, so that what a process left that was killed can be told from what a living one uses. */
function groupName(): string {
  return ['orchestrator', process.pid, startTick(process.pid), made++].join('-');
}

function removeLeft(directory: string, version: GroupVersion): void {
  for (const name of readdirSync(directory)) {
    const [, pid, tick] = /^orchestrator-(\d+)-(\d+)-\d+$/.exec(name) ?? [];
    if (pid === undefined || startTick(Number(pid)) === tick) continue;
    void openGroup(path.join(directory, name), version).close();
  }
}

function canMake(directory: string, version: GroupVersion): boolean {
  const name = path.join(directory, groupName());
  try {
    void makeGroup(name, version, 1024 ** 3).close();
    return true;
  } catch {
    // Not ours to divide, or mounted read-only.
    return false;
  }
}

/** Where a group of ours would be, best first. */
function places(): Place[] {
  const own = ownPaths();
  return mounts().flatMap(({root, at, version}): Place[] => {
    const below = own.get(version);
    if (below === undefined) return [];
    const relative = path.relative(root, below);
    if (relative.startsWith('..')) return [];
    const directory = path.join(at, relative);
    if (version === 1) return [{directory, version}];
    // A group with processes cannot be divided, but for the first of all.
    return [directory, path.dirname(directory)].filter(dividesMemory).map(folder => ({directory: folder, version}));
  });
}

function dividesMemory(directory: string): boolean {
  try {
    return /\bmemory\b/.test(readFileSync(path.join(directory, 'cgroup.subtree_control'), 'latin1'));
  } catch {
    return false;
  }
}

/** Our own group in each tree. */
function ownPaths(pid: number | 'self' = 'self'): Map<GroupVersion, string> {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'latin1').split('\n');
  return new Map(
    lines.flatMap((line): [GroupVersion, string][] => {
      const [, controllers = '', own = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (own === '') return [];
      if (controllers === '') return [[2, own]];
      return controllers.split(',').includes('memory') ? [[1, own]] : [];
    }),
  );
}

interface Tree {
  readonly root: string;
  readonly at: string;
  readonly version: GroupVersion;
}

function mounts(): Tree[] {
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .flatMap((line): Tree[] => {
      const [, root = '', at = '', type = '', options = ''] =
        /^\d+ \d+ \S+ (\S+) (\S+) .* - (\S+) \S+ (\S+)$/.exec(line) ?? [];
      if (type === 'cgroup2') return [{root, at, version: 2}];
      return type === 'cgroup' && options.split(',').includes('memory') ? [{root, at, version: 1}] : [];
    });
}

const busVariables = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const;

/** The systemd of an ordinary user, where it may divide its memory. Asked once by starting something. */
async function findUserManager(env: Env): Promise<ControlGroups | undefined> {
  const program = findProgram('systemd-run', env);
  const mount = mounts().find(({version}) => version === 2);
  if (program === undefined || mount === undefined || env['XDG_RUNTIME_DIR'] === undefined) return undefined;
  if (!existsSync('/run/systemd/system')) return undefined;
  const bus = Object.fromEntries(busVariables.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])));
  const prefixFor = (memoryBytes: number): string[] => [
    ...[program, '--user', '--scope', '--quiet', '--collect'],
    ...['--property', `MemoryMax=${memoryBytes}`, '--property', 'MemorySwapMax=0', '--'],
    ...[programFile('env', env), ...busVariables.flatMap(name => ['-u', name])],
  ];
  const groupOf = (text: string): string => path.join(mount.at, path.relative(mount.root, text));
  const [first = '', ...rest] = [...prefixFor(1024 ** 3), '/bin/sh', '-c', probeScript, 'sh', mount.at];
  const asked = await runCommand(first, rest, {env: {PATH: env['PATH'], ...bus}, timeoutMs: 5000}).catch(
    () => undefined,
  );
  if (asked?.exitCode !== 0) return undefined;
  return {
    start: memoryBytes => ({
      prefix: prefixFor(memoryBytes),
      env: bus as Record<string, string>,
      find(pid) {
        const own = ownPaths(pid).get(2);
        return own === undefined ? undefined : openGroup(groupOf(own), 2);
      },
      drop: async () => {},
    }),
  };
}

/** Whether the group that it was put into has a limit of its own. */
const probeScript = `while read -r line; do
  case $line in 0::*) test -f "$1/\${line#0::}/memory.max"; exit ;; esac
done < /proc/self/cgroup`;
