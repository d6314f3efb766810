/** How single commands may begin, as a skill writes it: `git add:*` or `git add *` with anything after it, `npm test` as it stands. */
export interface CommandScope {
  readonly words: readonly string[];
  /** More words may follow. */
  readonly isOpen: boolean;
  /** The last word may go on: `npm run test*`. */
  readonly isPrefix: boolean;
}

export function readCommandScope(written: string): CommandScope {
  const [, text = '', end = ''] = /^(.*?)(:\*|\s\*|\*)?$/s.exec(written.trim()) ?? [];
  const words = text.split(/\s+/).filter(word => word !== '');
  return {words, isOpen: end !== '', isPrefix: end === '*' && words.length > 0};
}

/** Why a command is not one of these, or undefined. Only what is certain to be one simple command can be. */
export function commandScopeProblem(command: string, scopes: readonly CommandScope[]): string | undefined {
  const words = readSimpleCommand(command);
  if (words === undefined)
    return 'the skill allows single commands only: no ; & | < > ( ) $ ` or line end outside of single quotes';
  if (scopes.some(scope => fits(words, scope))) return undefined;
  const shown = scopes.map(
    ({words: start, isOpen, isPrefix}) => `${start.join(' ')}${isPrefix ? '*' : isOpen ? ' …' : ''}`,
  );
  return `the skill allows only these commands: ${shown.join(', ')}`;
}

function fits(words: readonly string[], scope: CommandScope): boolean {
  if (words.length < scope.words.length || (!scope.isOpen && words.length > scope.words.length)) return false;
  const last = scope.words.length - 1;
  return scope.words.every((word, index) =>
    scope.isPrefix && index === last ? words[index]!.startsWith(word) : words[index] === word,
  );
}

/** The words of a command as the shell takes it, when nothing in it makes a second command or is replaced by what something says. */
function readSimpleCommand(command: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < command.length; index++) {
    const character = command[index]!;
    if (quote === "'") {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '$' || character === '`') return undefined;
    else if (character === '\\') {
      const next = command[++index];
      if (next === undefined || next === '\n') return undefined;
      // Within double quotes it is itself before most characters.
      word = `${word ?? ''}${quote === '"' && !'"\\$`'.includes(next) ? '\\' : ''}${next}`;
    } else if (quote === '"') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[;&|<>()\n\r]/.test(character)) return undefined;
    else if (/[ \t]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${character}`;
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
}
