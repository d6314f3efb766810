import {describe, expect, it} from 'vitest';
import {findSecrets} from '../../context/secrets.ts';
import type {FileEdit} from '../../domain/change.ts';
import {defaultChangeLimits} from '../../domain/job.ts';
import {gitBlobId} from '../../util/git-blob-id.ts';
import {makeChange} from '../../workspace/make-change.ts';
import {judgeChange} from './judge-change.ts';
import type {Policy} from './policy.ts';

type Written = Buffer | string | {readonly kind: 'symlink' | 'submodule' | 'executable'; readonly text: string};

/** Rules that speak against going from `before` to `after`, with what they say. */
async function judge(
  path: string,
  before: Written | undefined,
  after: Written | undefined,
  limits: Partial<Policy> = {},
) {
  const was = before === undefined ? undefined : sideOf(before);
  const becomes = after === undefined ? undefined : sideOf(after);
  const edit: FileEdit = {
    path,
    ...(was === undefined ? {} : {before: {kind: was.kind, id: idOf(was.bytes)}}),
    ...(becomes === undefined ? {} : {after: becomes}),
  };
  return await judgeEdits([edit], was === undefined ? [] : [was.bytes], limits);
}

async function judgeEdits(edits: readonly FileEdit[], blobs: readonly Buffer[], limits: Partial<Policy> = {}) {
  const known = new Map(blobs.map(bytes => [idOf(bytes), bytes]));
  const reader = {
    head: {commit: 'c'.repeat(40)},
    objectFormat: 'sha1' as const,
    blobs: async (ids: readonly string[]) => ids.map(id => known.get(id)),
  };
  const change = await makeChange(reader, {edits});
  return await judgeChange(change, {...defaultChangeLimits, outputs: [], findSecrets, ...limits});
}

function sideOf(written: Written): {kind: 'file' | 'symlink' | 'submodule' | 'executable'; bytes: Buffer} {
  if (typeof written === 'string') return {kind: 'file', bytes: Buffer.from(written)};
  return Buffer.isBuffer(written)
    ? {kind: 'file', bytes: written}
    : {kind: written.kind, bytes: Buffer.from(written.text)};
}

function idOf(bytes: Buffer): string {
  return gitBlobId('sha1', bytes);
}

function newFile(path: string, text = 'x\n'): FileEdit {
  return {path, after: {kind: 'file', bytes: Buffer.from(text)}};
}

