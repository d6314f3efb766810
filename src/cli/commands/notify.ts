import {OrchestratorError} from '../../domain/errors.ts';
import {composeTest} from '../../report/notify/notification-text.ts';
import {sendNotifications} from '../../report/notify/notify.ts';
import {systemClock} from '../../util/clock.ts';
import {quoteText} from '../../util/quote-text.ts';
import type {Io} from '../io.ts';
import {openPlaces} from '../places.ts';

/** Tries the addresses of a configuration. The dead-man URL is left alone: a ping would count as a night. */
export async function notify(io: Io, what: string, {config}: {readonly config: string}): Promise<number> {
  if (what !== 'test') {
    throw new OrchestratorError('unknown-command', `no command notify ${quoteText(what)}`, {hint: 'notify test'});
  }
  const {notify: addresses} = openPlaces(io, {config}).settings;
  if (addresses.length === 0) {
    throw new OrchestratorError('no-addresses', 'the configuration has no "notify"', {
      hint: 'add "notify" to its settings',
    });
  }
  const problems = await sendNotifications({
    addresses,
    notification: composeTest(),
    exitCode: 0,
    env: io.env,
    clock: systemClock,
  });
  for (const problem of problems) io.err(`${problem}\n`);
  io.out(`${addresses.length - problems.length} of ${addresses.length} told\n`);
  return problems.length === 0 ? 0 : 1;
}
