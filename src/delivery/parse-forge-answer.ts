import type {z} from 'zod';
import {ForgeError} from './forge-error.ts';

/** What came, with the fields we read. Throws `malformed`: the forge may have done what it was asked all the same. */
export function parseForgeAnswer<T>(schema: z.ZodType<T>, value: unknown, host: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'the answer' : `"${issue.path.map(String).join('.')}"`;
  throw new ForgeError('malformed', `what ${host} answered is not what it says it answers: ${place} is wrong`);
}
