import type {z} from 'zod';

/** The keys of an object that hold on their own, so that later rules can still look at them when others are wrong. */
export function keepValid<Schema extends z.ZodObject>(schema: Schema, raw: unknown): Partial<z.infer<Schema>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return {};
  const kept: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
    if (!Object.hasOwn(raw, key)) continue;
    const result = part.safeParse((raw as Record<string, unknown>)[key]);
    if (result.success) kept[key] = result.data;
  }
  return kept as Partial<z.infer<Schema>>;
}

/** The entries of a list, or none when it is no list. */
export function entriesOf(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}
