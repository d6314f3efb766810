import {OrchestratorError} from '../domain/errors.ts';
import {quoteText} from '../util/quote-text.ts';

/** A whole number from 1 up, or an error that names the flag. */
export function parseCount(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value > 0) return value;
  throw new OrchestratorError('bad-flag', `${flag} — expected a whole number from 1 up, found ${quoteText(text)}`);
}
