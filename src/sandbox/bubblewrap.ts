import type {SandboxSettings} from '../domain/sandbox.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {programFile} from '../util/find-program.ts';
import {once} from '../util/once.ts';
import {bubblewrapArguments, nodeMounts, systemPath, temporaryFolders} from './bubblewrap-arguments.ts';
import {findControlGroups} from './find-control-groups.ts';
import {attachGate, descriptors, gated, plainDoor} from './gate.ts';
import {launchAs} from './launch-as.ts';
import {SandboxesHere} from './machine-memory.ts';
import {proxyEnvironment, serverDoor} from './proxy/server-door.ts';
import {startProxy} from './proxy/start-proxy.ts';
import {runLimited} from './run-limited.ts';
import {type Mount, type Sandbox, workspaceMount} from './sandbox.ts';
import {seccompFilter} from './seccomp-filter.ts';

/** What a machine may have or not. */
export interface MachineParts {
  readonly findGroups?: typeof findControlGroups;
}

/**
 * Commands under bubblewrap: a root of their own with `/usr` and the workspace, no network but what a proxy of ours lets through, no key,
 * no process but theirs; as root under another user. Whether this machine lets it do so is for `probeSandbox` to find out.
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
  const {network} = settings;
  const sandboxes = new SandboxesHere();
  const groups = once(findGroups);
  return {
    tier: 'strong',
    network,
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
      const env = {...(network.length === 0 ? {} : proxyEnvironment(network)), ...command.env};
      const told = bubblewrapArguments({mounts, tools: settings.tools, env, limits, hasFilter: filter !== undefined});
      const proxy = network.length === 0 ? undefined : await startProxy(network);
      const door = proxy === undefined ? plainDoor : serverDoor(server => proxy.serve(server));
      const inside = ['--chdir', workspaceMount, '--', ...gated(limits.processes, door), ...command.argv];
      try {
        const result = await runLimited({
          command: proxy === undefined ? command : {...command, signal: endingWith(proxy.lost, command.signal)},
          writable: wanted.flatMap(({source, writable}) => (writable ? [source] : [])),
          limits,
          argv: [...prefix, programFile('bwrap', process.env), ...told, ...inside],
          cwd: '/',
          // Whoever reads the environment of bubblewrap itself finds nothing either.
          env: {PATH: systemPath},
          descriptors: Object.keys(descriptors).length,
          ...(proxy === undefined ? {} : {channel: descriptors.gate}),
          temporary: temporaryFolders,
          groups: await groups(),
          ownNetwork: true,
          sandboxes,
          attach: (child, watch) => attachGate(child, files, door, watch),
        });
        return proxy === undefined ? result : {...result, network: await proxy.finish()};
      } finally {
        proxy?.kill();
      }
    },
  };
}

function endingWith(lost: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? lost : AbortSignal.any([lost, signal]);
}

function passwd(uid: number): string {
  const lines = [
    'root:x:0:0:::/bin/false',
    `agent:x:${uid}:${uid}::/home/agent:/bin/sh`,
    'nobody:x:65534:65534::/nonexistent:/bin/false',
  ];
  return `${lines.join('\n')}\n`;
}
