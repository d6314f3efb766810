import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {formatProblem} from '../domain/problem.ts';
import {loadSkill} from './load-skill.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'load-skill-')));
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

function makeSkill(name: string, text: string, files: Record<string, string | Buffer> = {}): string {
  const directory = path.join(root, name);
  for (const [file, content] of Object.entries({'SKILL.md': text, ...files})) {
    mkdirSync(path.dirname(path.join(directory, file)), {recursive: true});
    writeFileSync(path.join(directory, file), content);
  }
  return directory;
}

function problemsOf(directory: string): string[] {
  return (loadSkill(directory, {source: 'operator', label: path.basename(directory)}).problems ?? []).map(
    formatProblem,
  );
}

const plain = (name: string, more = ''): string => `---\nname: ${name}\ndescription: Does it.\n${more}---\nDo it.\n`;

describe('loadSkill', () => {
  it('reads a whole skill', () => {
    const directory = makeSkill(
      'readme',
      plain(
        'readme',
        `license: MIT
compatibility: any
allowed-tools: read_file, Bash(git:*) write_file, Bash(git add:*), Read(docs/**)
other-tool: {x: 1}
metadata:
  version: "1.0"
  output: README.md
  mode: agent
  context: package.json, "src/**/*.{ts,js}", docs/*.md
  checks:
    must-contain: ["## Install", "## Use"]
    min-characters: 400
    heading: true
  must-not-contain: |
    TODO
    lorem, ipsum
  max-characters: "9000"
`,
      ).replace('"src/**/*.{ts,js}"', 'src/**/*.{ts,js}'),
      {'template.md': '# T', 'references/b.md': 'B', 'references/a/a.md': 'A', 'references/p.png': Buffer.from([0, 1])},
    );
    const {skill, problems} = loadSkill(directory, {source: 'shipped'});
    expect(problems).toBeUndefined();
    expect({...skill, digest: ''}).toEqual({
      name: 'readme',
      description: 'Does it.',
      directory,
      source: 'shipped',
      instructions: 'Do it.',
      template: '# T',
      references: new Map([
        ['references/a/a.md', 'A'],
        ['references/b.md', 'B'],
      ]),
      output: 'README.md',
      outputs: [],
      mode: 'agent',
      contextGlobs: ['package.json', 'src/**/*.{ts,js}', 'docs/*.md'],
      checks: {
        mustContain: ['## Install', '## Use'],
        mustNotContain: ['TODO', 'lorem, ipsum'],
        minCharacters: 400,
        maxCharacters: 9000,
        heading: true,
      },
      allowedTools: ['read_file', 'Bash(git:*)', 'write_file', 'Bash(git add:*)', 'Read(docs/**)'],
      license: 'MIT',
      compatibility: 'any',
      digest: '',
    });
  });

  it('has a digest of every path and byte', () => {
    const digest = (files: Record<string, string | Buffer>): string => {
      rmSync(path.join(root, 'a'), {recursive: true, force: true});
      return loadSkill(makeSkill('a', plain('a'), files), {source: 'operator'}).skill!.digest;
    };
    const all = [{}, {x: ''}, {y: ''}, {x: '1'}, {'x/y': '1'}, {xy: '1'}, {x: '', y: ''}, {x: Buffer.from([255])}].map(
      digest,
    );
    expect(new Set(all).size).toBe(all.length);
    expect(digest({})).toBe(all[0]);
  });

  it('says all that is wrong with a manifest', () => {
    const text = `---
name: Read Me
description: ""
allowed-tools: {a: b}
metadata:
  output: ../x
  mode: agnt
  min-characters: many
  context: "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"
  checks: {must-contian: x, heading: maybe}
---
`;
    expect(problemsOf(makeSkill('readme', text)).join('\n')).toMatchInlineSnapshot(`
      "readme/SKILL.md:2:1 name — the name may hold lowercase letters, digits and single hyphens, found "Read Me"
      readme/SKILL.md:3:1 description — "description" is missing
      readme/SKILL.md:5:1 metadata — metadata.checks: "must-contian" is not a check; did you mean "must-contain"?
      readme/SKILL.md:5:1 metadata — metadata: "../x" is not a path inside the repo
      readme/SKILL.md:5:1 metadata — metadata.mode: expected one of simple, agent, script, found "agnt"
      readme/SKILL.md:5:1 metadata — metadata.min-characters: expected a whole number, found "many"
      readme/SKILL.md:5:1 metadata — metadata.heading: expected true or false, found "maybe"
      readme/SKILL.md:5:1 metadata — metadata.context: "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}" cannot be used: it stands for more than 256 alternatives
      readme/SKILL.md:4:1 allowed-tools — allowed-tools must be a list of texts
      readme/SKILL.md:1:1 — there are no instructions below the front matter"
    `);
    expect(problemsOf(makeSkill('b', plain('a')))).toEqual([
      'b/SKILL.md:2:1 name — the name "a" must be that of its folder, "b"',
    ]);
    expect(problemsOf(makeSkill('c', `---\nname: c\ndescription: ${'x'.repeat(1025)}\n---\nx`))[0]).toContain(
      'longer than 1024',
    );
    expect(problemsOf(makeSkill('-d', plain('-d')))[0]).toContain('lowercase letters, digits and single hyphens');
  });

  it('refuses what no skill needs', () => {
    const out = makeSkill('out', plain('out'));
    symlinkSync('/etc/hostname', path.join(out, 'references'));
    expect(problemsOf(out)).toEqual(['out — "references" is a link out of the skill folder']);
    expect(problemsOf(makeSkill('big', plain('big'), {'a.bin': Buffer.alloc(1024 * 1024 + 1)}))).toEqual([
      'big — "a.bin" is larger than 1 MB',
    ]);
    const many = makeSkill(
      'many',
      plain('many'),
      Object.fromEntries(Array.from({length: 200}, (_, index) => [`f${index}`, ''])),
    );
    expect(problemsOf(many)).toEqual(['many — the folder holds more than 200 files']);
    const pipe = makeSkill('pipe', plain('pipe'));
    execFileSync('mkfifo', [path.join(pipe, 'p')]);
    expect(problemsOf(pipe)).toEqual(['pipe — "p" is not a regular file']);
    const loop = makeSkill('loop', plain('loop'));
    symlinkSync('.', path.join(loop, 'self'));
    expect(problemsOf(loop)[0]).toMatch(/deep|more than/);
    mkdirSync(path.join(root, 'none'));
    expect(problemsOf(path.join(root, 'none'))).toEqual(['none — the folder holds no SKILL.md']);
    expect(problemsOf(makeSkill('bin', '', {'SKILL.md': Buffer.from([0xff, 0])}))).toEqual([
      'bin/SKILL.md — the file is not UTF-8 text',
    ]);
  });

  it('takes a folder that is itself a link, and links that stay inside', () => {
    const real = makeSkill('real', plain('linked'), {'references/a.md': 'A'});
    symlinkSync('a.md', path.join(real, 'references/b.md'));
    symlinkSync(real, path.join(root, 'linked'));
    const {skill} = loadSkill(path.join(root, 'linked'), {source: 'operator'});
    expect([...skill!.references.keys()]).toEqual(['references/a.md', 'references/b.md']);
  });
});
