import {lstatSync, mkdirSync} from 'node:fs';
import {programFile} from '../util/find-program.ts';
import {type Mount, SandboxError} from './sandbox.ts';

export interface Launch {
  /** Program and arguments that run what is appended to them. */
  readonly prefix: readonly string[];
  readonly mounts: readonly Mount[];
}

export interface LaunchOptions {
  /** Where the program begins. */
  readonly directory?: string;
  /** It gets process numbers of its own, and all that it starts ends with it. */
  readonly owned?: boolean;
}

/**
 * How root starts a program as somebody else who has no way into root's folders: in a mount namespace of its own, where the folders
 * that are needed stand under a path that all may walk. The namespace ends with the program, and every mount with it.
 */
export function launchAs(
  uid: number,
  mounts: readonly Mount[],
  {directory = '/', owned = false}: LaunchOptions = {},
): Launch {
  const stage = stageFolder();
  return {
    prefix: [
      ...[program('unshare'), '--mount', '--propagation', 'private'],
      ...(owned ? ['--pid', '--fork', '--kill-child=SIGKILL'] : []),
      ...[
        '--',
        '/bin/sh',
        '-c',
        owned ? `${stageMounts}\n${runOwned}` : `${stageMounts}\nexec "$@"`,
        'sh',
        stage,
        directory,
        String(mounts.length),
      ],
      ...mounts.flatMap(({source, at}) => [source, at]),
      ...[program('setpriv'), '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--no-new-privs'],
      ...['--inh-caps=-all', '--bounding-set=-all'],
    ],
    mounts: mounts.map(mount => ({...mount, source: `${stage}${mount.at}`})),
  };
}

function program(name: string): string {
  return programFile(name, process.env);
}

/**
 * Where folders stand in the namespace, each under its own `at`; outside of it this folder stays empty. It is our own, so that nothing
 * that somebody needs is hidden behind it.
 */
export function stageFolder(): string {
  const folder = ['/run', '/tmp', '/var/tmp'].map(parent => `${parent}/orchestrator-stage`).find(isOurs);
  if (folder === undefined) throw new SandboxError('neither /run nor /tmp takes a folder of ours');
  return folder;
}

function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, {mode: 0o755});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  // What somebody else has put there is left alone.
  const stats = lstatSync(folder);
  return stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o022) === 0;
}

const stageMounts = `set -e
stage=$1 directory=$2 count=$3
shift 3
mount -t tmpfs -o mode=0755,size=1m tmpfs "$stage"
while [ "$count" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "$stage$2"; else mkdir -p "$(dirname "$stage$2")"; : > "$stage$2"; fi
  mount --bind -- "$1" "$stage$2"
  count=$((count - 1))
  shift 2
done
cd "$directory"`;

/** The shell is the first process of the namespace and looks after what others leave; the program is not: to it signals would mean less. */
const runOwned = `mount -t proc proc /proc 2>/dev/null || :
set +e
"$@"
exit $?`;