describe('paths that need a person', () => {
  const plain =
    `.github/workflows/ci.yml .github/CODEOWNERS .github/dependabot.yml .github/copilot-instructions.md .gitlab-ci.yml
    .gitlab/ci/build.yml .circleci/config.yml azure-pipelines.yml azure-pipelines-nightly.yaml .azure-pipelines/a.yml Jenkinsfile
    Jenkinsfile.release .travis.yml appveyor.yml bitbucket-pipelines.yml .drone.yml .woodpecker/a.yml .buildkite/pipeline.yml
    cloudbuild.yaml buildspec.yml .cirrus.yml .tekton/run.yaml .gitattributes .gitmodules .gitignore sub/.gitattributes .git/hooks/post-checkout
    CODEOWNERS docs/CODEOWNERS .claude/settings.json .claude/commands/x.md .codex/config.toml .mcp.json AGENTS.md sub/CLAUDE.md CLAUDE.local.md
    GEMINI.md .cursor/rules/a.mdc .cursorrules .windsurfrules .clinerules .aider.conf.yml .agents/skills/x/SKILL.md opencode.json
    .vscode/tasks.json .idea/runConfigurations/a.xml .devcontainer/devcontainer.json .husky/pre-commit .pre-commit-config.yaml lefthook.yml
    .envrc .npmrc .yarnrc.yml .yarn/releases/yarn.cjs .pnpmfile.cjs .cargo/config.toml pip.conf .bundle/config .mvn/extensions.xml gradlew
    package.json web/package.json pyproject.toml setup.py Cargo.toml build.rs go.mod requirements-dev.txt app.csproj pom.xml
    package-lock.json pnpm-lock.yaml yarn.lock poetry.lock Cargo.lock go.sum web/anything.lock .env.production deploy.key
    .lfsconfig Manifest.toml JuliaManifest.toml Manifest-v1.11.toml Project.toml pylock.toml pylock.dev.toml gradle.lockfile
    gradle/verification-metadata.xml dub.selections.json cpanfile.snapshot app.opam app.opam.locked pixi.toml build.zig.zon gradle/libs.versions.toml
    .claude-plugin/plugin.json .kilocode/rules/a.md .antigravity/x .rovodev/config.yml .coderabbit.yaml .cline/x .ruler/AGENTS.md mcp_config.json
    wrangler.toml Procfile .releaserc.json release.config.mjs .goreleaser.yaml .tangled/workflows/a.yml Earthfile serverless.yml
    prek.toml hk.pkl devenv.nix .idx/dev.nix .nvim.lua .dir-locals.el rust-toolchain.toml global.json .dev.vars .dev.vars.production
    config/secrets.yml terraform.tfstate server.keystore credentials.json`.split(/\s+/);

  it.each(plain)('%s', async path => {
    expect(await rulesFor(path)).toContain('protected-path');
  });

  const disguised: readonly (readonly [string, string])[] = [
    ['upper case', '.GITHUB/WORKFLOWS/CI.YML'],
    ['mixed case', 'AgEnTs.Md'],
    ['upper case of a lock file', 'PACKAGE-LOCK.JSON'],
    ['a dot segment', './.github/workflows/ci.yml'],
    ['a dot segment inside', '.github/./workflows/ci.yml'],
    ['a way up and down', 'src/../.github/workflows/ci.yml'],
    ['an empty segment', '.github//workflows/ci.yml'],
    ['backslashes', '.github\\workflows\\ci.yml'],
    ['a slash that looks like one', '.github\u2215workflows\u2215ci.yml'],
    ['a full-width slash', '.github\uff0fworkflows/ci.yml'],
    ['full-width letters', 'ＣＯＤＥＯＷＮＥＲＳ'],
    ['full-width dot', '\uff0egithub/workflows/ci.yml'],
    ['a letter with an accent of its own', '.githu\u0062\u0301/workflows/ci.yml'],
    ['the Kelvin sign', 'yarn.loc\u212a'],
    ['the long s', 'package.j\u017fon'],
    ['the dotless i', '.g\u0131thub/workflows/ci.yml'],
    ['the dotted capital I', '.G\u0130THUB/workflows/ci.yml'],
    ['the ligature fl', '\ufb02ake.lock'],
    ['a trailing dot', 'CODEOWNERS.'],
    ['trailing spaces', '.github  /workflows/ci.yml'],
    ['dots and spaces behind a folder', '.github. . /workflows/ci.yml'],
    ['a stream of NTFS', 'package.json::$DATA'],
    ['a stream on a folder', '.git::$INDEX_ALLOCATION/config'],
    ['a short name of Windows', 'GITHUB~1/workflows/ci.yml'],
    ['a short name of .git', 'GIT~1/config'],
    ['a short name with an extension', 'PACKAG~1.JSO'],
    ['a hashed short name', 'GI7EBA~1'],
  ];
  it.each(disguised)('%s', async (_name, path) => {
    expect(await rulesFor(path)).toContain('protected-path');
  });

  const invisible: readonly (readonly [string, string])[] = [
    ['a character that HFS+ ignores', '.g\u200cit/config'],
    ['a zero width joiner', '.github\u200d/workflows/ci.yml'],
    ['a byte order mark', '\ufeffAGENTS.md'],
    ['a soft hyphen', 'AGEN\u00adTS.md'],
    ['a character of an object', 'package\u2060.json'],
    ['a variation selector', 'CODEOWNERS\ufe0f'],
    ['a tag character', 'CODEOWNERS\u{e0041}'],
    ['a direction override', 'src/\u202egnp.js'],
    ['an isolate', 'src/\u2066a.js'],
    ['a control character', 'src/a\u001b[2J.js'],
    ['a letter of another alphabet', '.g\u0456thub/workflows/ci.yml'],
    ['a Greek letter', 'package.js\u03bfn'],
  ];
  it.each(invisible)('%s', async (_name, path) => {
    expect(await rulesFor(path)).toContain('hidden-characters');
  });

  it('says which kind of thing it is', async () => {
    const said = async (path: string): Promise<string | undefined> => (await judge(path, undefined, 'x\n'))[0]?.detail;
    expect(await said('.github/workflows/ci.yml')).toBe('continuous integration: a person has to look at it');
    expect(await said('.github/CODEOWNERS')).toBe('git and forge settings: a person has to look at it');
    expect(await said('sub/.git/config')).toBe('git and forge settings: a person has to look at it');
  });

  it('also when the change removes them, or only their mode or kind changes', async () => {
    expect(await rules('.gitattributes', 'a\n', undefined)).toEqual(['protected-path']);
    expect(await rules('.github/x.sh', 'a\n', {kind: 'executable', text: 'a\n'})).toEqual([
      'protected-path',
      'mode-change',
    ]);
    expect(await rules('AGENTS.md', 'a\n', {kind: 'symlink', text: 'README.md'})).toEqual(['protected-path', 'link']);
  });

  it.each(
    `README.md PROJECT.md CODE_REVIEW.md docs/journal/2025-12-01.md docs/.gitkeep src/main.ts src/agents.ts Makefile Dockerfile
     tsconfig.json .editorconfig .prettierrc .eslintrc.json docs/github.md src/lock.ts docs/über.md docs/日本語.md docs/привет.md
     src/package.ts .env.example backup~.txt a~b~c.txt docs/owners-guide.md src/claude/index.ts gitlab.md`.split(/\s+/),
  )('leaves %s alone', async path => {
    expect(await rulesFor(path)).toEqual([]);
  });

  async function rulesFor(path: string): Promise<string[]> {
    return await rules(path, undefined, 'x\n');
  }
});

