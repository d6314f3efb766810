import {existsSync, statSync} from 'node:fs';
import {chown, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {readNetworkHost} from '../domain/network-host.ts';
import {networkWithoutEffect, type SandboxSettings} from '../domain/sandbox.ts';
import {findProgram} from '../util/find-program.ts';
import {quoteText} from '../util/quote-text.ts';
import {makeTemporaryFolder} from '../util/temporary-folder.ts';
import {createBubblewrap} from './bubblewrap.ts';
import {createExternal} from './external.ts';
import {AttacksNotRun, brokenThrough, type ProbeReport, probeSandbox} from './probe-sandbox.ts';
import {ProxyFailed} from './proxy/start-proxy.ts';
import {type Sandbox, SandboxError} from './sandbox.ts';

export interface SandboxFault {
  /** What is missing, one line. */
  readonly message: string;
  /** One command or sentence. */
  readonly fix: string;
}

export type OpenedSandbox =
  | {
      readonly sandbox: Sandbox;
      /** Absent for `external`: there is nothing of ours to attack. */
      readonly probe?: ProbeReport;
      /** Why it is not a strong one. */
      readonly weaker?: SandboxFault;
      /** What of the settings has no effect in it. */
      readonly note?: string;
      readonly fault?: undefined;
    }
  | {readonly fault: SandboxFault; readonly sandbox?: undefined};

/** The strongest sandbox that this machine has, proved now; a fault where it is weaker than the operator accepts. Never weaker in silence. */
export async function openSandbox(settings: SandboxSettings): Promise<OpenedSandbox> {
  const wrong = faultOfSettings(settings);
  if (wrong !== undefined) return {fault: wrong};
  const strong = await openStrong(settings);
  if (strong.fault === undefined || settings.minimum === 'strong') return strong;
  const sandbox = createExternal(settings);
  const reason = await reasonNotToStart(sandbox);
  const note = networkWithoutEffect(settings);
  if (reason === undefined) return {sandbox, weaker: strong.fault, ...(note === undefined ? {} : {note})};
  return {fault: {message: reason, fix: 'run the orchestrator as an ordinary user in that container'}};
}

const unclearFix = 'report it, and run where commands are isolated by other means';

async function openStrong(settings: SandboxSettings): Promise<OpenedSandbox> {
  if (findProgram('bwrap', process.env) === undefined)
    return {fault: {message: 'bubblewrap is not installed', fix: 'apt-get install -y bubblewrap'}};
  const sandbox = createBubblewrap(settings);
  try {
    const probe = await probeSandbox(sandbox);
    const broken = brokenThrough(probe);
    if (broken.length === 0) return {sandbox, probe};
    const names = broken.map(({name}) => name).join(', ');
    return {
      fault: {
        message: `bubblewrap keeps ${probe.attacks.length - broken.length} of ${probe.attacks.length} attacks in; not: ${names}`,
        fix: unclearFix,
      },
    };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return {fault: {message: error.message, fix: fixOf(error)}};
  }
}

function fixOf(error: SandboxError): string {
  if (error instanceof ProxyFailed) return 'leave "sandbox.network" out, and report it';
  return error instanceof AttacksNotRun ? unclearFix : namespaceFix();
}

async function reasonNotToStart(sandbox: Sandbox): Promise<string | undefined> {
  const workspace = makeTemporaryFolder('first');
  try {
    if (sandbox.owner !== undefined) await chown(workspace, sandbox.owner.uid, sandbox.owner.gid);
    const {end, output} = await sandbox.run({argv: ['/bin/sh', '-c', 'echo > there'], workspace, timeoutMs: 10_000});
    return end.kind === 'exited' && end.exitCode === 0 ? undefined : `commands cannot be started: ${output.trim()}`;
  } catch (error) {
    if (error instanceof SandboxError) return error.message;
    throw error;
  } finally {
    await rm(workspace, {recursive: true, force: true});
  }
}

function faultOfSettings({tools, minimum, network}: SandboxSettings): SandboxFault | undefined {
  if (process.platform !== 'linux') {
    const fix = minimum === 'strong' ? 'run commands on Linux, or in a Linux container' : 'run in a Linux container';
    return {message: `there is no sandbox for commands on ${process.platform}`, fix};
  }
  const needed = ['prlimit', 'setpriv', 'mkfifo', 'nice'];
  const missing = needed.find(program => findProgram(program, process.env) === undefined);
  if (missing !== undefined)
    return {message: `${missing} is not installed`, fix: 'apt-get install -y util-linux coreutils'};
  for (const host of network) {
    const read = readNetworkHost(host);
    if ('problem' in read)
      return {
        message: `"sandbox.network" names ${quoteText(host)}: ${read.problem}`,
        fix: 'correct it, or leave it out',
      };
  }
  for (const folder of tools) {
    if (!statSync(folder, {throwIfNoEntry: false})?.isDirectory())
      return {message: `the folder ${folder} of "sandbox.tools" does not exist`, fix: 'correct it, or leave it out'};
    if (`${homedir()}/`.startsWith(path.join(folder, '/')))
      return {
        message: `"sandbox.tools" names ${folder}, which holds a home`,
        fix: 'name the folder of the tool itself',
      };
  }
  return undefined;
}

function namespaceFix(): string {
  if (existsSync('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'))
    return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))
    return 'start the container with --privileged, or state that it isolates: "sandbox": {"minimum": "external"}';
  return 'sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1';
}
