import path from 'node:path/posix';
import {anchors, linkTargets} from '../util/markdown-links.ts';
import {quoteText} from '../util/quote-text.ts';
import {isMarkdownPath} from './file-kind.ts';

/** The repo as it will be. */
export interface LinkedFiles {
  /** A file or a folder. */
  has(path: string): boolean;
  /** Undefined when it is no text, or no file. */
  read(path: string): Promise<string | undefined>;
}

/** Links of the document that lead nowhere inside the repo. Addresses outside of it are not asked for. */
export async function linkFaults(file: string, text: string, files: LinkedFiles): Promise<string[]> {
  const faults: string[] = [];
  for (const target of linkTargets(text)) {
    if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target) || target.includes('{{')) continue;
    const fault = await faultOf(target, file, text, files);
    if (fault !== undefined) faults.push(`the link ${quoteText(target, 80)} ${fault}`);
  }
  return faults;
}

async function faultOf(target: string, file: string, text: string, files: LinkedFiles): Promise<string | undefined> {
  const [address = '', anchor = ''] = splitOnce(target, '#');
  const written = decode(address.replace(/\?.*$/, ''));
  const at = written === '' ? file : resolve(file, written);
  if (at === undefined) return isForgePage(written) ? undefined : 'leads out of the repo';
  if (at !== '' && !files.has(at)) return 'leads to nothing in the repo';
  if (anchor === '' || !isMarkdownPath(at)) return undefined;
  const document = at === file ? text : await files.read(at);
  return document === undefined || hasAnchor(document, decode(anchor))
    ? undefined
    : 'names a heading that is not there';
}

/** From the repo root, empty for the root itself; undefined for what is above it. */
function resolve(file: string, written: string): string | undefined {
  const joined = written.startsWith('/')
    ? path.normalize(written.slice(1) || '.')
    : path.join(path.dirname(file), written);
  const bare = joined.replace(/\/$/, '');
  if (bare === '..' || bare.startsWith('../')) return undefined;
  return bare === '.' ? '' : bare;
}

/** `../../issues` in a README leads to the forge's own pages. */
function isForgePage(written: string): boolean {
  return /^(?:\.\.\/)+(?:issues|pulls?|releases|actions|wiki|discussions|blob|tree|commits?|compare|labels|milestones?|projects|security|stargazers|network|graphs|raw|tags|archive|merge_requests|-)(?:\/|$)/.test(
    written,
  );
}

function hasAnchor(document: string, anchor: string): boolean {
  const wanted = anchor.toLowerCase().replace(/^user-content-/, '');
  if (wanted === 'top' || wanted === 'readme' || /^l\d+(?:-l?\d+)?$/.test(wanted)) return true;
  const known = anchors(document);
  if (known.has(wanted)) return true;
  // Forges do not agree on what becomes of signs and pictures.
  const loose = (name: string): string => name.replaceAll(/-+/g, '-').replaceAll(/^-|-$/g, '');
  return [...known].some(name => loose(name) === loose(wanted));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
