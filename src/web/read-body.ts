import type {Context} from 'hono';
import type {z} from 'zod';
import {OrchestratorError} from '../domain/errors.ts';
import {maxBodyBytes} from './guard.ts';

/** The body of a request as JSON of this shape. @throws OrchestratorError when it is not that, or too large. */
export async function readBody<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.infer<Schema>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of context.req.raw.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new OrchestratorError('too-large', 'the request is too large');
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new OrchestratorError('bad-request', 'the request is not JSON', {cause: error});
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new OrchestratorError('bad-request', 'the request does not have the shape it should');
  return parsed.data;
}
