import type {LeftOut} from '../domain/context.ts';
import {secretNameRule} from './secrets.ts';

/** How early a file is shown; smaller is earlier. */
export type Tier = 'manifest' | 'readme' | 'docs' | 'entry' | 'source' | 'test' | 'other';

export type PathClass =
  | {readonly tier: Tier; readonly leftOut?: undefined}
  /** `folder` is what is named instead of each file below it. */
  | {
      readonly leftOut: LeftOut['reason'];
      readonly detail?: string;
      readonly folder?: string;
      readonly tier?: undefined;
    };

/** What a file is worth to a reader who knows only its path. */
export function classifyPath(path: string): PathClass {
  const folder = hiddenFolder(path);
  if (folder !== undefined) return folder;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const lower = name.toLowerCase();
  const secret = secretNameRule(path);
  if (secret !== undefined) return {leftOut: 'secret', detail: `${secret} by its name`};
  if (lockFiles.has(lower) || lower.endsWith('.lock')) return {leftOut: 'lock-file'};
  const dot = lower.lastIndexOf('.');
  const extension = dot > 0 ? lower.slice(dot + 1) : '';
  if (binaryExtensions.has(extension)) return {leftOut: 'binary'};
  if (generatedNames.test(lower)) return {leftOut: lower.includes('.min.') ? 'minified' : 'generated'};
  return {tier: tierOf(path, lower, extension)};
}

function tierOf(path: string, name: string, extension: string): Tier {
  const depth = path.split('/').length - 1;
  const isTest =
    /(?:^|\/)(?:tests?|__tests__|specs?|testing|testdata|fixtures?|examples?|samples?|demos?|benchmarks?|bench)\//i.test(
      path,
    );
  const isManifest = manifests.has(name) || /\.(?:csproj|fsproj|gemspec|cabal|nimble|podspec|sln)$/.test(name);
  if (isManifest && !isTest) return 'manifest';
  if (/^readme(?:\.|$)/.test(name) && depth <= 2 && !isTest) return 'readme';
  if (isTest || /[._-](?:test|spec)\.\w+$|^test_|_test\.\w+$/.test(name)) return 'test';
  if (extension === 'md' || extension === 'rst' || extension === 'adoc' || /(?:^|\/)docs?\//i.test(path)) return 'docs';
  if (!sourceExtensions.has(extension)) return 'other';
  const stem = name.slice(0, name.indexOf('.'));
  return entryStems.has(stem) && depth <= 4 ? 'entry' : 'source';
}

/** A folder of things that nobody in the repo wrote. */
function hiddenFolder(path: string): PathClass | undefined {
  for (let at = 0, slash = path.indexOf('/'); slash !== -1; at = slash + 1, slash = path.indexOf('/', at)) {
    const name = path.slice(at, slash);
    const reason = folders.get(name) ?? (name.endsWith('.egg-info') ? 'generated' : undefined);
    // Below a source folder `build` or `target` is what a person calls a module.
    const isModule =
      reason === 'generated' && /(?:^|\/)(?:src|lib|internal|pkg|cmd|app|test|tests)\//.test(path.slice(0, at));
    if (reason !== undefined && !isModule) return {leftOut: reason, folder: path.slice(0, slash + 1)};
  }
  return undefined;
}

const folders = new Map<string, 'vendored' | 'generated'>([
  ...[
    'vendor',
    'node_modules',
    'third_party',
    'third-party',
    'thirdparty',
    '.yarn',
    'bower_components',
    'Pods',
    'Carthage',
    'jspm_packages',
    'site-packages',
    '.venv',
    'venv',
  ].map(name => [name, 'vendored'] as const),
  ...[
    'dist',
    'build',
    'out',
    '.next',
    '.nuxt',
    '.svelte-kit',
    'coverage',
    'target',
    '__pycache__',
    '.terraform',
    '.gradle',
    '__snapshots__',
    '.idea',
    'htmlcov',
    '_build',
  ].map(name => [name, 'generated'] as const),
]);

