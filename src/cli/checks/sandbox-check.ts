import {networkText} from '../../domain/network-use.ts';
import {openMachineSandbox} from '../../orchestrator/check-jobs.ts';
import {type Check, ok, warning} from './check.ts';

/** Attacks the sandbox as a run would. Runs without commands need none, so its absence is no failure. */
export async function checkSandboxHere(): Promise<Check> {
  const opened = await openMachineSandbox();
  const {fault} = opened;
  if (fault !== undefined) return warning('sandbox', `none: ${fault.message}; agents work without commands`, fault.fix);
  const {attacks = [], durationMs = 0} = opened.probe ?? {};
  const held = attacks.filter(({end}) => end === 'held').length;
  const untried = attacks.filter(({end}) => end === 'untried').map(({name}) => name);
  const rest = untried.length === 0 ? '' : `; not tried: ${untried.join(', ')}`;
  const user = process.getuid?.() === 0 ? 'another user than root, ' : '';
  return ok(
    'sandbox',
    `strong (bubblewrap, ${user}${networkText(opened.sandbox.network ?? [])}): ${held} of ${attacks.length} attacks held in ${(durationMs / 1000).toFixed(1)} s${rest}`,
  );
}
