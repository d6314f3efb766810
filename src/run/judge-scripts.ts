const interpreters = /^(?:sh|bash|dash|zsh|ksh|python[\d.]*|node|deno|bun|tsx|ts-node|perl|ruby|php)$/;
const maxDepth = 5;

export interface CheckSources {
  /** Text of `package.json` at the root. */
  readonly manifest: string;
  /** Text of the makefile that make would take. */
  readonly makefile: string;
}

/**
 * Files that a command runs as its scripts: `sh test.sh`, `./check`, also behind `npm test` and `make check`. What they say is what the command says, so
 * they judge and are not judged. In the words of the planned commit.
 */
export function scriptsOf(command: string, sources: CheckSources, depth = 0): string[] {
  if (depth > maxDepth) return [];
  return command.split(/&&|\|\||[;|&\n]/).flatMap(part => {
    const words = part
      .trim()
      .split(/\s+/)
      .filter(word => !/^[A-Za-z_]\w*=/.test(word));
    const [program = '', ...rest] = words;
    const behind = [...npmScripts(words, sources), ...makeRecipes(words, sources)];
    if (behind.length > 0) return behind.flatMap(text => scriptsOf(text, sources, depth + 1));
    if (program.includes('/')) return [plain(program)];
    const operand = interpreters.test(program) ? rest.find(word => !word.startsWith('-')) : undefined;
    return operand === undefined ? [] : [plain(operand)];
  });
}

function npmScripts([program, verb = '', name = '']: readonly string[], {manifest}: CheckSources): string[] {
  if (!/^(?:npm|pnpm|yarn|bun)$/.test(program ?? '')) return [];
  const script = verb === 'run' || verb === 'run-script' ? name : verb === 't' ? 'test' : verb;
  try {
    const {scripts = {}} = JSON.parse(manifest) as {scripts?: Record<string, unknown>};
    return [`pre${script}`, script, `post${script}`].flatMap(key => {
      const text = Object.hasOwn(scripts, key) ? scripts[key] : undefined;
      return typeof text === 'string' ? [text] : [];
    });
  } catch {
    // A manifest that npm cannot read either.
    return [];
  }
}

/** Recipes of the targets that are named, and those that they need. */
function makeRecipes([program, ...targets]: readonly string[], {makefile}: CheckSources): string[] {
  if (program !== 'make') return [];
  const lines = makefile.split('\n');
  const seen = new Set<string>();
  const recipesOf = (target: string): string[] => {
    if (seen.has(target) || seen.size > 100) return [];
    seen.add(target);
    const start = lines.findIndex(line => line.startsWith(`${target}:`) && !line.startsWith(`${target}:=`));
    if (start === -1) return [];
    const needed = lines[start]!.slice(target.length + 1)
      .replace(/^:/, '')
      .trim()
      .split(/\s+/);
    const end = lines.findIndex((line, index) => index > start && line !== '' && !line.startsWith('\t'));
    const recipe = lines.slice(start + 1, end === -1 ? undefined : end).map(line => line.trim().replace(/^[@+-]+/, ''));
    return [...needed.flatMap(recipesOf), ...recipe];
  };
  return targets.filter(target => !target.startsWith('-')).flatMap(recipesOf);
}

function plain(path: string): string {
  return path.replace(/^["']|["']$/g, '').replace(/^(?:\.\/)+/, '');
}
