// Runs inside the sandbox: nothing but Node's own modules and what lies beside it there may be imported here.
import {execFileSync, spawnSync} from 'node:child_process';
import {createSocket} from 'node:dgram';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {connect, type NetConnectOpts} from 'node:net';
import {networkInterfaces} from 'node:os';
import type {NamedBait} from './proxy-attacks.ts';

/** What lies outside, for the attacks to reach for. */
export interface Bait {
  /** Stands in the environment of a process outside, and in `file`. */
  readonly canary: string;
  readonly file: string;
  readonly folders: readonly string[];
  readonly pid: number;
  readonly tcpPort: number;
  readonly tcp6Port?: number;
  readonly udpPort: number;
  readonly addresses: readonly string[];
  readonly unixSocket: string;
  readonly abstractSocket: string;
  /** A name that no file outside may get. */
  readonly plant: string;
  /** Of the hosts that commands may reach; absent where there is no network. */
  readonly named?: NamedBait;
}

/** How one attack ended. `untried` where a program that it needs is not here. */
export interface Attack {
  readonly name: string;
  readonly end: 'held' | 'broken' | 'untried';
  readonly detail: string;
}

/** Every attack in turn: each tries to do what must not be possible. */
export async function runAttacks(bait: Bait): Promise<Attack[]> {
  const attacks: Attack[] = [];
  const all = {...files(bait), ...kernel(), ...system(), ...network(bait), ...(await throughProxy(bait))};
  for (const [name, attack] of Object.entries(all)) attacks.push({name, ...(await judge(attack))});
  return attacks;
}

/** Throws or answers `false` when it does not get what it wants; answers what it got when it does. */
export type Try = () => unknown;

async function judge(attack: Try): Promise<Pick<Attack, 'end' | 'detail'>> {
  try {
    const got = await attack();
    return got === false ? {end: 'held', detail: ''} : {end: 'broken', detail: String(got).slice(0, 200)};
  } catch (error) {
    if (error instanceof Untried) return {end: 'untried', detail: error.message};
    return {
      end: 'held',
      detail: String((error as NodeJS.ErrnoException).code ?? (error as Error).message).slice(0, 80),
    };
  }
}

class Untried extends Error {}

function files(bait: Bait): Record<string, Try> {
  const read = (file: string) => () => readFileSync(file, 'latin1').length > 0 && file;
  const write = (file: string) => () => {
    writeFileSync(file, bait.canary);
    return file;
  };
  return {
    'key in the environment': () => JSON.stringify(process.env).includes(bait.canary),
    'key in /proc/*/environ': () => everyProcess('environ', bait.canary),
    'key in /proc/*/cmdline': () => everyProcess('cmdline', bait.canary),
    'key in /proc/1/environ': () => readFileSync('/proc/1/environ', 'latin1').includes(bait.canary),
    'temporary file of the host': read(bait.file),
    'folders of the host': () => bait.folders.find(folder => statSync(folder, {throwIfNoEntry: false})) ?? false,
    'symlink to a file of the host': () => {
      symlinkSync(bait.file, '/repo/.probe-link');
      return readFileSync('/repo/.probe-link', 'latin1').includes(bait.canary);
    },
    'file of the host through /proc/1/root': read(`/proc/1/root${bait.file}`),
    'file of the host through /proc/1/cwd': read(`/proc/1/cwd/../${bait.file}`),
    'hard link to a program': () => {
      linkSync('/usr/bin/env', '/repo/.probe-hard');
      return 'linked';
    },
    'password file': read('/etc/shadow'),
    'git folder': () => statSync('/repo/.git', {throwIfNoEntry: false}) !== undefined && '/repo/.git',
    'keys of the machine': () => ['/etc/ssh', '/etc/ssl/private', '/root/.ssh'].find(file => statSync(file)) ?? false,
    'write to /usr': write(`/usr/${bait.plant}`),
    'write to /': write(`/${bait.plant}`),
    'write to /etc': write(`/etc/${bait.plant}`),
    'write to /dev': write(`/dev/${bait.plant}`),
    'write over a file of the host': write(bait.file),
    'open files of the parent': () =>
      readdirSync('/proc/self/fd')
        .map(descriptor => linkOf(`/proc/self/fd/${descriptor}`))
        .find(target => /^(?:socket:|\/(?!dev\/null|proc\/|repo|.*\/output \(deleted\)$))/.test(target)) ?? false,
    'sockets of services': () =>
      [
        '/var/run/docker.sock',
        '/run/docker.sock',
        '/run/dbus/system_bus_socket',
        '/run/containerd/containerd.sock',
      ].find(file => statSync(file, {throwIfNoEntry: false})) ?? false,
  };
}

