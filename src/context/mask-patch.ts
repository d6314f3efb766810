import {type PatchFile, type PatchLine, parsePatch} from '../util/parse-patch.ts';
import {findSecrets, maskSecrets} from './secrets.ts';

/**
 * A patch for showing: what looks like a secret is replaced, in lines that are added, removed or merely stand beside, and in names. It has
 * the same lines, and `git apply` does not take it. The same string when nothing was replaced.
 */
export async function maskPatch(patch: string): Promise<string> {
  let isMasked = false;
  const files: string[] = [];
  for (const file of parsePatch(patch)) {
    const masks = await findMasks(file);
    const header = await Promise.all(file.header.map(line => maskSecrets(line)));
    isMasked ||= masks.size > 0 || header.some((line, index) => line !== file.header[index]);
    files.push(renderFile({...file, header}, masks));
  }
  return isMasked ? files.join('') : patch;
}

interface Mask {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

/** As the policy reads them, and as a person does: alone, and on each side with what stands around them. */
async function findMasks({path, hunks}: PatchFile): Promise<ReadonlyMap<PatchLine, readonly Mask[]>> {
  const lines = hunks.flatMap(hunk => hunk.lines);
  const masks = new Map<PatchLine, Mask[]>();
  for (const shown of ['+', '+ ', '- ']) {
    const seen = lines.filter(({sign}) => shown.includes(sign));
    for (const {rule, start, end} of await findSecrets(path, seen.map(({text}) => text).join('\n'))) {
      let at = 0;
      for (const line of seen) {
        const {length} = line.text;
        if (at >= end) break;
        const mask = {start: Math.max(0, start - at), end: Math.min(length, end - at), rule};
        // A key of many lines covers each of them.
        if (mask.start < mask.end) masks.set(line, [...(masks.get(line) ?? []), mask]);
        at += length + 1;
      }
    }
  }
  return masks;
}

function renderFile({header, binary, hunks}: PatchFile, masks: ReadonlyMap<PatchLine, readonly Mask[]>): string {
  const body = hunks.flatMap(({head, lines}) => [
    head,
    ...lines.flatMap(line => [
      `${line.sign}${applyMasks(line.text, masks.get(line) ?? [])}`,
      ...(line.endsFile ? ['\\ No newline at end of file'] : []),
    ]),
  ]);
  return `${[...header, ...(binary ? ['Binary files differ'] : []), ...body].join('\n')}\n`;
}

function applyMasks(text: string, masks: readonly Mask[]): string {
  let masked = '';
  let at = 0;
  for (const {start, end, rule} of [...masks].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (start >= at) masked += `${text.slice(at, start)}[held back: ${rule}]`;
    at = Math.max(at, end);
  }
  return masked + text.slice(at);
}
