import type {SandboxSettings} from '../domain/sandbox.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {programFile} from '../util/find-program.ts';
import {once} from '../util/once.ts';
import {bubblewrapArguments, nodeMounts, systemPath, temporaryFolders} from './bubblewrap-arguments.ts';
import {findControlGroups} from './find-control-groups.ts';
import {attachGate, descriptors, gated} from './gate.ts';
import {launchAs} from './launch-as.ts';
import {SandboxesHere} from './machine-memory.ts';
import {runLimited} from './run-limited.ts';
import {type Mount, type Sandbox, workspaceMount} from './sandbox.ts';
import {seccompFilter} from './seccomp-filter.ts';

/** What a machine may have or not. */
export interface MachineParts {
  readonly findGroups?: typeof findControlGroups;
}

/**
 * Commands under bubblewrap: a root of their own with `/usr` and the workspace, no network, no key, no process but theirs; as root under
 * another user. Whether this machine lets it do so is for `probeSandbox` to find out.
 */
export function createBubblewrap(
  settings: Omit<SandboxSettings, 'minimum'>,
  {findGroups = findControlGroups}: MachineParts = {},
): Sandbox {
  const isRoot = effectiveUserId() === 0;
  const uid = isRoot ? settings.uid : (effectiveUserId() ?? settings.uid);
  const filter = seccompFilter();
  const files = new Map([
    ...(filter === undefined ? [] : [[descriptors.filter, filter] as const]),
    [descriptors.passwd, Buffer.from(passwd(uid))],
    [descriptors.group, Buffer.from(`agent:x:${uid}:\nnogroup:x:65534:\n`)],
    [descriptors.hosts, Buffer.from('127.0.0.1 localhost sandbox\n::1 localhost\n')],
  ]);
  const sandboxes = new SandboxesHere();
  const groups = once(findGroups);
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
      const inside = ['--chdir', workspaceMount, '--', ...gated(limits.processes), ...command.argv];
      return await runLimited({
        command,
        writable: wanted.flatMap(({source, writable}) => (writable ? [source] : [])),
        limits,
        argv: [...prefix, programFile('bwrap', process.env), ...told, ...inside],
        cwd: '/',
        // Whoever reads the environment of bubblewrap itself finds nothing either.
        env: {PATH: systemPath},
        descriptors: Object.keys(descriptors).length,
        temporary: temporaryFolders,
        groups: await groups(),
        ownNetwork: true,
        sandboxes,
        attach: (child, watch) => attachGate(child, files, watch),
      });
    },
  };
}

function passwd(uid: number): string {
  const lines = [
    'root:x:0:0:::/bin/false',
    `agent:x:${uid}:${uid}::/home/agent:/bin/sh`,
    'nobody:x:65534:65534::/nonexistent:/bin/false',
  ];
  return `${lines.join('\n')}\n`;
}
