import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import type {SkillChecks} from '../domain/skill.ts';
import {readOpening} from '../util/document-opening.ts';
import {readMarkdownLines} from '../util/markdown-lines.ts';
import {quoteText} from '../util/quote-text.ts';
import {isMarkdownPath} from './file-kind.ts';

/**
 * Throws `skill-check-failed` that names every check that does not hold. With several files, what must be there and the least length are
 * about all of them together; what must not be there, the greatest length and the heading are about each.
 */
export function checkOutput(files: readonly ProposedFile[], checks: SkillChecks): void {
  const failed = failedChecks(files, checks);
  if (failed.length > 0)
    throw new JobFailure('skill-check-failed', `The output does not meet its skill: ${failed.join('; ')}.`);
}

/** Where a skill declares no output: of all that was changed, no file need be a whole document. */
export function checksOfChanges(checks: SkillChecks): SkillChecks {
  return {...checks, heading: checks.heading ?? false};
}

function failedChecks(files: readonly ProposedFile[], checks: SkillChecks): string[] {
  const failed: string[] = [];
  const whole = files.map(({text}) => text).join('\n');
  const {minCharacters, maxCharacters} = checks;
  for (const wanted of checks.mustContain ?? []) {
    if (!whole.includes(wanted)) failed.push(`it must contain ${quoteText(wanted, 60)}`);
  }
  if (minCharacters !== undefined) {
    const length = files.reduce((sum, {text}) => sum + countCharacters(text), 0);
    if (length < minCharacters) failed.push(`it has ${length} characters, fewer than ${minCharacters}`);
  }
  for (const {path, text} of files) {
    for (const unwanted of checks.mustNotContain ?? []) {
      if (text.includes(unwanted)) failed.push(`${quoteText(path)} must not contain ${quoteText(unwanted, 60)}`);
    }
    if (maxCharacters !== undefined && countCharacters(text) > maxCharacters) {
      failed.push(`${quoteText(path)} has ${countCharacters(text)} characters, more than ${maxCharacters}`);
    }
    if ((checks.heading ?? isMarkdownPath(path)) && !hasTitle(text))
      failed.push(`${quoteText(path)} must start with a heading of level one`);
  }
  return failed;
}

function hasTitle(text: string): boolean {
  const {kind, line} = readOpening(readMarkdownLines(text).lines);
  return kind === 'title' && line !== '';
}

/** As a person counts: an emoji outside the basic plane is one. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
