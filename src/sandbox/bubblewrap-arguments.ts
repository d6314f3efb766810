import {existsSync, lstatSync, readlinkSync} from 'node:fs';
import path from 'node:path';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {descriptors} from './gate.ts';
import type {Mount} from './sandbox.ts';

export const agentHome = '/home/agent';
export const temporaryFolders = ['/tmp', agentHome, '/dev/shm'] as const;

export interface BubblewrapArguments {
  readonly mounts: readonly Mount[];
  /** Folders of language tools; they stand in `mounts`, and here for the path of programs. */
  readonly tools: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  readonly hasFilter: boolean;
}

/**
 * What bubblewrap is told: a root of its own with `/usr`, the folders given and nothing else of this machine; no network, no other
 * process, no capability, no way to a further user namespace.
 */
export function bubblewrapArguments({mounts, tools, env, limits, hasFilter}: BubblewrapArguments): string[] {
  // What they hold is memory, and counted as such; none of them alone may hold all of it.
  const size = ['--size', String(Math.floor(limits.memoryBytes / 2))];
  return [
    ...[
      '--unshare-all',
      '--unshare-user',
      '--disable-userns',
      '--cap-drop',
      'ALL',
      '--new-session',
      '--die-with-parent',
    ],
    ...['--hostname', 'sandbox', '--clearenv'],
    ...Object.entries({...baseEnvironment(tools), ...env}).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--json-status-fd', String(descriptors.status)],
    ...(hasFilter ? ['--add-seccomp-fd', String(descriptors.filter)] : []),
    ...['--ro-bind', '/usr', '/usr', ...rootFolders()],
    ...readableOfEtc.flatMap(file => ['--ro-bind-try', file, file]),
    ...dataFile(descriptors.passwd, '/etc/passwd'),
    ...dataFile(descriptors.group, '/etc/group'),
    ...dataFile(descriptors.hosts, '/etc/hosts'),
    ...npmLinks(mounts),
    // Some switches of the kernel are writable to a root user that is none any more.
    ...['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', '--dev', '/dev'],
    // Process 1 is bubblewrap itself, of the same user as the command: through its memory it could be made to outlive us.
    ...['--perms', '0555', '--size', '4096', '--tmpfs', '/proc/1'],
    ...temporaryFolders.flatMap(folder => ['--perms', folder === '/tmp' ? '1777' : '0700', ...size, '--tmpfs', folder]),
    ...mounts.flatMap(({source, at, writable}) => [writable ? '--bind' : '--ro-bind', source, at]),
    ...['/proc/1', '/dev', '/'].flatMap(folder => ['--remount-ro', folder]),
  ];
}

/** No keys of `/etc/ssl/private`, no names of users, no configuration of this machine. */
const readableOfEtc = [
  '/etc/alternatives',
  '/etc/ca-certificates.conf',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

function dataFile(descriptor: number, at: string): string[] {
  return ['--perms', '0644', '--ro-bind-data', String(descriptor), at];
}

function rootFolders(): string[] {
  return ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(folder => {
    const stats = lstatSync(folder, {throwIfNoEntry: false});
    if (stats === undefined) return [];
    return stats.isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder];
  });
}

const nodeAt = '/opt/node';
const npmAt = `${nodeAt}/lib/node_modules/npm`;

/** The Node that we run on, where it is not below `/usr`, and its npm. Never the folder above: that may be somebody's home. */
export function nodeMounts(): Mount[] {
  const {execPath} = process;
  if (execPath.startsWith('/usr/')) return [];
  const npm = path.resolve(execPath, '../../lib/node_modules/npm');
  return [
    {source: execPath, at: `${nodeAt}/bin/node`, writable: false},
    ...(existsSync(npm) ? [{source: npm, at: npmAt, writable: false}] : []),
  ];
}

/** Where a command finds it. */
export function nodeInside(): string {
  return process.execPath.startsWith('/usr/') ? process.execPath : `${nodeAt}/bin/node`;
}

function npmLinks(mounts: readonly Mount[]): string[] {
  if (!mounts.some(({at}) => at === npmAt)) return [];
  return ['npm', 'npx'].flatMap(name => ['--symlink', `${npmAt}/bin/${name}-cli.js`, `${nodeAt}/bin/${name}`]);
}

function baseEnvironment(tools: readonly string[]): Record<string, string> {
  return {...quietEnvironment(tools, `${nodeAt}/bin`), HOME: agentHome, TMPDIR: '/tmp'};
}

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What every command gets, in whatever sandbox. */
export function quietEnvironment(tools: readonly string[], nodeFolder: string): Record<string, string> {
  const toolFolders = tools.flatMap(folder => [`${folder}/bin`, `${folder}/shims`].filter(existsSync));
  return {
    PATH: [...toolFolders, nodeFolder, systemPath].join(':'),
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    // Test runners then neither watch nor ask.
    CI: 'true',
    npm_config_update_notifier: 'false',
  };
}
