import {OrchestratorError} from '../domain/errors.ts';
import {escapeLine} from '../util/escape-text.ts';
import {quoteText} from '../util/quote-text.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import {type ResultRow, resultsSchema} from './results-schema.ts';

const maxBytes = 512 * 1024 * 1024;

/** Reads a results file of this or another machine. Throws an `OrchestratorError` that names the row and the key that is wrong. */
export function readResults(file: string, label: string): ResultRow[] {
  const name = escapeLine(label);
  const read = readBoundedFile(file, maxBytes);
  if (read.fault !== undefined) throw unusable(name, read.fault.message);
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch (error) {
    throw unusable(name, `this is not JSON: ${escapeLine((error as Error).message)}`, error);
  }
  const result = resultsSchema.safeParse(value);
  if (result.success) return result.data;
  const {issues} = result.error;
  const [first] = issues;
  const [index, ...keys] = first?.path ?? [];
  const place =
    index === undefined
      ? ''
      : `row ${Number(index) + 1}${keys.length === 0 ? '' : `, ${keys.map(String).join('.')}`}: `;
  const message = first?.code === 'invalid_value' ? unknownValue(value, first.path) : (first?.message ?? '');
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw unusable(name, `this is no results file: ${escapeLine(place)}${escapeLine(message)}${more}`);
}

/** The list of what is known may be longer than a screen. */
function unknownValue(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
  return `${quoteText(String(found))} is not known here; a newer version may have written it`;
}

function unusable(name: string, message: string, cause?: unknown): OrchestratorError {
  return new OrchestratorError('results-unreadable', `${name} — ${message}`, {
    hint: 'give results files (orchestrator_batch_*.json) or ids of runs; see: orchestrator history',
    ...(cause === undefined ? {} : {cause}),
  });
}