const lockFiles = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'go.sum',
  'go.work.sum',
  'bun.lockb',
  'packages.lock.json',
  'mix.lock',
  'gradle.lockfile',
  'cabal.project.freeze',
  'package.resolved',
  'manifest.toml.lock',
  '.terraform.lock.hcl',
  'project.assets.json',
  'cartfile.resolved',
  'conan.lock',
]);

const manifests = new Set([
  'package.json',
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'requirements.txt',
  'pipfile',
  'cargo.toml',
  'go.mod',
  'go.work',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'settings.gradle',
  'settings.gradle.kts',
  'composer.json',
  'gemfile',
  'mix.exs',
  'rebar.config',
  'makefile',
  'gnumakefile',
  'justfile',
  'taskfile.yml',
  'dockerfile',
  'containerfile',
  'docker-compose.yml',
  'docker-compose.yaml',
  'compose.yml',
  'compose.yaml',
  'cmakelists.txt',
  'meson.build',
  'build.zig',
  'deno.json',
  'deno.jsonc',
  'package.swift',
  'pubspec.yaml',
  'build.sbt',
  'project.clj',
  'deps.edn',
  'stack.yaml',
  'flake.nix',
  'dune-project',
  'description',
  'project.toml',
  'chart.yaml',
  'action.yml',
  'tsconfig.json',
  'pnpm-workspace.yaml',
  'lerna.json',
  'nx.json',
  'turbo.json',
  'rakefile',
  'environment.yml',
  'tox.ini',
  'noxfile.py',
  'procfile',
  'serverless.yml',
  'wrangler.toml',
  'cpanfile',
  'makefile.pl',
  'build.xml',
  'global.json',
]);

const entryStems = new Set([
  'main',
  'index',
  'cli',
  'app',
  'lib',
  'mod',
  '__main__',
  '__init__',
  'server',
  'program',
  'cmd',
  'start',
  'application',
  'api',
  'core',
]);

const sourceExtensions = new Set(
  (
    'js mjs cjs jsx ts mts cts tsx vue svelte astro py pyi rb php java kt kts scala groovy clj cljs cljc go rs c h cc cpp cxx hpp hh hxx m mm swift cs fs fsx vb dart ' +
    'ex exs erl hrl hs lhs ml mli elm lua pl pm r jl nim zig v d pas ada f f90 f95 cob lisp scm rkt el vim sh bash zsh fish ps1 psm1 bat cmd sql graphql gql proto ' +
    'thrift tf hcl nix css scss sass less html htm twig ejs hbs liquid erb jinja j2 sol move cairo wat asm s cu cl glsl hlsl wgsl cr hx coffee tcl awk sed'
  ).split(' '),
);

const binaryExtensions = new Set(
  (
    'png jpg jpeg gif webp avif bmp ico icns tif tiff psd ai eps heic pdf doc docx xls xlsx ppt pptx odt ods odp zip gz tgz bz2 xz zst 7z rar jar war ear class so ' +
    'dylib dll exe o a lib obj pyc pyo pyd whl egg wasm node bin dat db sqlite sqlite3 mdb mp3 mp4 m4a m4v mov avi mkv webm wav flac ogg oga ogv woff woff2 ttf otf eot ' +
    'npy npz pkl pickle h5 hdf5 parquet arrow feather onnx pt pth safetensors gguf tflite pb ckpt mo rdb dmg iso img deb rpm apk ipa aab swf fla blend fbx glb stl xcf sketch fig'
  ).split(' '),
);

const generatedNames =
  /\.(?:min\.(?:js|mjs|css|html)|map|pb\.(?:go|cc|h|swift)|pb\.validate\.go|g\.dart|freezed\.dart|designer\.cs|g\.cs|generated\.\w+|snap|tsbuildinfo)$|(?:_pb2(?:_grpc)?\.pyi?|_grpc\.pb\.go|\.pb\.gw\.go|_generated\.\w+|\.gen\.(?:go|ts|rs)|^zz_generated\..*|bindata\.go)$/;
