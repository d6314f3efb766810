import type {Job} from '../domain/job.ts';
import type {McpServers} from '../domain/mcp-server.ts';
import type {McpPlaces, McpTools} from '../modes/agent/mcp-tools.ts';

/** The servers of the configuration, for jobs of our own agent; undefined when there is neither. */
export async function openMcp(
  jobs: readonly Pick<Job, 'mode' | 'agent'>[],
  servers: McpServers | undefined,
  places: McpPlaces,
): Promise<McpTools | undefined> {
  const isWanted = jobs.some(({mode, agent}) => mode === 'agent' && agent === undefined);
  if (servers === undefined || !isWanted) return undefined;
  return await (await import('../modes/agent/mcp-tools.ts')).openMcpTools(servers, places);
}
