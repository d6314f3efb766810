import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

export interface Assets {
  /** Address of the first module. */
  readonly main: string;
  /** Of all that it leads to. */
  readonly modules: readonly string[];
  get(address: string): Asset | undefined;
}

const source = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const extension = path.extname(fileURLToPath(import.meta.url));
const javaScript = 'text/javascript; charset=utf-8';

/**
 * Everything that the page consists of, read once into memory: its modules, found by following the imports of the first one,
 * and a fixed list of libraries and style sheets. What a request asks for is looked up here and never becomes a path.
 */
export async function loadAssets(): Promise<Assets> {
  const assets = new Map<string, Asset>(await Promise.all([...libraries(), ...styles()].map(loadFixed)));
  await loadModules(assets);
  const scripts = [...assets].filter(([, {type}]) => type === javaScript).map(([address]) => address);
  return {
    main: addressOf(main),
    modules: scripts.filter(address => address !== addressOf(main)),
    get: address => assets.get(address),
  };
}

const main = path.join(source, 'web', 'page', `main${extension}`);

interface Fixed {
  readonly address: string;
  readonly file: string;
  readonly type: string;
}

function libraries(): Fixed[] {
  const require = createRequire(import.meta.url);
  const preact = path.dirname(require.resolve('preact/package.json'));
  return [
    {address: '/assets/preact.js', file: path.join(preact, 'dist', 'preact.mjs'), type: javaScript},
    {address: '/assets/preact-hooks.js', file: path.join(preact, 'hooks', 'dist', 'hooks.mjs'), type: javaScript},
  ];
}

function styles(): Fixed[] {
  return [
    {address: '/assets/look.css', file: path.join(source, 'report', 'look.css'), type: 'text/css; charset=utf-8'},
    {address: '/assets/page.css', file: path.join(source, 'web', 'page', 'page.css'), type: 'text/css; charset=utf-8'},
  ];
}

async function loadFixed({address, file, type}: Fixed): Promise<[string, Asset]> {
  const body = (await readFile(file, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  return [address, {type, body}];
}

async function loadModules(assets: Map<string, Asset>): Promise<void> {
  const strip = extension === '.ts' ? await typeStripper() : (text: string) => text;
  const waiting = [main];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const address = addressOf(file);
    if (assets.has(address)) continue;
    const body = strip(await readFile(file, 'utf8'));
    assets.set(address, {type: javaScript, body});
    for (const [, target] of body.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      waiting.push(path.resolve(path.dirname(file), target!));
    }
  }
}

/** Relative imports lead to the same places in the browser as they do on the disk. */
function addressOf(file: string): string {
  return `/assets/${path.relative(source, file).split(path.sep).join('/')}`;
}

/** Takes the types out of a module, and the gaps that they leave; comments on a line of their own need not travel. */
async function typeStripper(): Promise<(text: string) => string> {
  const {emitWarning} = process;
  // It says once that it is experimental, which is no news for the person who looks at the page.
  process.emitWarning = (() => {}) as typeof emitWarning;
  try {
    const {stripTypeScriptTypes} = await import('node:module');
    stripTypeScriptTypes('');
    return text => shorten(stripTypeScriptTypes(text));
  } finally {
    process.emitWarning = emitWarning;
  }
}

function shorten(module: string): string {
  return module
    .replace(/^\s*(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/|\/\/.*)$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
}
