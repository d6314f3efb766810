import type {SandboxSettings} from '../domain/sandbox.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {bubblewrapArguments, descriptors, nodeMounts, temporaryFolders} from './bubblewrap-arguments.ts';
import {launchAs} from './launch-as.ts';
import {runContained} from './run-contained.ts';
import {type Mount, type Sandbox, SandboxError, workspaceMount} from './sandbox.ts';
import {seccompFilter} from './seccomp-filter.ts';

/**
 * Commands under bubblewrap: a root of their own with `/usr` and the workspace, no network, no key, no process but theirs; as root under
 * another user. Whether this machine lets it do so is for `probeSandbox` to find out.
 */
export function createBubblewrap(settings: Omit<SandboxSettings, 'minimum'>): Sandbox {
  const isRoot = effectiveUserId() === 0;
  const uid = isRoot ? settings.uid : (effectiveUserId() ?? settings.uid);
  const filter = seccompFilter();
  return {
    tier: 'strong',
    ...(isRoot ? {owner: {uid, gid: uid}} : {}),
    seenAt: ({at}) => at,
    async run(command) {
      const limits = {...settings.limits, ...command.limits};
      const wanted: Mount[] = [
        {source: command.workspace, at: workspaceMount, writable: true},
        ...(command.mounts ?? []),
        ...settings.tools.map(folder => ({source: folder, at: folder, writable: false})),
        ...nodeMounts(),
      ];
      const {prefix, mounts} = isRoot ? launchAs(uid, wanted) : {prefix: [], mounts: wanted};
      const env = command.env ?? {};
      const told = bubblewrapArguments({mounts, tools: settings.tools, env, limits, hasFilter: filter !== undefined});
      return await runContained({
        command,
        limits,
        argv: [
          ...prefix,
          'bwrap',
          ...told,
          '--chdir',
          workspaceMount,
          '--',
          ...gated(limits.processes),
          ...command.argv,
        ],
        rlimits: [`--data=${limits.memoryBytes}`, `--fsize=${limits.diskBytes}`, `--nofile=${openFiles}`, '--core=0'],
        files: new Map([
          ...(filter === undefined ? [] : [[descriptors.filter, filter] as const]),
          [descriptors.passwd, Buffer.from(passwd(uid))],
          [descriptors.group, Buffer.from(`agent:x:${uid}:\nnogroup:x:65534:\n`)],
          [descriptors.hosts, Buffer.from('127.0.0.1 localhost sandbox\n::1 localhost\n')],
        ]),
        temporary: temporaryFolders,
      }).catch(error => {
        if (error instanceof SandboxError || (error as Error).name === 'AbortError') throw error;
        throw new SandboxError(`the sandbox cannot be started: ${(error as Error).message}`, {cause: error});
      });
    },
  };
}

const openFiles = 16_384;

function passwd(uid: number): string {
  return `root:x:0:0:::/bin/false\nagent:x:${uid}:${uid}::/home/agent:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n`;
}

/**
 * The command starts when it is told to, and that is when bubblewrap has bound its life to ours: whoever dies before closes the gate for
 * good. The number of processes is limited inside, where only those of the sandbox count.
 */
function gated(processes: number): string[] {
  const close = Object.values(descriptors)
    .map(descriptor => `${descriptor}<&-`)
    .join(' ');
  const script = `echo ready >&${descriptors.gate}
read -r _ <&${descriptors.gate} || exit 125
exec ${close}
echo 1000 > /proc/self/oom_score_adj
exec nice -n 5 prlimit --nproc=${processes} -- "$@"`;
  return ['/bin/sh', '-c', script, 'sh'];
}
