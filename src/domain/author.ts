import type {Mode} from './skill.ts';

/** Who wrote the summary of a change, as every window names it: nobody has checked what it says. */
export const authors = {
  simple: 'the model',
  agent: 'the agent',
  script: 'the script',
} as const satisfies Record<Mode, string>;
