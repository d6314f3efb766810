import {z} from 'zod';
import {type ForeignAgent, type KnownAgent, knownAgents} from '../domain/foreign-agent.ts';

const variables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(10_000));
const command = z.array(z.string().min(1).max(4096)).min(1).max(100).describe('Program and arguments; no shell.');

/** `settings.mcp`: servers whose tools agents are offered. */
export const mcpSchema = z
  .record(
    z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,30}$/, {
      error: 'expected a server name of letters, digits and "-", at most 31 characters',
    }),
    z.union([
      z.strictObject({
        command,
        env: variables.exactOptional().describe('Variables it gets; $NAME takes a value from the environment.'),
      }),
      z.strictObject({
        url: z
          .string()
          .max(4096)
          .regex(/^https?:\/\/[^\s]+$/, {error: 'expected a URL such as "https://…"'})
          .describe('Address of the server.'),
        headers: z
          .record(z.string().max(200), z.string().max(10_000))
          .exactOptional()
          .describe('Sent with every request; $NAME takes a value from the environment.'),
      }),
    ]),
  )
  .describe('Mode "agent": MCP servers whose tools are offered, by name, as mcp__NAME__tool.');

const agentNames = Object.keys(knownAgents) as [KnownAgent, ...KnownAgent[]];

/** `agent`: who works in mode "agent". */
export const agentSchema = z
  .union([
    z.enum(agentNames),
    z.strictObject({
      command,
      env: variables.exactOptional().describe('Variables it gets; $NAME takes a value from the environment.'),
    }),
  ])
  .describe(
    'Mode "agent": a coding agent that you have installed works instead of our own, through the Agent Client Protocol: its name, or its command. What it costs is not known, so no budget holds it.',
  );

export function toForeignAgent(written: z.infer<typeof agentSchema>): ForeignAgent {
  if (typeof written === 'string') return {name: written, ...knownAgents[written]};
  const name = written.command[0]?.split('/').at(-1) ?? 'agent';
  return {name, command: written.command, env: written.env ?? {}};
}
