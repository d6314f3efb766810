/** A coding agent that somebody else makes and the operator has installed, spoken to through the Agent Client Protocol. */
export interface ForeignAgent {
  /** For results and messages. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Variables it gets beside a PATH and a home of its own. As written: `$NAME` is looked up when it is started; an unset one is left out. */
  readonly env: Readonly<Record<string, string>>;
}

/** Those known by name, with the variables in which they look for their keys. */
export const knownAgents = {
  'claude-code': agent(['claude-code-acp'], ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL']),
  codex: agent(['codex-acp'], ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY']),
  gemini: agent(['gemini', '--experimental-acp'], ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GEMINI_BASE_URL']),
  opencode: agent(['opencode', 'acp'], ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY']),
} as const;

export type KnownAgent = keyof typeof knownAgents;

function agent(command: readonly string[], names: readonly string[]): Omit<ForeignAgent, 'name'> {
  return {command, env: Object.fromEntries(names.map(name => [name, `$${name}`]))};
}