describe('what the operator says', () => {
  it('lets the job write the files it was declared to write, and nothing special beside them', async () => {
    const outputs = ['AGENTS.md', '.github/workflows/', 'docs/'];
    expect(await rules('AGENTS.md', undefined, 'x\n', {outputs})).toEqual([]);
    expect(await rules('.github/workflows/new.yml', undefined, 'x\n', {outputs})).toEqual([]);
    expect(await rules('agents.md', undefined, 'x\n', {outputs})).toEqual(['protected-path']);
    expect(await rules('docs/AGENTS.md', undefined, 'x\n', {outputs})).toEqual(['protected-path']);
    expect(await rules('docs/a.md', undefined, 'x\n', {outputs})).toEqual([]);
  });

  it.each([
    ['src/**', 'src/a/b.ts', true],
    ['src', 'src/a/b.ts', true],
    ['src/', 'src/a/b.ts', true],
    ['./src/*.ts', 'src/a.ts', true],
    ['*.md', 'docs/a.md', true],
    ['src/**', 'test/a.ts', false],
    ['SRC/**', 'src/a.ts', false],
    ['src/*.ts', 'src/a/b.ts', false],
  ])('allows with %s the path %s: %s', async (glob, path, expected) => {
    const found = await rules(path, undefined, 'x\n', {allow: [glob]});
    expect(found).toEqual(expected ? [] : ['path-not-allowed']);
  });

  it.each([
    ['secrets/**', 'secrets/a.ts'],
    ['secrets/**', 'Secrets/a.ts'],
    ['secrets/**', 'secret\u017f/a.ts'],
    ['secrets', 'secrets./a.ts'],
    ['*.sql', 'db/a.SQL'],
    ['/db', 'db/a.ts'],
  ])('denies with %s the path %s', async (glob, path) => {
    expect(await rules(path, undefined, 'x\n', {deny: [glob]})).toContain('path-not-allowed');
  });

  it('takes no long time for any path that a repo may hold', async () => {
    const before = performance.now();
    expect(await rules('a'.repeat(200), undefined, 'x\n', {deny: ['*a*a*a*a*b', '+(x|y)/{1..3}']})).toEqual([]);
    expect(performance.now() - before).toBeLessThan(2500);
    expect(await rules('x/2/z', undefined, 'x\n', {deny: ['+(x|y)/{1..3}']})).toEqual(['path-not-allowed']);
  });

  it('needs no person for protected paths that are named, and only for them', async () => {
    const allowProtected = ['package-lock.json', '.github/workflows/*.yml'];
    expect(await rules('package-lock.json', 'a\n', 'b\n', {allowProtected})).toEqual([]);
    expect(await rules('.github/workflows/ci.yml', 'a\n', 'b\n', {allowProtected})).toEqual([]);
    expect(await rules('.github/CODEOWNERS', 'a\n', 'b\n', {allowProtected})).toEqual(['protected-path']);
    expect(await rules('Package-Lock.json', 'a\n', 'b\n', {allowProtected})).toEqual(['protected-path']);
    expect(await rules('package-lock.json', 'a\n', 'b\n', {allow: ['**']})).toEqual(['protected-path']);
  });

  it('counts files and lines', async () => {
    const edits = ['a.txt', 'b.txt', 'c.txt'].map(path => newFile(path, '1\n2\n'));
    expect((await judgeEdits(edits, [], {maxChangedFiles: 2, maxChangedLines: 5})).map(({detail}) => detail)).toEqual([
      '3 files are changed, more than 2',
      '6 lines are changed, more than 5',
    ]);
    expect(await judgeEdits(edits, [], {maxChangedFiles: 3, maxChangedLines: 6})).toEqual([]);
    expect(await rules('a.txt', undefined, 'x'.repeat(2_000_001))).toEqual(['too-large']);
  });
});

