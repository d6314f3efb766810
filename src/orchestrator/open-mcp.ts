import type {Job} from '../domain/job.ts';
import type {McpServers} from '../domain/mcp-server.ts';
import type {McpTools} from '../modes/agent/mcp-tools.ts';
import type {Env} from './env.ts';

/** The servers of the configuration, for jobs of our own agent; undefined when there is neither. */
export async function openMcp(
  jobs: readonly Pick<Job, 'mode' | 'agent'>[],
  servers: McpServers | undefined,
  env: Env,
): Promise<McpTools | undefined> {
  const isWanted = jobs.some(({mode, agent}) => mode === 'agent' && agent === undefined);
  if (servers === undefined || !isWanted) return undefined;
  return await (await import('../modes/agent/mcp-tools.ts')).openMcpTools(servers, env);
}
