import type {LeftOut, RepoContext} from '../domain/context.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import type {Skill} from '../domain/skill.ts';
import {classifyPath, type PathClass} from './classify-path.ts';
import {estimateTokens, fitTokens} from './estimate-tokens.ts';
import {gatherLeftOut} from './gather-left-out.ts';
import {type Attributes, attributesOf} from './git-attributes.ts';
import {outlineTree} from './outline.ts';
import {type Candidate, rankFiles} from './rank-files.ts';
import type {RepoView} from './repo-view.ts';
import {selectFiles} from './select-files.ts';
import {showHistory} from './shown-history.ts';

export interface PackOptions {
  readonly reader: ObjectReader;
  readonly repo: {readonly name: string; readonly description?: string};
  readonly skill: Pick<Skill, 'contextGlobs'>;
  /** For everything together when rendered, as we estimate tokens. */
  readonly maxTokens: number;
  /** Commits shown at most. */
  readonly historyLimit: number;
}

/** Changes when the same repo gives another context. */
const contextVersion = 2;
/** Facts, headings and the list of what is not shown. */
const frameTokens = 650;

/** Chooses what is shown of a view of a repo. The same view and options give the same context. */
export async function packContext(options: PackOptions, view: RepoView): Promise<RepoContext> {
  const {reader, repo, skill, maxTokens, historyLimit} = options;
  const {history, tokens: historyTokens} = await showHistory(
    reader,
    view.commits,
    historyLimit,
    Math.min(6000, maxTokens * 0.15),
  );
  // Lines are bounded, and long names too: a repo must not fill the budget with names.
  const outlineTokens = Math.min(6000, maxTokens * 0.15);
  const outline = fitTokens(
    outlineTree(view.entries, Math.floor(Math.min(400, maxTokens / 80))),
    outlineTokens,
  ).text.trimEnd();
  const {candidates, leftOut} = sortOut(view.entries, await attributesOf(reader, view.entries));
  const {ranked, unranked, missing} = await rankFiles(candidates, skill.contextGlobs, ids => reader.sizes(ids));
  const fixed =
    frameTokens + estimateTokens(`${repo.name}${repo.description ?? ''}`) + historyTokens + estimateTokens(outline);
  const selection = await selectFiles(reader, ranked, maxTokens - fixed);
  for (const {entry} of missing)
    leftOut.push({path: entry.path, reason: 'unreadable', detail: 'its object is missing'});
  for (const {entry} of unranked) leftOut.push({path: entry.path, reason: 'budget'});
  const commit = view.commits[0]!.id;
  return {
    version: contextVersion,
    repo: repo.name,
    ...(repo.description === undefined ? {} : {description: repo.description}),
    commit,
    ...(reader.head.branch === undefined || commit !== reader.head.commit ? {} : {branch: reader.head.branch}),
    outline,
    fileCount: view.entries.length,
    history,
    files: selection.files,
    leftOut: gatherLeftOut([...leftOut, ...selection.leftOut]),
    tokens: fixed + selection.tokens,
  };
}

/** Parts what may be shown from what may not, by path alone. */
function sortOut(entries: readonly TreeEntry[], attributes: Attributes): {candidates: Candidate[]; leftOut: LeftOut[]} {
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  for (const entry of entries) {
    const {path} = entry;
    if (entry.kind === 'symlink' || entry.kind === 'submodule') {
      leftOut.push({path, reason: entry.kind});
    } else if (!entry.readable) {
      leftOut.push({path, reason: 'unreadable', detail: 'its name is not UTF-8'});
    } else {
      const found = classifyPath(path);
      const reason = found.leftOut ?? attributes(path);
      if (found.tier !== undefined && reason === undefined) candidates.push({entry, tier: found.tier});
      else leftOut.push(leaveOut(path, reason ?? 'generated', found));
    }
  }
  return {candidates, leftOut};
}

function leaveOut(path: string, reason: LeftOut['reason'], found: PathClass): LeftOut {
  if (found.leftOut === undefined) return {path, reason};
  return {path: found.folder ?? path, reason, ...(found.detail === undefined ? {} : {detail: found.detail})};
}
