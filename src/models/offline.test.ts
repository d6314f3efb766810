import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {RepoContext} from '../domain/context.ts';
import type {Skill} from '../domain/skill.ts';
import {renderOffline} from './offline.ts';

const date = '2026-01-15';

describe('a template of the operator', () => {
  it('is filled by what placeholders are about, whatever they are called', () => {
    const text = render(
      {template: '# {{ project_name }}\n\n## Facts\n\nLicence: {{licence}}\n\n{{Installation}}\n'},
      {'package.json': node},
    );
    expect(text).toContain('# shop\n');
    expect(text).toContain('Licence: ISC, as `package.json` says.');
    expect(text).toContain('npm install');
  });

  it('loses lines and sections of which nothing is known, and says so inside a sentence', () => {
    const text = render(
      {
        template:
          '# {{name}}\n\n<!-- hint\nfor the model -->\n## Owner\n\n- {{owner}}\n\n## Team\n\n### Lead\n\n{{lead}}\n\n## Cost\n\nIt costs {{price}} a month.\n',
      },
      {},
    );
    expect(text).toBe(`${notice}\n\n# repo\n\n## Cost\n\nIt costs not known without a model a month.\n`);
  });

  it('is filled by its headings when it has no placeholder', () => {
    const text = render(
      {template: '# Title\n\n## Installation\n\nHow to install it.\n\n## Our philosophy\n\nWhy.\n'},
      {'package.json': node},
    );
    expect(text).toContain('# shop\n\nSells things.');
    expect(text).toContain('npm install');
    expect(text).toContain('## Our philosophy\n\nNot known without a model.');
    expect(text).not.toContain('How to install it.');
  });

  it('is not needed', () => {
    expect(render({}, {'package.json': node})).toContain('# shop\n\nSells things.');
  });

  it('links from where it lies', () => {
    const template = '# {{name}}\n\n{{license}}\n\n{{summary}}\n';
    const files = {
      LICENSE: 'MIT License\n',
      'README.md': '# x\n\nSee [the guide](docs/guide.md), [the plan](docs/plan.md) and [home](https://x.org).\n',
      'docs/guide.md': '# Guide\n',
    };
    expect(render({template, output: 'PROJECT.md'}, files)).toContain('see [LICENSE](LICENSE).');
    const below = render({template, output: 'docs/a/PROJECT.md'}, files);
    expect(below).toContain('see [LICENSE](../../LICENSE).');
    expect(below).toContain('[the guide](../guide.md), the plan and [home](https://x.org)');
  });

  it('never reads a value as template', () => {
    const text = render(
      {template: '# {{name}}\n\n{{summary}}\n'},
      {'package.json': '{"name": "a", "description": "{{license}} <!-- {{name}}"}'},
    );
    expect(text).toContain('{{license}} \\<!-- {{name}}');
  });

  it('gives a notice that fits other kinds of file, and marked sections for several files', () => {
    expect(render({template: 'name: {{name}}\n', output: 'about.yaml'}, {})).toBe(
      `# ${notice.slice(1, -1)}\n\nname: repo\n`,
    );
    const several = render({template: '# {{name}}\n', outputs: ['A.md', 'docs/B.md']}, {});
    expect(several).toBe(
      `=== FILE: A.md ===\n${notice}\n\n# repo\n=== END FILE ===\n\n=== FILE: docs/B.md ===\n${notice}\n\n# repo\n=== END FILE ===\n`,
    );
  });
});

