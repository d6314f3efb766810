import {z} from 'zod';
import {formatNetworkHost, readNetworkHost} from '../domain/network-host.ts';
import {defaultSandboxSettings, type SandboxSettings, sandboxTiers} from '../domain/sandbox.ts';
import {line} from './fields.ts';

const {limits} = defaultSandboxSettings;
const megabyte = 1024 ** 2;

/** `settings.sandbox`: where commands run that a model, a skill or a repo has chosen. */
export const sandboxSchema = z
  .strictObject({
    minimum: z
      .enum(sandboxTiers)
      .exactOptional()
      .describe(
        '"strong": a sandbox proved by attacking it, or no commands. "external": this machine is a sandbox itself (a container, a VM), and commands run beside the orchestrator where there is no strong one. Default: "strong".',
      ),
    tools: z
      .array(toolFolder())
      .max(50)
      .exactOptional()
      .describe('Folders of language tools outside /usr, shown read-only: "~/.rustup/toolchains/stable".'),
    network: z
      .array(networkHost())
      .max(100)
      .exactOptional()
      .describe(
        'Hosts that commands in a strong sandbox may reach, through a proxy of ours and with nothing else: "registry.npmjs.org" (port 443), "host:port", "*.example.org" for all names below it, an address written exactly. An allowed host is a way out for what the repo holds. Default: none, no network at all.',
      ),
    uid: z
      .int()
      .min(1)
      .max(2_000_000_000)
      .exactOptional()
      .describe(
        `User number under which commands run when the orchestrator is root. Default: ${defaultSandboxSettings.uid}.`,
      ),
    memory_mb: megabytes().describe(
      `Memory of one command with all its processes, in megabytes. Default: ${limits.memoryBytes / megabyte}.`,
    ),
    disk_mb: megabytes().describe(`What one command may write, in megabytes. Default: ${limits.diskBytes / megabyte}.`),
    processes: z
      .int()
      .min(16)
      .max(1_000_000)
      .exactOptional()
      .describe(`Processes and threads of one command. Default: ${limits.processes}.`),
  })
  .describe('Where commands run: scripts of skills, verify commands, commands of agents.');

export function toSandboxSettings(written: z.infer<typeof sandboxSchema>): SandboxSettings {
  const {minimum, tools, network, uid} = {...defaultSandboxSettings, ...written};
  return {
    minimum,
    tools,
    network: [...new Set(network.map(normalHost))],
    uid,
    limits: {
      ...limits,
      ...(written.memory_mb === undefined ? {} : {memoryBytes: written.memory_mb * megabyte}),
      ...(written.disk_mb === undefined ? {} : {diskBytes: written.disk_mb * megabyte}),
      ...(written.processes === undefined ? {} : {processes: written.processes}),
    },
  };
}

/** A short text that is read by a grammar of its own, whose words say what is wrong with it. */
function networkHost() {
  return line('a host')
    .max(300)
    .superRefine((text, context) => {
      const read = readNetworkHost(text);
      if ('problem' in read) context.addIssue({code: 'custom', message: read.problem, input: text});
    });
}

function normalHost(text: string): string {
  const read = readNetworkHost(text);
  return 'problem' in read ? text : formatNetworkHost(read);
}

function megabytes() {
  return z.int().min(64).max(10_000_000).exactOptional();
}

/** A folder that holds more than tools would show it all: homes hold keys. */
function toolFolder() {
  return line('a path').regex(
    /^(?!\/*$)(?!~\/?$)(?!\/(?:root|home|home\/[^/]+|etc|var|proc|sys|dev|run|tmp)\/*$)[~/$]/,
    {
      error: 'expected the folder of a tool, as an absolute path; not a home or a folder of the system',
    },
  );
}
