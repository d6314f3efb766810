import type {VerifyResult} from '../domain/change.ts';
import {escapeLine} from '../util/escape-text.ts';

/** ` verified "npm test" passed, "make check" failed before too`; empty when no command was run. */
export function describeVerified(verified: readonly VerifyResult[] | undefined): string {
  if (verified === undefined || verified.length === 0) return '';
  return ` verified ${verified.map(result => `"${escapeLine(result.command)}" ${describeVerifyEnd(result)}`).join(', ')}`;
}

function describeVerifyEnd({before, after, missing}: VerifyResult): string {
  if (missing !== undefined) return `not run: ${escapeLine(missing)} was not found in the sandbox`;
  if (before === 'failed') return after === 'passed' ? 'passed, failed before' : 'failed before too';
  return after;
}
