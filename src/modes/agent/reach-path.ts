import type {AgentFiles} from './agent-files.ts';
import type {ToolReach} from './tool.ts';

/** `/skill/…` is the skill's folder; `/repo/…`, as commands see it, and everything else is the repo. */
export function reachPath(
  path: string,
  {files, skillFiles}: Pick<ToolReach, 'files' | 'skillFiles'>,
): {readonly files: AgentFiles; readonly inside: string; readonly isSkill: boolean} {
  if (path === '/skill' || path.startsWith('/skill/'))
    return {files: skillFiles, inside: path.slice('/skill/'.length), isSkill: true};
  const inside = path === '/repo' ? '' : path.startsWith('/repo/') ? path.slice('/repo/'.length) : path;
  return {files, inside, isSkill: false};
}
