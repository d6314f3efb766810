import type {Mode} from '../domain/skill.ts';

/** Who wrote the summary of a change: nobody has checked what it says. */
export const whoseWords: Readonly<Record<Mode, string>> = {
  simple: "the model's words",
  agent: "the agent's words",
  script: "the script's words",
};