function kernel(): Record<string, Try> {
  const writable = (file: string) => () => {
    closeSync(openSync(file, 'r+'));
    return file;
  };
  return {
    'core pattern': writable('/proc/sys/kernel/core_pattern'),
    'every switch in /proc/sys': () => findWritable('/proc/sys'),
    'system request': writable('/proc/sysrq-trigger'),
    'kernel memory': () => {
      const descriptor = openSync('/proc/kcore', 'r');
      return readSync(descriptor, Buffer.alloc(64)) > 0 && '/proc/kcore';
    },
    'kernel log': () => readSync(openSync('/dev/kmsg', 'r'), Buffer.alloc(64)) > 0 && '/dev/kmsg',
    'control groups': () => readdirSync('/sys/fs/cgroup').length > 0 && '/sys/fs/cgroup',
    'devices of the host': () => {
      const known = /^(?:core|fd|full|null|ptmx|pts|random|shm|std(?:in|out|err)|tty|urandom|zero|console)$/;
      return readdirSync('/dev').find(name => !known.test(name)) ?? false;
    },
    'make a device': () => shell('mknod /tmp/probe-device b 8 0'),
    'mount a file system': () => shell('mount -t tmpfs none /tmp'),
    'mount /usr writable': () => shell('mount -o remount,rw,bind /usr'),
    'uncover /proc/sys': () => shell('umount /proc/sys'),
    'new user namespace': () => shell('unshare --user true'),
    'new mount namespace': () => shell('unshare --mount true'),
    'enter a namespace': () => shell('nsenter --target 1 --user true'),
    'read a key ring': () => syscall(250, 219, '6, -3, 0, 0'),
    'add to a key ring': () => syscall(248, 217, '$user, $user, $user, 1, -3'),
    'socket to the hypervisor': () => syscall(41, 198, '40, 1, 0'),
    'socket for packets': () => syscall(41, 198, '17, 3, 0'),
    'raw socket': () => syscall(41, 198, '2, 3, 1'),
    'load a kernel program': () => syscall(321, 280, '0, 0, 0'),
    'asynchronous input and output': () => syscall(425, 425, '4, $buffer'),
    'faults handled by a program': () => syscall(323, 282, '0'),
    'performance counters': () => syscall(298, 241, '$buffer, 0, -1, -1, 0'),
    'memory that belongs to no process': () => syscall(319, 279, '$user, 0'),
    'pages lent to a pipe': () => {
      const lend = numberOf(278, 75);
      return perl(
        `pipe(my $out, my $in); ${vector} exit(syscall(${lend}, fileno($in), $vector, 1, 0) == -1 ? ${refusedStatus} : 0)`,
      );
    },
    'memory of process 1': writable('/proc/1/mem'),
    'trace a process': () => syscall(101, 117, '0, 0, 0, 0'),
    'trace process 1': () => syscall(101, 117, '16, 1, 0, 0'),
    'read the memory of a process': () => perl(copyMemory(numberOf(310, 270))),
    'write to the memory of a process': () => perl(copyMemory(numberOf(311, 271))),
    'open files of another process': () =>
      perl(`my $process = syscall(434, getppid(), 0); exit 1 if $process == -1;
        exit(syscall(438, $process, 0, 0) == -1 ? ${refusedStatus} : 0)`),
    'a large shared segment': () => syscall(29, 194, '0, 1073741824, 0x3ff'),
    'change the root': () => syscall(161, 51, '$repo'),
    'open a file by its number': () => syscall(304, 265, '3, $buffer, 0'),
    'type into a terminal': () =>
      perl(`open(my $t, "+<", "/dev/tty") or exit ${refusedStatus}; ioctl($t, 0x5412, "x") or exit ${refusedStatus}`),
  };
}

function system(): Record<string, Try> {
  const status = (name: string): string =>
    new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
  const limit = (name: string): string =>
    new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(readFileSync('/proc/self/limits', 'latin1'))?.[2] ?? '';
  return {
    'become root': () => {
      process.setuid?.(0);
      return 'uid 0';
    },
    'run as root': () => process.getuid?.() === 0 && 'uid 0',
    'gain rights by a program': () => status('NoNewPrivs') !== '1' && 'NoNewPrivs is off',
    'keep a capability': () =>
      ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'].find(name => !/^0+$/.test(status(name))) ?? false,
    'set-uid program of its own': () => {
      copyFileSync('/usr/bin/id', '/repo/.probe-id');
      chmodSync('/repo/.probe-id', 0o4755);
      return execFileSync('/repo/.probe-id', ['-u'], {encoding: 'utf8'}).trim() === '0' && 'uid 0';
    },
    'processes without limit': () => limit('Max processes') === 'unlimited' && 'no limit',
    'raise a limit': () => shell('prlimit --pid $$ --nproc=unlimited:unlimited'),
    'files without limit': () => limit('Max file size') === 'unlimited' && 'no limit',
    'memory without limit': () => limit('Max data size') === 'unlimited' && 'no limit',
    'dump memory': () => limit('Max core file size') !== '0' && 'core files',
    'escape the killer of large processes': () => {
      writeFileSync('/proc/self/oom_score_adj', '-1000');
      return 'oom_score_adj';
    },
    'run before all others': () => shell('nice -n -10 true') && false,
  };
}

