/** Languages by extension, for people. Only those in which something is programmed or written. */
const byExtension: Readonly<Record<string, string>> = {
  ts: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  tsx: 'TypeScript',
  js: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  jsx: 'JavaScript',
  py: 'Python',
  go: 'Go',
  rs: 'Rust',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  cxx: 'C++',
  hpp: 'C++',
  cs: 'C#',
  fs: 'F#',
  java: 'Java',
  kt: 'Kotlin',
  kts: 'Kotlin',
  scala: 'Scala',
  rb: 'Ruby',
  php: 'PHP',
  swift: 'Swift',
  m: 'Objective-C',
  ex: 'Elixir',
  exs: 'Elixir',
  erl: 'Erlang',
  hs: 'Haskell',
  ml: 'OCaml',
  clj: 'Clojure',
  lua: 'Lua',
  r: 'R',
  jl: 'Julia',
  dart: 'Dart',
  zig: 'Zig',
  nim: 'Nim',
  pl: 'Perl',
  sh: 'Shell',
  bash: 'Shell',
  zsh: 'Shell',
  ps1: 'PowerShell',
  sql: 'SQL',
  html: 'HTML',
  htm: 'HTML',
  css: 'CSS',
  scss: 'SCSS',
  vue: 'Vue',
  svelte: 'Svelte',
  tf: 'Terraform',
  proto: 'Protocol Buffers',
};

const markup = new Set(['HTML', 'CSS', 'SCSS', 'SQL', 'Shell', 'PowerShell', 'Protocol Buffers']);

export interface LanguageShare {
  readonly language: string;
  readonly files: number;
}

/** Most files first; programming languages before markup and scripts. */
export function countLanguages(paths: readonly string[]): LanguageShare[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const language = languageOf(path);
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  return [...counts]
    .map(([language, files]) => ({language, files}))
    .sort(
      (a, b) =>
        Number(markup.has(a.language)) - Number(markup.has(b.language)) ||
        b.files - a.files ||
        (a.language < b.language ? -1 : 1),
    );
}

export function languageOf(path: string): string | undefined {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
}

/** Code that is there to be looked at or tested with, and is not what the repo runs. */
export function isSamplePath(path: string): boolean {
  return /(?:^|\/)(?:examples?|samples?|fixtures?|testdata|vendor|third_party)\//i.test(path);
}

export function isTestPath(path: string): boolean {
  return /(?:^|\/)(?:tests?|specs?|__tests__)\/|(?:^|[/._-])(?:test|spec)[._-][^/]*$|[._-](?:test|spec)s?\.[^/]*$|Tests?\.(?:java|kt|cs)$|(?:^|\/)test\.\w+$/.test(
    path,
  );
}
