import {existsSync} from 'node:fs';
import type {Mount} from './sandbox.ts';

export interface Launch {
  /** Program and arguments that run what is appended to them. */
  readonly prefix: readonly string[];
  readonly mounts: readonly Mount[];
}

/**
 * How root starts a program as somebody else who has no way into root's folders: in a mount namespace of its own, where the folders
 * that are needed stand under a path that all may walk. The namespace ends with the program, and every mount with it.
 */
export function launchAs(uid: number, mounts: readonly Mount[]): Launch {
  const stage = stages.find(
    folder => existsSync(folder) && !mounts.some(({source}) => `${source}/`.startsWith(`${folder}/`)),
  );
  if (stage === undefined) throw new Error(`no folder of ${stages.join(', ')} is free`);
  return {
    prefix: [
      ...['unshare', '--mount', '--propagation', 'private', '--'],
      ...['/bin/sh', '-c', stageMounts, 'sh', stage, String(mounts.length), ...mounts.map(({source}) => source)],
      ...['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--no-new-privs'],
      ...['--inh-caps=-all', '--bounding-set=-all'],
    ],
    mounts: mounts.map((mount, index) => ({...mount, source: `${stage}/${index}`})),
  };
}

/** Covered inside the namespace; outside it nothing of them changes. */
const stages = ['/mnt', '/media', '/srv', '/opt', '/run'];

const stageMounts = `set -e
stage=$1 count=$2 index=0
shift 2
mount -t tmpfs -o mode=0755,size=1m tmpfs "$stage"
while [ "$index" -lt "$count" ]; do
  if [ -d "$1" ]; then mkdir "$stage/$index"; else : > "$stage/$index"; fi
  mount --bind -- "$1" "$stage/$index"
  index=$((index + 1))
  shift
done
exec "$@"`;
