/** The shipped skills over the demo fleet without a model: what `orchestrator demo` shows. */
import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createDemoFleet} from '../src/cli/demo-fleet.ts';
import type {LeftOut, RepoContext, ShownCommit, ShownFile} from '../src/domain/context.ts';
import type {Skill} from '../src/domain/skill.ts';
import {renderOffline} from '../src/models/offline.ts';
import {checkOutput} from '../src/modes/check-output.ts';
import {interpretReply} from '../src/modes/interpret-reply.ts';
import {loadSkill} from '../src/skills/load-skill.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../src/testing/temporary-fleet.ts';
import {runCommand} from '../src/util/run-command.ts';

const date = '2026-01-15';
const skillsFolder = path.join(import.meta.dirname, '..', 'skills');
const names = ['readme-generator', 'repo-summarizer', 'code-reviewer', 'journal'];

let directory: TemporaryDirectory;
let contexts: ReadonlyMap<string, RepoContext>;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const {repos} = await createDemoFleet(directory.path, {now: new Date(`${date}T12:00:00Z`)});
  contexts = new Map(
    await Promise.all(repos.map(async repo => [path.basename(repo), await readContext(repo)] as const)),
  );
});

afterAll(async () => directory[Symbol.asyncDispose]());

it('ships exactly these skills', () => {
  expect(readdirSync(skillsFolder).toSorted()).toEqual(names.toSorted());
});

