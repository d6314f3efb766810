import {mkdir, symlink, unlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type AgentRig, openAgentRig, steps} from '../../../test/support/agent-rig.ts';
import {runCommand} from '../../util/run-command.ts';

let rig: AgentRig;

beforeAll(async () => {
  rig = await openAgentRig({
    'main.py': 'print("hello")\n',
    'src/a.ts': 'export const a = 1;\nexport const b = 2;\n',
    'src/crlf.txt': 'one\r\ntwo\r\n',
    'long.txt': Array.from({length: 3000}, (_, index) => `line ${index + 1}`).join('\n'),
    'image.bin': Buffer.from([1, 0, 2]),
    '.env': 'PASSWORD=hunter2hunter2\n',
    '.gitignore': 'build/\n',
    'config.py': 'AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz"\nDEBUG = True\n',
    'run.sh': {executable: '#!/bin/sh\necho 1\n'},
    link: {symlink: '/etc/passwd'},
  });
});
afterAll(() => rig[Symbol.asyncDispose]());

const texts = async (calls: [string, unknown][], options = {}): Promise<string[]> => {
  const {results} = await rig.run(steps({calls}), options);
  return results.map(({text, isError}) => `${isError ? '! ' : ''}${text}`).slice(0, calls.length);
};

describe('tools', () => {
  it('read files of the repo and of the skill, in parts where they are long', async () => {
    const [a, long, more, end, rules] = await texts([
      ['read_file', {path: 'src/a.ts'}],
      ['read_file', {path: '/repo/long.txt'}],
      ['read_file', {path: './long.txt', offset: '2001', limit: 2}],
      ['read_file', {path: 'long.txt', offset: 4000}],
      ['read_file', {path: '/skill/references/rules.md'}],
    ]);
    expect(a).toBe('export const a = 1;\nexport const b = 2;');
    expect(long).toMatch(/line 2000\n\[cut: lines 1 to 2000 of 3000; read on with offset 2001\]$/);
    expect(more).toBe('line 2001\nline 2002\n[cut: lines 2001 to 2002 of 3000; read on with offset 2003]');
    expect(end).toBe('! Error: the file has 3000 lines; line 4000 is beyond its end.');
    expect(rules).toBe('Be brief.');
  });

  it('read a long line in parts, to its end', async () => {
    const line = Array.from({length: 90_000}, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
    const parts = await texts(
      [
        ['read_file', {path: 'wide.txt'}],
        ['read_file', {path: 'wide.txt', offset: 1, column: 40_001}],
        ['read_file', {path: 'wide.txt', column: 80_001}],
        ['read_file', {path: 'wide.txt', offset: 2, column: 2}],
        ['read_file', {path: 'wide.txt', column: 90_001}],
      ],
      {before: (directory: string) => writeFile(path.join(directory, 'wide.txt'), `${line}\nend\n`)},
    );
    expect(
      parts
        .slice(0, 3)
        .map(part => part.split('\n')[0])
        .join(''),
    ).toBe(line);
    expect(parts.map(part => part.slice(part.indexOf('[')))).toEqual([
      '[cut: characters 1 to 40000 of 90000 of line 1; read on with offset 1 and column 40001]',
      '[cut: characters 40001 to 80000 of 90000 of line 1; read on with offset 1 and column 80001]',
      '[cut: characters 80001 to 90000 of 90000 of line 1; read on with offset 2]',
      '[cut: characters 2 to 3 of 3 of line 2; the file ends here]',
      expect.any(String),
    ]);
    expect(parts[4]).toBe('! Error: line 1 has 90000 characters; column 90001 is beyond its end.');
  });

  it('hold back what looks like a secret, also in what a search finds', async () => {
    const [env, config, found] = await texts([
      ['read_file', {path: '.env'}],
      ['read_file', {path: 'config.py'}],
      ['search_files', {pattern: 'DEBUG|hello|PASSWORD'}],
    ]);
    expect(env).toMatch(/^! Refused: ".env" is held back/);
    expect(config).toMatch(/^! Refused: "config.py" is held back: it holds what looks like a secret \(.* at line 1\)/);
    expect(found).toContain('main.py:1:print("hello")');
    expect(found).toContain('[config.py: held back');
    expect(found).toContain('[.env: held back');
    expect(found).not.toMatch(/hunter2|DEBUG = True/);
  });

  it.each([
    ['with ripgrep', {}],
    ['without ripgrep', {mode: {programPath: ''}}],
  ])('search %s', async (_, options) => {
    const mode = 'mode' in options ? {mode: {programPath: await folderWithGitOnly()}} : {};
    const found = await texts(
      [
        ['search_files', {pattern: 'const [ab] = \\d', file_pattern: '*.ts'}],
        ['search_files', {pattern: 'nowhere to be found'}],
        ['search_files', {pattern: '('}],
        ['search_files', {pattern: 'const|line 7$', file_pattern: '{src/**/[a-b].t?,long*}'}],
        ['search_files', {pattern: 'needle'}],
        ['search_files', {pattern: 'const a', file_pattern: 'src'}],
        ['search_files', {pattern: 'hello', file_pattern: '{a,b}'.repeat(9)}],
        ['search_files', {pattern: '(a+)+$', file_pattern: 'aaa'}],
      ],
      {
        ...mode,
        before: async (directory: string) => {
          for (const file of ['node_modules/p/i.js', '.hidden/x', 'build/x', '.git/x']) {
            await mkdir(path.join(directory, path.dirname(file)), {recursive: true});
            await writeFile(path.join(directory, file), 'needle\n');
          }
          await writeFile(path.join(directory, 'aaa'), `${'a'.repeat(3000)}!\n`);
        },
      },
    );
    const [consts, none, broken, some, needles, folder, wide, greedy] = found;
    expect(consts).toBe('src/a.ts:1:export const a = 1;\nsrc/a.ts:2:export const b = 2;');
    expect(none).toBe('[nothing found]');
    expect(broken).toMatch(/^! Error: the search failed/);
    expect(some).toBe('long.txt:7:line 7\nsrc/a.ts:1:export const a = 1;\nsrc/a.ts:2:export const b = 2;');
    // What is there is found, whatever the repo ignores.
    expect(needles!.split('\n').sort()).toEqual(
      ['.hidden/x', 'build/x', 'node_modules/p/i.js'].map(f => `${f}:1:needle`),
    );
    expect(folder).toBe('[nothing found]');
    expect(wide).toMatch(/^! Error: "file_pattern" cannot be used/);
    expect(greedy).toMatch(/^\[nothing found\]$|^! Error: the search/);
  });

  it('list files by folder and pattern', async () => {
    const [all, ts, skill, none] = await texts([
      ['list_files', {}],
      ['list_files', {path: 'src', pattern: '*.ts'}],
      ['list_files', {path: '/skill'}],
      ['list_files', {path: 'nope'}],
    ]);
    expect(all?.split('\n')).toEqual([
      '.env',
      '.gitignore',
      'config.py',
      'image.bin',
      'link (link)',
      'long.txt',
      'main.py',
      'run.sh',
      'src/a.ts',
      'src/crlf.txt',
    ]);
    expect(ts).toBe('src/a.ts');
    expect(skill).toBe('/skill/SKILL.md\n/skill/references/rules.md');
    expect(none).toBe('! Error: there is no folder "nope".');
  });

  it('list files by any pattern without holding up other jobs', async () => {
    const before = performance.now();
    const [found] = await texts([['list_files', {pattern: '*a*a*a*a*b'}]], {
      before: (directory: string) => writeFile(path.join(directory, 'a'.repeat(200)), 'x'),
    });
    expect(found).toBe('[no files]');
    expect(performance.now() - before).toBeLessThan(2500);
  });

  it('say in which folders the files are of which there are too many', async () => {
    const [listed] = await texts([['list_files', {}]], {
      before: async (directory: string) => {
        for (const [folder, count] of [
          ['many/more', 600],
          ['few', 3],
        ] as const) {
          await mkdir(path.join(directory, folder), {recursive: true});
          for (let index = 0; index < count; index++) await writeFile(path.join(directory, folder, `${index}.txt`), '');
        }
      },
    });
    const lines = listed!.split('\n');
    expect(lines.slice(500)).toEqual([
      '[cut: 113 more; give a folder or a narrower pattern. All of them by folder:]',
      'few/ (3 files)',
      'many/ (600 files)',
      'src/ (2 files)',
    ]);
  });

  it('write and edit, keep the mode of a file, and refuse what is ambiguous', async () => {
    const {proposal, results} = await rig.run(
      steps({
        calls: [
          ['write_file', {path: 'docs/new/x.md', content: '# X\n'}],
          ['edit_file', {path: 'src/a.ts', old: 'a = 1', new: 'a = 3'}],
          ['edit_file', {path: 'src/a.ts', old: 'export', new: 'x'}],
          ['edit_file', {path: 'src/a.ts', old: 'nothing', new: 'x'}],
          ['edit_file', {path: 'src/crlf.txt', old: 'one\ntwo', new: 'one\nthree'}],
          ['edit_file', {path: 'run.sh', old: 'echo 1', new: 'echo 2'}],
          ['write_file', {path: 'main.py', content: 'print("hello")\n'}],
        ],
      }),
    );
    expect(results.slice(0, 7).map(({text}) => text)).toEqual([
      'Made: 4 bytes.',
      'Edited.',
      'Error: "old" occurs 2 times in the file; give more of what is around it.',
      'Error: "old" does not occur in the file.',
      'Edited.',
      'Edited.',
      'The file has this content already; nothing was changed.',
    ]);
    expect(proposal?.summary).toBe('done');
    expect(proposal?.edits.map(({path: file, after}) => [file, after?.kind, after?.bytes.toString()])).toEqual([
      ['docs/new/x.md', 'file', '# X\n'],
      ['run.sh', 'executable', '#!/bin/sh\necho 2\n'],
      ['src/a.ts', 'file', 'export const a = 3;\nexport const b = 2;\n'],
      ['src/crlf.txt', 'file', 'one\r\nthree\r\n'],
    ]);
  });

  it('answer wrong calls with what is wrong, and the run goes on', async () => {
    const said = await texts([
      ['read_file', {}],
      ['read_file', {path: 7}],
      ['read_file', {path: 'main.py', lines: 3}],
      ['read_file', {path: 'main.py', limit: -1}],
      ['open_door', {}],
      ['run_command', {command: 'ls'}],
      ['read_file', {path: 'image.bin'}],
      ['read_file', {path: 'src'}],
      ['read_file', {path: 'gone.txt'}],
    ]);
    expect(said.every(text => text.startsWith('! '))).toBe(true);
    expect(said[2]).toBe('! Error: read_file knows no "lines"; it takes path, offset, limit, column.');
    expect(said[4]).toContain('there is no tool "open_door"; there are read_file, write_file');
    expect(said[5]).toBe('! Refused: run_command needs a sandbox, which is not here.');
  });

  it('never follow a link, wait for a FIFO, or leave the folder', async () => {
    const said = await texts(
      [
        ['read_file', {path: 'link'}],
        ['write_file', {path: 'link', content: 'x'}],
        ['read_file', {path: 'pipe'}],
        ['write_file', {path: 'pipe', content: 'x'}],
        ['read_file', {path: 'out/hosts'}],
        ['write_file', {path: 'out/x', content: 'x'}],
        ['list_files', {path: 'out'}],
        ['read_file', {path: '/proc/self/environ'}],
        ['read_file', {path: '../../secret'}],
        ['write_file', {path: '.git/hooks/pre-commit', content: 'x'}],
        ['write_file', {path: '/skill/SKILL.md', content: 'x'}],
        ['read_file', {path: '/skill/../../../etc/passwd'}],
      ],
      {
        before: async (directory: string) => {
          await symlink('/etc', path.join(directory, 'out'));
          await runCommand('mkfifo', [path.join(directory, 'pipe')], {env: process.env});
        },
      },
    );
    expect(said.filter(text => !text.startsWith('! Refused'))).toEqual([]);
  });

  it('are narrowed to the paths that the skill names, in all they show', async () => {
    const {results, proposal} = await rig.run(
      steps({
        calls: [
          ['read_file', {path: './src//a.ts'}],
          ['read_file', {path: 'main.py'}],
          ['read_file', {path: '/skill/references/rules.md'}],
          ['write_file', {path: 'main.py', content: 'x'}],
          ['write_file', {path: 'docs/../main.py', content: 'x'}],
          ['write_file', {path: 'docs/a.md', content: '# A\n'}],
          ['edit_file', {path: 'src/a.ts', old: 'a = 1', new: 'a = 2'}],
          ['list_files', {}],
          ['search_files', {pattern: 'hello|const'}],
        ],
      }),
      {skill: {allowedTools: ['Read(src/**)', 'Write(docs/**)', 'Glob(src/*.ts)', 'Grep(*.ts)']}},
    );
    expect(results.slice(0, 9).map(({text, denied}) => (denied ? `! ${text}` : text))).toEqual([
      'export const a = 1;\nexport const b = 2;',
      '! Refused: the skill allows read_file only for "src/**", not for "main.py".',
      'Be brief.',
      '! Refused: the skill allows write_file only for "docs/**", not for "main.py".',
      expect.stringMatching(/^! Refused/),
      'Made: 4 bytes.',
      '! Refused: the skill does not allow edit_file.',
      'src/a.ts',
      'src/a.ts:1:export const a = 1;\nsrc/a.ts:2:export const b = 2;',
    ]);
    expect(proposal?.edits.map(edit => edit.path)).toEqual(['docs/a.md']);
  });

  it('are narrowed by the skill, in the words of other agents too', async () => {
    const run = await rig.run(steps({calls: [['write_file', {path: 'x', content: 'y'}]]}), {
      skill: {allowedTools: ['Read', 'Grep', 'Bash(git:*)']},
    });
    expect(run.requests[0]?.tools?.map(({name}) => name)).toEqual(['read_file', 'search_files', 'finish']);
    expect(run.results[0]).toMatchObject({text: 'Refused: the skill does not allow write_file.', denied: true});
    expect(run.failure?.failure.reason).toBe('tools-denied');
  });
});

describe('the end', () => {
  const ends: [string, Parameters<AgentRig['run']>[0], object, string][] = [
    [
      'turns without end',
      turn => ({calls: [['read_file', {path: 'long.txt', offset: turn + 1, limit: 1}]]}),
      {job: {maxTurns: 5}},
      'turn-limit',
    ],
    ['the same call again and again', () => ({calls: [['read_file', {path: 'main.py'}]]}), {}, 'agent-looping'],
    [
      'two calls in turns, for ever',
      turn => ({calls: [['write_file', {path: 'x', content: String(turn % 2)}]]}),
      {},
      'agent-looping',
    ],
    ['nothing but failures', turn => ({calls: [['read_file', {path: `gone-${turn}`}]]}), {}, 'agent-stalled'],
    ['a reply that was cut', () => ({text: 'I', finish: 'length'}), {}, 'reply-truncated'],
    ['a refusal of the filter', () => ({finish: 'content-filter'}), {}, 'reply-refused'],
    ['a refusal in words', () => ({text: 'I am sorry, but I cannot help with that.'}), {}, 'reply-refused'],
    ['a reply without anything', () => ({text: ''}), {}, 'reply-empty'],
    ['talk and nothing else', () => ({text: 'Let me start by reading the files.'}), {}, 'ended-without-finish'],
    ['a failure in words', () => ({text: 'I was not able to do this.'}), {}, 'ended-without-finish'],
    ['nothing done, and nothing said about that', steps(), {}, 'no-effect'],
    [
      'nothing but files that the repo ignores',
      steps({calls: [['write_file', {path: 'build/x', content: 'y'}]]}),
      {},
      'no-effect',
    ],
    [
      'nothing to change, after a change was refused',
      () => ({
        calls: [
          ['write_file', {path: '.git/x', content: 'y'}],
          ['finish', {summary: 'Fine.', nothing_to_change: true}],
        ],
      }),
      {},
      'tools-denied',
    ],
    [
      'nothing to change where a file was asked for',
      () => ({calls: [['finish', {summary: 'Fine.', nothing_to_change: true}]]}),
      {skill: {output: 'OUT.md'}, job: {output: 'OUT.md', outputs: ['OUT.md'], outputPattern: 'OUT.md'}},
      'no-effect',
    ],
    ['an end nobody knows', () => ({finish: 'other'}), {}, 'reply-unfinished'],
    ['tool calls that are none', () => ({finish: 'tool-calls'}), {}, 'reply-unfinished'],
    [
      'a file that was asked for and is not there',
      steps(),
      {skill: {output: 'OUT.md'}, job: {output: 'OUT.md', outputs: ['OUT.md'], outputPattern: 'OUT.md'}},
      'no-effect',
    ],
    [
      'work that was undone',
      steps(
        {calls: [['edit_file', {path: 'main.py', old: 'hello', new: 'x'}]]},
        {calls: [['edit_file', {path: 'main.py', old: 'x', new: 'hello'}]]},
      ),
      {},
      'no-effect',
    ],
    [
      'a history beyond its limit',
      turn => ({calls: [['read_file', {path: 'long.txt', offset: turn + 1}]]}),
      {job: {contextTokens: 4000}},
      'history-too-long',
    ],
    [
      'a check that is not met',
      steps({calls: [['write_file', {path: 'OUT.md', content: '# T\n'}]]}),
      {
        skill: {output: 'OUT.md', checks: {mustContain: ['## Use']}},
        job: {output: 'OUT.md', outputs: ['OUT.md'], outputPattern: 'OUT.md'},
      },
      'skill-check-failed',
    ],
  ];
  it.each(ends)('of %s has its own reason', async (_, script, options, reason) => {
    const {failure, proposal} = await rig.run(script, options);
    expect(proposal).toBeUndefined();
    expect(failure?.failure.reason).toBe(reason);
  });

  it('is told what is missing, and may mend it', async () => {
    const output = {skill: {output: 'OUT.md'}, job: {output: 'OUT.md', outputs: ['OUT.md'], outputPattern: 'OUT.md'}};
    const {proposal, requests} = await rig.run(
      steps({text: 'All done.'}, {calls: [['write_file', {path: 'OUT.md', content: '# A title\n\nSome words.\n'}]]}),
      output,
    );
    expect(proposal?.edits.map(edit => edit.path)).toEqual(['OUT.md']);
    expect(requests[1]?.messages?.at(-1)).toEqual({
      role: 'user',
      text: 'The work does not count as done. Nothing was changed, and the skill writes "OUT.md". Go on, then call finish again.',
    });
  });

  it('may leave a Markdown file without a title where no file was asked for', async () => {
    const {proposal} = await rig.run(
      steps({calls: [['write_file', {path: 'docs/notes.md', content: 'Some words.\n'}]]}),
    );
    expect(proposal?.edits.map(edit => edit.path)).toEqual(['docs/notes.md']);
  });

  it('without an effect is no failure where none was asked for, and the agent says that none is needed', async () => {
    const {proposal, requests} = await rig.run(
      steps(
        {text: 'Everything is as it should be.'},
        {
          calls: [
            ['read_file', {path: '.env'}],
            ['finish', {summary: 'All good.'}],
          ],
        },
        {calls: [['finish', {summary: 'All files have it.', nothing_to_change: true}]]},
      ),
    );
    expect(proposal).toEqual({edits: [], leftOut: [], summary: 'All files have it.'});
    expect(requests[1]?.messages?.at(-1)).toEqual({
      role: 'user',
      text: 'The work does not count as done. The agent changed nothing and stopped without saying that it is done: "Everything is as it should be." Go on, then call finish again.\n\nIf nothing needs to change, call finish with "nothing_to_change": true and say why.',
    });
  });

  it('says what was written where that is no part of a change', async () => {
    const {failure} = await rig.run(steps({calls: [['write_file', {path: 'build/x', content: 'y'}]]}));
    expect(failure?.message).toBe(
      'Nothing was changed that counts. What was written is no part of a change: "build/" is ignored by the repo.',
    );
  });

  it('is mended when it was an empty reply', async () => {
    const {proposal, requests} = await rig.run(
      steps({text: ' '}, {calls: [['write_file', {path: 'a.md', content: '# A\n'}]]}),
    );
    expect(proposal?.edits.map(edit => edit.path)).toEqual(['a.md']);
    expect(requests[1]?.messages?.at(-1)).toMatchObject({text: expect.stringContaining('The reply is empty')});
  });

  it('comes in time', async () => {
    const {failure} = await rig.run(() => new Promise(() => {}), {job: {jobTimeoutMs: 50}});
    expect(failure?.failure.reason).toBe('time-limit');
  });

  it('sees a summary without the secrets in it', async () => {
    const {proposal} = await rig.run(
      steps(
        {calls: [['write_file', {path: 'a.md', content: '# A\n'}]]},
        {
          calls: [
            ['finish', {summary: 'The key is AKIAQ3EGRIFSHJ7KLMNP with wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz'}],
          ],
        },
      ),
    );
    expect(proposal?.summary).not.toContain('AKIAQ3EGRIFSHJ7KLMNP');
  });

  it('leaves old results out by name when the history grows, and says so', async () => {
    const {requests, failure} = await rig.run(
      turn =>
        turn < 12
          ? {calls: [['read_file', {path: 'long.txt', offset: turn * 100 + 1, limit: 300}]]}
          : {calls: [['finish', {summary: 'Done.', nothing_to_change: true}]]},
      {job: {contextTokens: 6000}},
    );
    expect(failure).toBeUndefined();
    const notes = requests
      .at(-1)
      ?.messages?.flatMap(message =>
        message.role === 'tool' ? message.results.filter(({text}) => text.includes('left out to save room')) : [],
      );
    expect(notes?.length).toBeGreaterThan(3);
    expect(notes?.[0]?.text).toMatch(
      /^\[\d+ characters were left out to save room; ask again with read_file if they matter\]$/,
    );
  });
});

async function folderWithGitOnly(): Promise<string> {
  const found = await runCommand('which', ['git'], {env: process.env});
  const folder = path.join(rig.directory, 'bin');
  await mkdir(folder, {recursive: true});
  const link = path.join(folder, 'git');
  await unlink(link).catch(() => {});
  await symlink(found.stdout.toString().trim(), link);
  await writeFile(path.join(folder, 'note'), 'only git is here');
  return folder;
}
