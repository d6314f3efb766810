import type {FileEdit, PolicyFinding} from '../../domain/change.ts';
import {hiddenCharacters} from '../../util/hidden-characters.ts';
import type {PatchFile} from '../../util/parse-patch.ts';
import {findLookAlike} from './look-alikes.ts';
import type {Policy} from './policy.ts';

/** What the lines that a change adds hold: secrets, and characters that nobody sees. */
export async function judgeContent(
  {path, before, after}: FileEdit,
  parts: readonly PatchFile[],
  {findSecrets}: Pick<Policy, 'findSecrets'>,
): Promise<PolicyFinding[]> {
  if (after === undefined || after.kind === 'submodule' || parts.some(({binary}) => binary)) return [];
  const lines = addedLines(before, after.bytes, parts);
  const found: PolicyFinding[] = [];
  for (const {number, text} of lines) {
    const hidden = hiddenCharacters(number === 1 ? text.replace(/^\ufeff/, '') : text);
    if (hidden.length > 0)
      found.push({rule: 'hidden-characters', path, detail: `line ${number} holds ${hidden.slice(0, 5).join(', ')}`});
    const mixed = findLookAlike(text);
    if (mixed === undefined) continue;
    const detail = `line ${number} has a word of Latin letters with ${mixed.letter}, a ${mixed.alphabet} letter that looks like one`;
    found.push({rule: 'hidden-characters', path, detail});
  }
  const secrets = await findSecrets(path, lines.map(({text}) => text).join('\n'));
  for (const {rule, line} of secrets) {
    found.push({
      rule: 'secret',
      path,
      detail: `line ${lines[line - 1]?.number ?? line} holds what looks like a secret (${rule})`,
    });
  }
  return found;
}

/** What a new path says: it stands in every list and report, whatever the file holds. */
export async function judgeName(
  {path, before}: FileEdit,
  {findSecrets}: Pick<Policy, 'findSecrets'>,
): Promise<PolicyFinding[]> {
  if (before !== undefined) return [];
  const secrets = await findSecrets('names.txt', path);
  // Without the path, or the finding would tell it once more.
  return secrets.map(({rule}) => ({
    rule: 'secret',
    detail: `the name of a new file holds what looks like a secret (${rule})`,
  }));
}

interface AddedLine {
  /** 1-based, in the new file. */
  readonly number: number;
  /** Without its line end. */
  readonly text: string;
}

/** All lines count as added when the patch does not tell. */
function addedLines(before: FileEdit['before'], bytes: Buffer, parts: readonly PatchFile[]): AddedLine[] {
  const told = parts.flatMap(({hunks}) => hunks.flatMap(({lines}) => lines.filter(({sign}) => sign === '+')));
  const lines =
    before !== undefined && parts.length > 0
      ? told
      : bytes
          .toString('utf8')
          .split('\n')
          .map((text, index) => ({text, number: index + 1}));
  // A form feed is how some sources part their pages.
  return lines.map(({text, number}) => ({number, text: text.replace(/\r$/, '').replace(/^\f$/, '')}));
}