describe.each(names)('%s', name => {
  it('loads, says what it writes, and fits a prompt', () => {
    const skill = load(name);
    expect(skill.description.length).toBeLessThanOrEqual(1024);
    expect(skill).toMatchObject({
      license: 'MIT',
      mode: 'simple',
      output: expect.stringMatching(/\.md$/),
      checks: {heading: true},
    });
    expect(skill.contextGlobs.length).toBeGreaterThan(0);
    const prompt = [skill.instructions, skill.template ?? '', ...skill.references.values()].join('\n');
    expect(prompt.length / 4).toBeLessThan(3000);
  });

  it('writes files without a model that pass its own checks', async () => {
    const skill = load(name);
    expect(contexts.size).toBeGreaterThanOrEqual(6);
    for (const [repo, context] of contexts) {
      const text = renderOffline({skill, context, date});
      expect(text.split('\n')[0]).toMatch(/^\*(?:Written|Completed) without a model \(offline\): .*\*$/);
      expect(text).toContain(name === 'journal' ? date : repo);
      expect(text).not.toMatch(/\{\{|undefined|\[object|not-a-real-password/);
      expect(emptySections(text)).toEqual([]);
      const output = skill.output!.replace('YYYY-MM-DD', date);
      const reply = {
        text,
        finishReason: 'stop' as const,
        usage: {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 0},
      };
      const files = await interpretReply(reply, {outputs: [output], skill});
      expect(() => checkOutput(files, skill.checks)).not.toThrow();
    }
  });

  it('writes the same bytes twice, also when its own file is there already', () => {
    const skill = load(name);
    const output = skill.output!.replace('YYYY-MM-DD', date);
    for (const context of contexts.values()) {
      const text = renderOffline({skill, context, date});
      expect(renderOffline({skill, context, date})).toBe(text);
      const others = context.files.filter(file => file.path !== output);
      const committed = {...context, files: [...others, {path: output, id: '', text, cut: false}]};
      // a journal and a review look at the files, and there is one more
      if (name !== 'code-reviewer') expect(renderOffline({skill, context: committed, date})).toBe(text);
    }
  });
});

it('gives commands that exist, and what the code says of its options', () => {
  const readme = (repo: string): string =>
    renderOffline({skill: load('readme-generator'), context: contexts.get(repo)!, date});
  expect(readme('wordfreq')).toContain('```sh\nnode bin/wordfreq.js\n```');
  expect(readme('wordfreq')).toContain('wordfreq [--top N] [--json] FILE');
  expect(readme('linkd')).toContain('| `-address` | address to listen on; default :8080 |');
  expect(readme('linkd')).toContain('- `POST /links` (`routes.go:');
  expect(readme('tally')).toContain('| `make test` | Runs the tool on a small input and compares. |');
  expect(readme('timesheet')).toContain('java -cp target/classes timesheet.Main');
  expect(readme('fieldnotes')).toContain('Birds seen from one kitchen window, a note a day.');
});

it('keeps every line a person wrote in a README and adds what is missing', () => {
  const context = contexts.get('rangeset')!;
  const written = context.files.find(file => file.path === 'README.md')!.text;
  const text = renderOffline({skill: load('readme-generator'), context, date});
  expect(text).toContain(written.trim());
  expect(text).toContain('cargo test');
  expect(text.match(/^## Usage$/gm)).toHaveLength(1);
});

it('finds what is worth a look in a review, with file and line', () => {
  const review = (repo: string): string =>
    renderOffline({skill: load('code-reviewer'), context: contexts.get(repo)!, date});
  expect(review('pocketbook')).toContain('Where: `src/pocketbook/entries.py:16`');
  expect(review('tally')).toMatch(/Medium: A copy without a bound[\s\S]*Where: `tally\.c:\d+`/);
  expect(review('tally')).not.toContain('table.c:');
  expect(review('linkd')).toMatch(/High: A file that looks like it holds a secret[\s\S]*Where: `\.env`/);
  expect(review('fieldnotes')).toContain('Where: `notes.js:12`');
});

it('tells in the journal what came after the last entry, and says so when nothing did', () => {
  const skill = load('journal');
  const context = contexts.get('wordfreq')!;
  const entry = (day: string, text: string): RepoContext => ({
    ...context,
    files: [...context.files, {path: `docs/journal/${day}.md`, id: '', text, cut: false}],
  });
  const first = renderOffline({skill, context, date});
  expect(first).toContain('Count the words of a file');
  expect(first).toContain('A list of bare numbers is hard to read');

  const later = renderOffline({skill, context: entry('2026-01-13', ''), date});
  expect(later).toContain('Run the tests on every push');
  expect(later).not.toContain('Count the words of a file');

  const nothing = renderOffline({skill, context: entry('2026-01-14', context.history[0]!.id.slice(0, 7)), date});
  expect(nothing).toContain('Nothing was committed after the entry of 2026-01-14.');
  expect(nothing).not.toContain('## What happened');
});

function load(name: string): Skill {
  const loaded = loadSkill(path.join(skillsFolder, name), {source: 'shipped'});
  expect(loaded.problems).toBeUndefined();
  return loaded.skill!;
}

/** Headings with nothing below them before the next heading of their level or above. */
function emptySections(text: string): string[] {
  const blocks = text
    .replace(/```[\s\S]*?```/g, 'code')
    .split(/\n\n+|\n(?=#)/)
    .map(block => block.trim());
  const level = (block = '#'): number => /^#+(?= )/.exec(block)?.[0].length ?? 7;
  return blocks.filter(
    (block, index) => level(block) > 1 && level(block) < 7 && level(blocks[index + 1]) <= level(block),
  );
}

async function readContext(repo: string): Promise<RepoContext> {
  const git = async (...args: string[]): Promise<string> =>
    (await runCommand('git', ['-C', repo, ...args], {env: process.env})).stdout.toString('utf8');
  const paths = (await git('ls-files')).trim().split('\n');
  const files: ShownFile[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of paths) {
    expect(statSync(path.join(repo, file)).isFile()).toBe(true);
    if (file === '.env') leftOut.push({path: file, reason: 'secret', detail: 'a password, line 2'});
    else files.push({path: file, id: '', text: readFileSync(path.join(repo, file), 'utf8'), cut: false});
  }
  const log = await git('log', '--name-only', '--date=iso-strict', '--format=%x02%H%x01%an%x01%ad%x01%s%x01%b%x01');
  const history = log
    .split('\x02')
    .slice(1)
    .map((entry): ShownCommit => {
      const [id = '', author = '', when = '', subject = '', body = '', changed = ''] = entry.split('\x01');
      return {id, author, date: when, subject, body: body.trim(), paths: changed.trim().split('\n')};
    });
  return {
    version: 1,
    repo: path.basename(repo),
    commit: history[0]!.id,
    branch: 'main',
    outline: '',
    fileCount: paths.length,
    history,
    files,
    leftOut,
    tokens: 0,
  };
}
