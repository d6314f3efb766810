import {isBroken} from '../domain/change.ts';
import type {Shortfall} from '../modes/agent/judge-end.ts';
import type {Verified} from './verify-change.ts';

const maxCharacters = 6000;

/** What an agent is told of verify commands that its change broke, with the end of what they said; undefined when it broke none. */
export function describeBlame({failure, results}: Verified): Shortfall | undefined {
  // What the machine lacks no agent can mend.
  if (failure === undefined || failure.failure.reason === 'verify-not-run') return undefined;
  const blamed = results.filter(isBroken);
  const detail = blamed.map(({command, output}) => `$ ${command}\n${output.slice(-maxCharacters)}`).join('\n\n');
  return {...failure.failure, detail: detail.slice(0, 2 * maxCharacters), isJudgedAgain: true};
}
