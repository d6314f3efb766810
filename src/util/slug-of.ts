import {createHash} from 'node:crypto';

/** Lower-case letters, digits and single hyphens; never empty. */
export function slugOf(text: string): string {
  const slug = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  return slug === '' ? createHash('sha256').update(text).digest('hex').slice(0, 12) : slug;
}