function network(bait: Bait): Record<string, Try> {
  const tcp = (options: NetConnectOpts): Try => {
    return () =>
      new Promise((resolve, reject) => {
        const socket = connect({...options, timeout: 1000} as NetConnectOpts, () => {
          socket.destroy();
          resolve('connected');
        });
        socket.once('error', reject);
        socket.once('timeout', () => reject(new Error('timeout')));
      });
  };
  const udp = (port: number, host: string): Try => {
    // Whether it arrived is seen outside; here only that it could not be sent.
    return () =>
      new Promise((resolve, reject) => {
        const socket = createSocket('udp4');
        socket.once('error', reject);
        socket.send(bait.canary, port, host, error => {
          socket.close();
          if (error === null) resolve(host !== '127.0.0.1' && `sent to ${host}`);
          else reject(error);
        });
      });
  };
  return {
    'signal to a process of the host': () => process.kill(bait.pid, 0) && `pid ${bait.pid}`,
    'processes of the host': () =>
      readdirSync('/proc').filter(name => /^\d+$/.test(name)).length > 12 && 'many processes are visible',
    'interfaces of the host': () => Object.keys(networkInterfaces()).find(name => name !== 'lo') ?? false,
    'TCP to the host': tcp({host: '127.0.0.1', port: bait.tcpPort}),
    'TCP over IPv6 to the host': tcp({host: '::1', port: bait.tcp6Port ?? bait.tcpPort}),
    'TCP to an address of the host': tcp({host: bait.addresses[0] ?? '192.0.2.1', port: bait.tcpPort}),
    'metadata of the cloud': tcp({host: '169.254.169.254', port: 80}),
    'UDP to the host': udp(bait.udpPort, '127.0.0.1'),
    'name server': udp(53, '192.0.2.53'),
    'unix socket of the host': tcp({path: bait.unixSocket}),
    'abstract socket of the host': tcp({path: `\0${bait.abstractSocket}`}),
    'file in the temporary folder of the host': () => {
      writeFileSync(`/tmp/${bait.plant}`, bait.canary);
      // Seen outside.
      return false;
    },
  };
}

async function throughProxy(bait: Bait): Promise<Record<string, Try>> {
  if (bait.named === undefined) return {};
  return (await import('./proxy-attacks.ts')).proxyAttacks(bait, bait.named);
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function everyProcess(file: string, canary: string): string | false {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(canary)) return `/proc/${pid}/${file}`;
    } catch {
      // It may not be read, which is what is hoped for.
    }
  }
  return false;
}

function findWritable(folder: string): string | false {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const file = `${folder}/${entry.name}`;
    const found = entry.isDirectory() ? findWritable(file) : isWritable(file) && file;
    if (found !== false) return found;
  }
  return false;
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function shell(command: string): string {
  const [program = ''] = command.split(' ');
  if (
    !['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some(folder =>
      statSync(`${folder}/${program}`, {throwIfNoEntry: false}),
    )
  )
    throw new Untried(`${program} is not installed`);
  const {status} = spawnSync('/bin/sh', ['-c', command], {stdio: 'ignore', timeout: 5000});
  if (status !== 0) throw new Error('refused');
  return command;
}

/** The numbers of the call on x64 and on arm64. */
function syscall(x64: number, arm64: number, args: string): string {
  return perl(
    `my ($buffer, $user, $repo) = ("\\0" x 256, "user", "/repo"); exit(syscall(${numberOf(x64, arm64)}, ${args}) == -1 ? ${refusedStatus} : 0)`,
  );
}

function numberOf(x64: number, arm64: number): number {
  const number = {x64, arm64}[process.arch as string];
  if (number === undefined) throw new Untried(`unknown call numbers on ${process.arch}`);
  return number;
}

const vector = 'my $buffer = "x" x 256; my $vector = pack("P256Q", $buffer, 256);';

/** From the process to itself, which may do so where anybody may. */
function copyMemory(number: number): string {
  return `${vector} my $other = "y" x 256; my $target = pack("P256Q", $other, 256);
    exit(syscall(${number}, $$ + 0, $vector, 1, $target, 1, 0) == -1 ? ${refusedStatus} : 0)`;
}

const refusedStatus = 9;

function perl(script: string): string {
  if (statSync('/usr/bin/perl', {throwIfNoEntry: false}) === undefined) throw new Untried('perl is not installed');
  const {status} = spawnSync('/usr/bin/perl', ['-e', script], {stdio: 'ignore', timeout: 5000});
  if (status === refusedStatus) throw new Error('refused');
  if (status !== 0) throw new Untried(`perl ended with ${status}`);
  return script;
}
