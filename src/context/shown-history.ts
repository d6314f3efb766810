import type {ShownCommit} from '../domain/context.ts';
import type {CommitInfo, ObjectReader} from '../domain/git.ts';
import {estimateTokens} from './estimate-tokens.ts';
import {renderCommit} from './render-context.ts';
import {maskSecrets} from './secrets.ts';

const commitsWithPaths = 8;
const pathsPerCommit = 10;
const subjectCharacters = 200;
const bodyCharacters = 600;

/** At most `limit` commits as the model is shown them, newest first, until `maxTokens` are used. Secrets are replaced by their rule. */
export async function showHistory(
  reader: ObjectReader,
  commits: readonly CommitInfo[],
  limit: number,
  maxTokens: number,
): Promise<{history: ShownCommit[]; tokens: number}> {
  const paths = await Promise.all(
    commits
      .slice(0, Math.min(limit, commitsWithPaths))
      .map((commit, index) => changedPaths(reader, commit, commits[index + 1])),
  );
  const history: ShownCommit[] = [];
  let used = 0;
  for (const [index, commit] of commits.slice(0, limit).entries()) {
    const shown = await showCommit(commit, paths[index]);
    const tokens = estimateTokens(renderCommit(shown)) + 1;
    if (used + tokens > maxTokens) break;
    used += tokens;
    history.push(shown);
  }
  return {history, tokens: used};
}

async function showCommit(commit: CommitInfo, paths: readonly string[] | undefined): Promise<ShownCommit> {
  // Cut before the search, so that a message of megabytes costs nothing; with room for a secret across the cut.
  const message = await maskSecrets(commit.message.slice(0, 4000).trim());
  const lineEnd = message.indexOf('\n');
  const subject = lineEnd === -1 ? message : message.slice(0, lineEnd);
  const body = lineEnd === -1 ? '' : message.slice(lineEnd + 1).trim();
  return {
    id: commit.id,
    author: cutText(commit.authorName, 100),
    date: new Date(commit.authorTime * 1000).toISOString().replace('.000Z', 'Z'),
    subject: cutText(subject, subjectCharacters),
    body: cutText(body, bodyCharacters),
    ...(paths === undefined ? {} : {paths}),
  };
}

/** Undefined when the parent is not known: a shallow border. */
async function changedPaths(
  reader: ObjectReader,
  commit: CommitInfo,
  parent: CommitInfo | undefined,
): Promise<readonly string[] | undefined> {
  if (parent === undefined && commit.parents.length > 0) return undefined;
  const changes = await reader.changes(parent?.tree, commit.tree, pathsPerCommit);
  return changes.slice(0, pathsPerCommit).map(change => change.path);
}

function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const code = text.charCodeAt(maxCharacters - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? maxCharacters - 1 : maxCharacters)}…`;
}
