import {join} from 'node:path';
import {readSmallFile} from '../util/read-small-file.ts';
import type {RepoLocation} from './locate-repo.ts';

/**
 * `remote.origin.url` of a repo, read by us: no include, no condition, no rewriting of addresses. Undefined when there is none, or
 * none that is plain. Untrusted.
 */
export function readOriginUrl(location: RepoLocation): string | undefined {
  let text: string | undefined;
  try {
    text = readSmallFile(join(location.commonDirectory, 'config'), 1024 * 1024)?.toString('utf8');
  } catch {
    return undefined;
  }
  let inOrigin = false;
  let url: string | undefined;
  for (const line of text?.split('\n') ?? []) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) inOrigin = /^remote\s+"origin"$/i.test(section.trim());
    const value = inOrigin ? /^\s*url\s*=\s*(.*?)\s*$/i.exec(line)?.[1] : undefined;
    if (value !== undefined) url = value.replace(/^"(.*)"$/, '$1');
  }
  return url === undefined || url === '' || /["\\#;]/.test(url) ? undefined : url;
}