describe('a file that exists', () => {
  const template =
    '# {{name}}\n\n## Install\n\n{{install}}\n\n## Development\n\n{{development}}\n\n## License\n\n{{license}}\n';

  it('comes back byte for byte when nothing is missing', () => {
    const readme = 'Shop\n====\n\nSells.\r\n\n## Getting started\n\n...\n\n## Contributing\n\n...\n\n# Licence\n\nMine';
    expect(render({template}, {'README.md': readme, 'package.json': node})).toBe(readme);
  });

  it('gets what is missing before its licence, and keeps the rest as it was', () => {
    const readme = '# Shop\n\n```sh\n# Development\n```\n\n## Setup\n\nMine.\n\n## License\n\nISC\n';
    const text = render({template}, {'README.md': readme, 'package.json': node});
    expect(text.startsWith('*Completed without a model (offline):')).toBe(true);
    expect(text).toContain(readme.slice(0, readme.indexOf('## License')).trim());
    expect(text.indexOf('## Development')).toBeLessThan(text.indexOf('## License'));
    expect(text.endsWith('## License\n\nISC\n')).toBe(true);
    expect(text).not.toContain('## Install\n');
  });

  it('keeps front matter first, where site generators read it', () => {
    const text = render({template}, {'README.md': '---\ntitle: Shop\n---\n\n# Shop\n', 'package.json': node});
    expect(text.startsWith('---\ntitle: Shop\n---\n*Completed without a model')).toBe(true);
  });

  it('is written anew when an offline run wrote it, unless it is a README', () => {
    const old = `${notice}\n\n# Old\n\n## Install\n\nOld.\n`;
    const files = {'README.md': old, 'PROJECT.md': old, 'package.json': node};
    expect(render({template, output: 'PROJECT.md'}, files)).not.toContain('Old');
    expect(render({template, output: 'README.md'}, files)).toContain('Old.');
  });

  it('is never replaced when it was not shown whole', () => {
    const cut = contextOf({'README.md': '# Sh'}, {cut: true});
    expect(() => renderOffline({skill: skillOf({template}), context: cut, date})).toThrow('shown only in part');
    const heldBack: RepoContext = {...contextOf({}), leftOut: [{path: 'README.md', reason: 'secret'}]};
    expect(() => renderOffline({skill: skillOf({template}), context: heldBack, date})).toThrow('may not be shown');
  });
});

it.each([
  [
    'pyproject.toml',
    '[project]\nname = "p"\nrequires-python = ">=3.12"\ndependencies = [\n  "httpx>=0.27", # web\n  "rich",\n]\n',
    ['Python >=3.12', 'pip install .', '`httpx>=0.27`, `rich`'],
  ],
  [
    'Cargo.toml',
    '[package]\nname = "p"\n[dependencies]\nserde = { version = "1.0", features = ["derive"] }\nlog = "0.4"\n',
    ['cargo build', '`serde 1.0`, `log 0.4`'],
  ],
  [
    'go.mod',
    'module example.test/p\ngo 1.23\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n)\n',
    ['Go 1.23 or newer', '`github.com/a/b v1.2.3`'],
  ],
  [
    'pom.xml',
    '<project><parent><artifactId>q</artifactId></parent><artifactId>p</artifactId><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency></dependencies></project>',
    ['mvn package', '`g:a 1`', '# p\n'],
  ],
  [
    'P.csproj',
    '<Project><PropertyGroup><TargetFramework>net9.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup><PackageReference Include="Dapper" Version="2.1.0" /></Project>',
    ['dotnet build', 'dotnet run', '`Dapper 2.1.0`', '# P\n'],
  ],
  [
    'composer.json',
    '{"name": "a/p", "require": {"php": "^8.3", "a/b": "^1"}}',
    ['PHP ^8.3', 'composer install', '`a/b ^1`'],
  ],
  [
    'Gemfile',
    'source "x"\nruby "3.3"\ngem "rack", "~> 3"\ngem "rspec"\n',
    ['Ruby 3.3', 'bundle install', '`rack ~> 3`', 'bundle exec rspec'],
  ],
  [
    'mix.exs',
    'def project, do: [app: :p, version: "1.0.0", elixir: "~> 1.17"]\ndefp deps, do: [{:plug, "~> 1.0"}]',
    ['mix deps.get', '`plug ~> 1.0`', '# p\n'],
  ],
  ['deno.json', '{\n  // tasks\n  "tasks": {"test": "deno test"}}', ['deno task test']],
  [
    'Makefile',
    'all: a.o\n\n# Puts it where it runs.\ndeploy:\n\tscp x y\nX := 1\n',
    ['make\n', '| `make deploy` | Puts it where it runs. |'],
  ],
  ['justfile', 'test arg:\n  x\n', ['just test']],
  ['build.gradle.kts', 'plugins {}', ['gradle build', 'gradle test']],
  ['requirements.txt', 'flask==3.0 # web\n-r other.txt\n', ['pip install -r requirements.txt', '`flask==3.0`']],
  ['compose.yaml', 'services: {}', ['docker compose up']],
])('reads %s', (file, text, expected) => {
  const template = '# {{name}}\n\n{{install}}\n\n{{usage}}\n\n{{dependencies}}\n\n{{development}}\n';
  const rendered = render({template}, {[file]: text});
  for (const part of expected) expect(rendered).toContain(part);
  expect(rendered).not.toContain('undefined');
});

