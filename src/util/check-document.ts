import type {z} from 'zod';
import {describeIssue, type SchemaIssue} from './describe-issue.ts';
import {formatPath, type JsoncDocument, type JsoncFault, type JsonPath} from './jsonc-document.ts';

/** What a key at this place is called: `a setting`, `a key of a task`. */
export type KeyNoun = (path: JsonPath) => string;

const maxFaults = 100;

/** Checks a document against its schema; every fault has a place and a sentence that a person can act on. */
export function checkDocument<Schema extends z.ZodType>(
  document: JsoncDocument,
  schema: Schema,
  keyNoun: KeyNoun,
): {readonly value?: z.infer<Schema>; readonly faults: readonly JsoncFault[]} {
  if (document.value === undefined) return {faults: document.faults};
  const result = schema.safeParse(document.value);
  const issues = result.success ? [] : result.error.issues;
  const faults = [...document.faults];
  const seen = new Set<string>();
  let leftOver = 0;
  for (const issue of issues as readonly SchemaIssue[]) {
    const path = issue.path as JsonPath;
    // Several checks on one value would say the same thing in several ways.
    const key = `${issue.code === 'unrecognized_keys'}${JSON.stringify(path)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const described of describeIssue(issue, document.value, schema, keyNoun)) {
      if (faults.length >= maxFaults) leftOver++;
      else
        faults.push({
          ...document.locate(described.path, described.part),
          path: formatPath(described.path),
          ...described.text,
        });
    }
  }
  faults.sort((a, b) => a.line - b.line || a.column - b.column);
  if (leftOver > 0) faults.push({...document.locate([]), message: `and ${leftOver} more problems in this file`});
  return result.success ? {value: result.data, faults} : {faults};
}