describe('what the change is', () => {
  it.each<[string, Written | undefined, Written | undefined, string]>([
    ['a new link', undefined, {kind: 'symlink', text: '/etc/passwd'}, 'link'],
    ['a link that leads elsewhere', {kind: 'symlink', text: 'a'}, {kind: 'symlink', text: 'b'}, 'link'],
    ['a file that becomes a link', 'a\n', {kind: 'symlink', text: 'b'}, 'link'],
    ['a link that becomes a file', {kind: 'symlink', text: 'b'}, 'a\n', 'link'],
    ['a file that becomes executable', 'a\n', {kind: 'executable', text: 'a\n'}, 'mode-change'],
    ['a new executable', undefined, {kind: 'executable', text: 'a\n'}, 'mode-change'],
    ['a file that is executable no more', {kind: 'executable', text: 'a\n'}, 'a\n', 'mode-change'],
    ['a new submodule', undefined, {kind: 'submodule', text: '1'.repeat(40)}, 'submodule'],
    [
      'a submodule that moves',
      {kind: 'submodule', text: '2'.repeat(40)},
      {kind: 'submodule', text: '1'.repeat(40)},
      'submodule',
    ],
    ['a submodule that goes', {kind: 'submodule', text: '2'.repeat(40)}, undefined, 'submodule'],
    ['a zero byte', 'a\n', Buffer.from('a\0b'), 'binary'],
    ['bytes that are no UTF-8', 'a\n', Buffer.from([0x61, 0xff, 0xfe, 0x0a]), 'binary'],
    [
      'a zero byte far into the file',
      undefined,
      Buffer.concat([Buffer.alloc(100_000, 'a\n'), Buffer.from([0])]),
      'binary',
    ],
  ])('stops %s', async (_name, before, after, rule) => {
    expect(await rules('src/thing', before, after)).toEqual([rule]);
  });

  it.each([
    ['a text edit', 'a\n', 'b\n'],
    ['a removed file', 'a\n', undefined],
    ['a removed link', {kind: 'symlink', text: 'a'} as const, undefined],
    [
      'an executable that stays one',
      {kind: 'executable', text: 'a\n'} as const,
      {kind: 'executable', text: 'b\n'} as const,
    ],
    ['Windows line ends', 'a\r\n', 'a\r\nb\r\n'],
    ['a byte order mark at the start', undefined, '\ufeffa\n'],
    ['an empty file', undefined, ''],
  ])('lets %s through', async (_name, before, after) => {
    expect(await rules('src/thing', before, after)).toEqual([]);
  });
});