it('describes a large repo by its folders, as far as the outline names or counts them', () => {
  const many = Array.from({length: 30}, (_, index) => `  f${index}.js`).join('\n');
  const outline = `docs/ (7 files)\nsrc/\n  deep/ (12 files)\n${many}\n  run.sh*\n  … 9 more files\nlatest -> link\nlib (submodule)\nnotes (1 file)`;
  const text = renderOffline({skill: skillOf({template: '{{layout}}'}), context: {...contextOf({}), outline}, date});
  expect(text).toBe(
    `${notice}\n\n- \`docs/\` (7 files): documentation\n- \`src/\` (40 files): the source\n- \`src/deep/\` (12 files)\n- \`notes (1 file)\`\n`,
  );
});

it('does not depend on the order in which the files are shown', () => {
  const context = contextOf({
    'b.js': '// TODO: second\nprocess.env.B_VALUE',
    'a.js': '// TODO: first\nprocess.env.A_VALUE',
    'package.json': node,
  });
  const reversed = {...context, files: context.files.toReversed()};
  const skill = skillOf({template: everything});
  expect(renderOffline({skill, context: reversed, date})).toBe(renderOffline({skill, context, date}));
});

it('shows names and messages as text, never as markup', () => {
  const hostile = 'a`b|c\n# d\u202E<script>[x](javascript:1)*';
  const context: RepoContext = {
    ...contextOf({
      'package.json': JSON.stringify({name: hostile, description: hostile, scripts: {[hostile]: 'x', test: hostile}}),
      [`src/${hostile}.js`]: `// TODO: ${hostile}`,
    }),
    history: [{id: hostile, author: hostile, date: hostile, subject: hostile, body: hostile, paths: [hostile]}],
  };
  const text = renderOffline({skill: skillOf({template: everything}), context, date});
  const outsideCode = text.replace(/(?<![\\`])(`+)(?!`)[^`](?:.*?[^`])?\1(?!`)/g, '');
  expect(outsideCode).not.toMatch(/(?<!\\)<script|(?<!\\)\[x\]|\u202E|^# d/m);
  expect(text).not.toContain('\u202E');
});

it('survives every manifest and every history, and gives the same bytes again', () => {
  const broken = fc.oneof(
    fc.string({unit: 'binary', maxLength: 300}),
    fc.json(),
    fc.array(fc.constantFrom(...fragments), {maxLength: 30}).map(parts => parts.join('')),
  );
  const files = fc.dictionary(
    fc.oneof(fc.constantFrom(...manifestNames), fc.string({minLength: 1, maxLength: 20})),
    broken,
    {maxKeys: 6, noNullPrototype: true},
  );
  fc.assert(
    fc.property(files, broken, broken, fc.boolean(), (texts, template, outline, useTemplate) => {
      const context: RepoContext = {
        ...contextOf(texts),
        repo: outline.slice(0, 40),
        outline,
        history: [{id: outline, author: template, date: outline, subject: template, body: outline, paths: [outline]}],
      };
      const skill = skillOf({output: 'OUT.md', template: useTemplate ? template : everything});
      const text = renderOffline({skill, context, date});
      expect(renderOffline({skill, context, date})).toBe(text);
      expect(text.isWellFormed()).toBe(true);
      if (texts['OUT.md'] === undefined) expect(text.startsWith(notice)).toBe(true);
    }),
    {numRuns: 400},
  );
});

it.each(['[', '{{', '<dependency>', '\n', '#', '`', '/*', '<!--', 'a = [\n', '# a\n', 'TODO(', '![', '${A:-', ' \n'])(
  'takes time in proportion to a file made of %j',
  pattern => {
    const text = pattern.repeat(Math.ceil(200_000 / pattern.length));
    const context = {...contextOf(Object.fromEntries(manifestNames.map(name => [name, text]))), outline: text};
    const started = performance.now();
    renderOffline({skill: skillOf({output: 'OUT.md', template: everything}), context, date});
    // 5 MB in all; what grows with the square of a file would take minutes
    expect(performance.now() - started).toBeLessThan(15_000);
  },
);

const notice = '*Written without a model (offline): only what can be read off the repository.*';

const node = JSON.stringify({
  name: 'shop',
  description: 'Sells things.',
  license: 'ISC',
  scripts: {test: 'vitest'},
  dependencies: {hono: '4'},
});

const everything =
  '# {{name}}\n\n{{summary}}\n\n## A\n\n{{install}}\n\n## B\n\n{{usage}}\n\n## C\n\n{{configuration}}\n\n## D\n\n{{development}}\n\n## E\n\n{{layout}}\n\n## F\n\n' +
  '{{license}}\n\n## G\n\n{{at_a_glance}}\n\n{{entry_points}}\n\n{{dependencies}}\n\n{{state}}\n\n{{risks}}\n\n{{start_here}}\n\n## H\n\n{{verdict}}\n\n{{findings}}\n\n' +
  '{{strengths}}\n\n{{not_reviewed}}\n\n## I\n\n{{day_summary}}\n\n{{what_happened}}\n\n{{decisions}}\n\n{{open_threads}}\n';

const manifestNames = [
  'package.json',
  'pyproject.toml',
  'Cargo.toml',
  'go.mod',
  'pom.xml',
  'a.csproj',
  'composer.json',
  'Gemfile',
  'mix.exs',
  'deno.json',
  'requirements.txt',
  'Makefile',
  'justfile',
  'Dockerfile',
  'compose.yml',
  'README.md',
  'index.html',
  'main.go',
  'main.c',
  'src/lib.rs',
  'a.py',
  'b.js',
  'x.sh',
  'A.java',
  'LICENSE',
];

const fragments = [
  '{"name": ',
  '"scripts": {',
  '"__proto__": {',
  '"bin": ["',
  'null',
  '}',
  '[project]\n',
  '[package]\n',
  'name = "',
  'dependencies = [\n',
  "'''",
  '"',
  '\n',
  '\\',
  '<project>',
  '<dependency>',
  '</dependency>',
  '<artifactId>',
  'test:\n',
  '.PHONY: ',
  'define x\n',
  'usage: ',
  '# ',
  '```\n',
  '---\n',
  '<!--',
  '{{name}}',
  '{{',
  '\u202e',
  '\ud800',
];

function render(skill: Partial<Skill>, files: Readonly<Record<string, string>>): string {
  return renderOffline({skill: skillOf(skill), context: contextOf(files), date});
}

function skillOf(skill: Partial<Skill>): Skill {
  return {
    name: 'mine',
    description: 'mine',
    directory: '/skills/mine',
    source: 'operator',
    instructions: 'Write.',
    references: new Map(),
    output: 'README.md',
    outputs: [],
    contextGlobs: [],
    checks: {},
    allowedTools: [],
    digest: '',
    ...skill,
  };
}

function contextOf(files: Readonly<Record<string, string>>, {cut = false} = {}): RepoContext {
  const shown = Object.entries(files).map(([path, text]) => ({path, id: '', text, cut}));
  return {
    version: 1,
    repo: 'repo',
    commit: '0123456789',
    outline: '',
    fileCount: shown.length,
    history: [],
    files: shown,
    leftOut: [],
    tokens: 0,
  };
}
