import {expect, it} from 'vitest';
import {forgeEffects} from '../../test/support/forge-effects.ts';
import {hostileWords} from '../../test/support/hostile-words.ts';
import type {FileEdit} from '../domain/change.ts';
import {commitText} from './commit-text.ts';

const added = (path: string): FileEdit => ({path, after: {kind: 'file', bytes: Buffer.from('x')}});
const job = {skill: 'evil', task: 'Update READMEs'};

it('says what was done, in one line that says no more', () => {
  expect(commitText(job, {edits: [added('docs/a.md')]})).toEqual({
    subject: 'evil: docs/a.md',
    body: 'Made by orchestrator for the task "Update READMEs".',
  });
  expect(commitText(job, {edits: [added('a'), added('b')]}).subject).toBe('evil: 2 files');
  expect(commitText(job, {edits: [added(`${'deep/'.repeat(20)}a.md`)]}).subject).toBe('evil: 1 file');
});

it('repeats nothing of a path or a task that a forge would act on', () => {
  expect(commitText({skill: 'evil', task: 'closes #2 for @ann'}, {edits: [added('fixes #1 @octocat.md')]})).toEqual({
    subject: 'evil: 1 file',
    body: 'Made by orchestrator for the task "closes for".',
  });
  for (const words of hostileWords) {
    const {subject, body} = commitText({skill: 'evil', task: words}, {edits: [added(words)]});
    expect([words, forgeEffects(subject), forgeEffects(body)]).toEqual([words, [], []]);
    expect(`${subject}${body}`).not.toMatch(/[\n@#]/);
  }
});
