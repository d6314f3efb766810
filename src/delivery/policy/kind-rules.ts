import {isUtf8} from 'node:buffer';
import type {FileEdit, PolicyFinding} from '../../domain/change.ts';
import type {PatchFile} from '../../util/parse-patch.ts';

/** What a path becomes, beside its text: a link, a submodule, an executable, bytes. */
export function judgeKind({path, before, after}: FileEdit, parts: readonly PatchFile[]): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  const add = (rule: PolicyFinding['rule'], detail: string): number => found.push({rule, path, detail});
  if (before?.kind === 'submodule' || after?.kind === 'submodule') add('submodule', submoduleDetail(before, after));
  if (after?.kind === 'symlink') add('link', before?.kind === 'symlink' ? 'a link leads elsewhere' : 'a new link');
  else if (before?.kind === 'symlink' && after !== undefined) add('link', 'what was a link becomes a file');
  if (after?.kind === 'executable' && before?.kind !== 'executable') {
    add('mode-change', before === undefined ? 'a new file that is executable' : 'the file becomes executable');
  }
  if (before?.kind === 'executable' && after?.kind === 'file') add('mode-change', 'the file is executable no more');
  if (after !== undefined && after.kind !== 'submodule') {
    if (after.bytes.includes(0) || !isUtf8(after.bytes)) add('binary', 'bytes that cannot be read as text');
    else if (parts.some(({binary}) => binary)) add('binary', 'before or after, it is no text or too long to be shown');
  }
  return found;
}

function submoduleDetail(before: FileEdit['before'], after: FileEdit['after']): string {
  if (before?.kind !== 'submodule') return 'a new submodule';
  if (after === undefined) return 'a submodule is removed';
  return after.kind === 'submodule' ? 'a submodule is set to another commit' : 'what was a submodule becomes a file';
}
