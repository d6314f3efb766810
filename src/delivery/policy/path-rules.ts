import picomatch from 'picomatch';
import {secretNameRule} from '../../context/secrets.ts';
import type {PolicyFinding} from '../../domain/change.ts';
import {compileGlob} from '../../util/glob.ts';
import {hiddenCharacters} from '../../util/hidden-characters.ts';
import {pathProblem} from '../../util/path-problem.ts';
import {foldPath, isShortName, mixedScripts} from './fold-path.ts';
import type {Policy} from './policy.ts';
import {protectionOf} from './protected-paths.ts';

/** Which paths a change may touch. Made once for all paths of a change. */
export function createPathRules(
  policy: Pick<Policy, 'allow' | 'deny' | 'allowProtected' | 'outputs'>,
): (path: string) => PolicyFinding[] {
  const isAllowed = policy.allow.length === 0 ? () => true : matcher(policy.allow, {nocase: false});
  // What is denied under one spelling is denied under every other that some system takes for the same.
  const isDenied = matcher(policy.deny, {nocase: true});
  const isLifted = matcher(policy.allowProtected, {nocase: false});
  return path => {
    const found: PolicyFinding[] = [];
    const folded = foldPath(path);
    if (!isAllowed(path)) found.push({rule: 'path-not-allowed', path, detail: 'outside of what "allow" names'});
    if (isDenied(path) || isDenied(folded)) {
      found.push({rule: 'path-not-allowed', path, detail: 'one of the paths that "deny" names'});
    }
    const protection = protectionAgainst(path, folded, policy.outputs);
    if (protection !== undefined && !isLifted(path)) {
      found.push({rule: 'protected-path', path, detail: `${protection}: a person has to look at it`});
    }
    found.push(...judgeSpelling(path));
    return found;
  };
}

/** A declared folder is what the operator meant, but not every special file that could be put below it. */
function protectionAgainst(path: string, folded: string, outputs: readonly string[]): string | undefined {
  if (outputs.includes(path)) return undefined;
  const folder = outputs.find(output => output.endsWith('/') && path.startsWith(output));
  const judged = folder === undefined ? folded : foldPath(path.slice(folder.length));
  // What no model is shown of a repo because of its name, no job puts there either.
  return protectionOf(judged) ?? (secretNameRule(judged) === undefined ? undefined : 'keys and credentials');
}

function judgeSpelling(path: string): PolicyFinding[] {
  const hidden = hiddenCharacters(path);
  if (hidden.length > 0) {
    return [{rule: 'hidden-characters', path, detail: `the path holds ${hidden.slice(0, 5).join(', ')}`}];
  }
  const problem = pathProblem(path);
  if (problem !== undefined) return [{rule: 'protected-path', path, detail: `the path ${problem}`}];
  if (path.split('/').some(isShortName)) {
    return [{rule: 'protected-path', path, detail: 'the path is written as Windows shortens longer names'}];
  }
  const scripts = mixedScripts(path);
  if (scripts === undefined) return [];
  return [{rule: 'hidden-characters', path, detail: `one name of the path mixes ${scripts} letters that look alike`}];
}

/** As in a .gitignore: without a slash a name anywhere, a folder with all below it. */
function matcher(globs: readonly string[], {nocase}: {nocase: boolean}): (path: string) => boolean {
  const matchers = globs.flatMap(glob => {
    const bare = glob.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '');
    const anywhere = bare.includes('/') || glob.startsWith('/') ? bare : `**/${bare}`;
    return [anywhere, `${anywhere}/**`].map(pattern => {
      // `+(a|b)` and `{1..9}` are the operator's to write; with all else no path of a repo can make the time grow.
      if (/\(|\{[^{},]*\.\./.test(pattern)) return picomatch(pattern, {dot: true, nonegate: true, nocase});
      return compileGlob(pattern, {ignoreCase: nocase}).matches;
    });
  });
  return path => matchers.some(matches => matches(path));
}
