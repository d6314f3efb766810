import {expect, it} from 'vitest';
import {hostileTexts} from '../../test/support/hostile-texts.ts';
import {guardOutput, isCi} from './guard-output.ts';

const verbs = [
  'add-mask',
  'set-output name=a',
  'set-env name=PATH',
  'add-path',
  'save-state name=a',
  'error file=a',
  'warning',
  'notice',
];
const commands: readonly string[] = [
  ...[...verbs, 'debug', 'group', 'endgroup', 'stop-commands', 'echo', 'add-matcher', 'remove-matcher'].flatMap(
    verb => [`::${verb}::x`, `  ::${verb}::x`],
  ),
  ...['add-mask', 'set-env name=a', 'group', 'error', 'command', 'section'].flatMap(verb => [
    `##[${verb}]x`,
    `text ##[${verb}]x`,
  ]),
  ...[
    'task.setvariable variable=a',
    'task.logissue type=error',
    'task.complete result=Succeeded',
    'artifact.upload',
    'build.addbuildtag',
  ].map(verb => `text ##vso[${verb};]x`),
  ...[
    "message text='x'",
    "buildStatus status='SUCCESS'",
    "setParameter name='a' value='b'",
    "publishArtifacts 'x'",
  ].map(verb => `##teamcity[${verb}]`),
  'section_start:1:x',
  'section_end:1:x',
  'travis_fold:start:x',
  'travis_time:end:x',
  'text\r::add-mask::x',
];

it('knows more than 50 commands, and takes the meaning from each', () => {
  expect(commands.length).toBeGreaterThan(50);
  for (const command of commands) {
    for (const text of [command, `first\n${command}\nlast`, `\t${command}`]) {
      const said = guardOutput(text, true);
      expect([text, /(?:^|[\n\r])\s*::/.test(said)]).toEqual([text, false]);
      expect([text, /##[\w.-]*\[|section_(?:start|end):|travis_\w+:/.test(said)]).toEqual([text, false]);
      // As JSON it is still the same.
      expect(JSON.parse(guardOutput(JSON.stringify({text}), true))).toEqual({text});
      expect(guardOutput(text, false)).toBe(text);
    }
  }
});

it('leaves ordinary text alone', () => {
  for (const text of [
    '2025-12-01T02:00:00Z INFO a::b',
    '## Title',
    '## [1.0.0]',
    'std::vector<int>',
    '\u001b[31mred\u001b[0m\n\tx\r',
  ])
    expect(guardOutput(text, true)).toBe(text);
});

it('lets nothing through that acts or hides but our own sequences, and JSON stays what it says', () => {
  for (const text of hostileTexts) {
    const json = JSON.stringify({text: text.toWellFormed()});
    const said = guardOutput(json, false);
    expect(said).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]/);
    expect(JSON.parse(said)).toEqual(JSON.parse(json));
  }
});

it('knows a runner by its environment', () => {
  expect(isCi({})).toBe(false);
  expect(isCi({CI: 'false'})).toBe(false);
  for (const name of ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'TEAMCITY_VERSION'])
    expect(isCi({[name]: 'true'})).toBe(true);
});
