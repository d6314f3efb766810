import {z} from 'zod';
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
      .array(line('a host'))
      .refine(hosts => hosts.length === 0, {
        error: 'commands have no network at all in this version; leave "network" out',
      })
      .exactOptional()
      .describe('Hosts that commands may reach. In this version none: the list must be empty.'),
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
  const {minimum, tools, uid} = {...defaultSandboxSettings, ...written};
  return {
    minimum,
    tools,
    uid,
    limits: {
      ...limits,
      ...(written.memory_mb === undefined ? {} : {memoryBytes: written.memory_mb * megabyte}),
      ...(written.disk_mb === undefined ? {} : {diskBytes: written.disk_mb * megabyte}),
      ...(written.processes === undefined ? {} : {processes: written.processes}),
    },
  };
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
