/**
 * Why a relative path must not be written to, as the end of a sentence such as `is absolute`; undefined when it names a file below
 * the root on every system: Linux, macOS (folds case, ignores some characters) and Windows (drops trailing dots, has device names).
 * Says nothing about what is on the disk.
 */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (!path.isWellFormed()) return 'is not valid Unicode';
  if (Buffer.byteLength(path) > 4096) return 'is longer than 4096 bytes';
  if (/\p{Cc}/u.test(path)) return 'holds a control character';
  if (invisible.test(path)) return 'holds an invisible character';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.includes(':')) return 'holds a colon, which names a drive or a stream on Windows';
  if (path.startsWith('/')) return 'is absolute';
  if (path.startsWith('~')) return 'starts with a home directory';
  for (const segment of path.split('/')) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

// Private use too: some systems store a forbidden character such as a backslash as one of them.
const invisible = /[\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment';
  if (segment === '..') return 'leaves its folder with ".."';
  if (segment === '.') return 'has a segment "."';
  if (Buffer.byteLength(segment) > 255) return 'has a segment longer than 255 bytes';
  const folded = fold(segment);
  if (/^(?:\.git|git~\d+)[. ]*$/.test(folded)) return 'leads into the .git folder';
  if (/^\s|[\s.]$/u.test(segment)) return 'has a segment that starts with a space, or ends with a dot or a space';
  if (device.test(folded)) return 'has a segment that is a device name on Windows';
  return undefined;
}

/** Letters that look or compare alike become one: case, width, accents, and the dotless i. */
function fold(segment: string): string {
  return segment.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ı', 'i');
}

const device = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)\d) *(?:\.|$)/;