describe('what the added lines hold', () => {
  it('finds a secret with its line, and not one that was there before', async () => {
    const key = `ghp_${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'}`;
    const before = `a\nb\ntoken = "${key}"\nc\n`;
    expect(await rules('src/a.ts', before, `${before}d\n`)).toEqual([]);
    const found = await judge('src/a.ts', 'a\nb\nc\n', `a\nb\nc\nd\ntoken = "${key}"\n`);
    expect(found.map(({rule, detail}) => [rule, detail.replace(/\(.*/, '')])).toEqual([
      ['secret', 'line 5 holds what looks like a secret '],
    ]);
    expect(JSON.stringify(found)).not.toContain(key);
  });

  it.each([
    ['an override of the direction', 'if (user\u202e) {'],
    ['an isolate', '/*\u2066 begin admins only */'],
    ['a mark of direction', 'a\u200fb'],
    ['a zero width space', 'ad\u200bmin'],
    ['a zero width joiner in a word', 'ad\u200dmin'],
    ['a byte order mark inside', 'a\ufeffb'],
    [
      'tag characters that spell something',
      `Hello${[...'rm -rf'].map(c => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}`,
    ],
    ['variation selectors that spell something', '😀\u{e0101}\u{e0151}\u{e0139}'],
    ['a filler that looks like a space', 'const \u3164 = 1'],
    ['an escape sequence', 'echo "\u001b[8mhidden"'],
    ['a carriage return inside', 'harmless\rcurl evil'],
    ['a line separator', 'a // b\u2028evil()'],
    ['a backspace', 'evil\b\b\b\bgood'],
    ['a C1 control', 'a\u009b2Jb'],
    ['an interlinear mark', 'a\ufff9b'],
  ])('stops %s', async (_name, line) => {
    expect(await rules('src/a.ts', 'a\n', `a\nb\n${line}\n`)).toEqual(['hidden-characters']);
    expect((await judge('src/a.ts', 'a\n', `a\nb\n${line}\n`))[0]?.detail).toMatch(/^line 3 holds U\+[0-9A-F]{4,6}/);
    expect(await rules('src/a.ts', `${line}\n`, `${line}\nb\n`)).toEqual([]);
  });

  it.each([
    ['a Cyrillic letter', 'const p\u0430ypal = 1;', 'U+0430'],
    ['a Cyrillic letter in a snake', 'is_\u0430dmin_user()', 'U+0430'],
    ['several', 'if (user.is\u0410dmin_\u0441heck)', 'U+0410'],
    ['a Greek omicron', 'import r\u03bfot from "x"', 'U+03BF'],
    ['a Greek capital', 'class \u0397ello {}', 'U+0397'],
    ['an Armenian letter', 'l\u0585gin()', 'U+0585'],
    ['a Cherokee letter', 'c\u13a2ty()', 'U+13A2'],
    ['behind an escape', '"\\np\u0430ypal"', 'U+0430'],
    ['in an address', 'https://\u0430pple.com/', 'U+0430'],
  ])('stops a word with %s that looks Latin', async (_name, line, letter) => {
    const found = await judge('src/a.ts', 'a\n', `a\nb\n${line}\n`);
    expect(found.map(({rule}) => rule)).toEqual(['hidden-characters']);
    expect(found[0]?.detail).toContain(`line 3 has a word of Latin letters with ${letter}`);
    expect(await rules('src/a.ts', `${line}\n`, `${line}\nb\n`)).toEqual([]);
  });

  it.each([
    'Это обычный текст: IT-отдел, git-репозиторий, 3D-модель, SQL и API-шка, APIшка',
    'Откройте PDFа и скачайте его; из CSVа тоже',
    'const letters = /[a-zа-яё]+|[A-Za-zА-Яа-яЁё]/u; // и \\wа-я',
    'printf("%dр. и\\nхор, \\tвсё", цена)',
    'E = hν, P = ρgh, Δt = 3µs, αx + βy, σ_x, λ0, ∂ρ/∂t, kΩ',
    'Όλα καλά: το API, ο server και τα logs',
    'Բարև, API և git',
    'const привет = "мир"; let счётчик = 0',
    'наш ключ x и y, где x=а+b',
  ])('lets the ordinary line %j through', async line => {
    expect(await rules('docs/a.md', 'a\n', `a\n${line}\n`)).toEqual([]);
  });

  it('finds a secret in the name of a new file, and does not repeat it', async () => {
    const key = `ghp_${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'}`;
    const found = await judge(`docs/${key}.md`, undefined, 'x\n');
    expect(found.map(({rule}) => rule)).toEqual(['secret']);
    expect(JSON.stringify(found)).not.toContain(key);
    expect(await rules(`docs/${key}.md`, 'a\n', 'b\n')).toEqual([]);
  });

  it.each([
    'family: 👨‍👩‍👧‍👦 and 👩🏽‍💻, heart ❤️, check ✔️ ☑︎, keycap 1️⃣, flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿, 🏳️‍🌈, eye 👁️‍🗨️',
    'می‌خواهم (Persian), क्‍ष (Hindi), ශ්‍රී (Sinhala)',
    'naïve café, Ünïcödé, 日本語, русский, עברית, العربية',
    'tab\there, ™️ ©️ ↔️ ⚠️ ℹ️ ▶️ 〰️',
    '葛󠄀城市',
  ])('lets %j through', async line => {
    expect(await rules('README.md', 'a\n', `a\n${line}\n`)).toEqual([]);
  });
});

it('tells 20 findings of a rule and how many more there are', async () => {
  const found = await judgeEdits(
    Array.from({length: 30}, (_, index) => newFile(`p${String(index).padStart(2, '0')}/package.json`)),
    [],
  );
  expect(found).toHaveLength(20);
  expect(found.at(-1)?.detail).toMatch(/and 10 more/);
});

async function rules(...parameters: Parameters<typeof judge>): Promise<string[]> {
  return (await judge(...parameters)).map(({rule}) => rule);
}
