/** Tags with `and`, `or`, `not` and parentheses. */
export type TagExpression =
  | {readonly kind: 'tag'; readonly tag: string; readonly offset: number}
  | {readonly kind: 'not'; readonly operand: TagExpression}
  | {readonly kind: 'and' | 'or'; readonly operands: readonly TagExpression[]};

interface ExpressionFault {
  /** 0-based, in the expression. */
  readonly offset: number;
  readonly message: string;
}

export type ParsedExpression =
  | {readonly expression: TagExpression; readonly fault?: undefined}
  | {readonly fault: ExpressionFault; readonly expression?: undefined};

const maxDepth = 50;

/** `not` binds strongest, then `and`, then `or`. Tags with odd characters go in quotes. Never throws. */
export function parseTagExpression(text: string): ParsedExpression {
  const tokens = tokenize(text);
  let next = 0;
  let fault: ExpressionFault | undefined;
  const end: Token = {text: '', offset: text.trimEnd().length, quoted: false};
  const peek = (): Token => tokens[next] ?? end;
  const at = (word: string): boolean => next < tokens.length && !peek().quoted && peek().text.toLowerCase() === word;
  const fail = (message: string): TagExpression => {
    fault ??= {offset: peek().offset, message};
    return {kind: 'or', operands: []};
  };

  const parseOperand = (depth: number): TagExpression => {
    if (depth > maxDepth) return fail(`more than ${maxDepth} levels of parentheses and "not"`);
    if (at('not')) {
      next++;
      return {kind: 'not', operand: parseOperand(depth + 1)};
    }
    if (at('(')) {
      next++;
      const inner = parseChain('or', depth + 1);
      if (!at(')')) return fail('expected "and", "or" or ")"');
      next++;
      return inner;
    }
    if (next >= tokens.length) return fail('expected a tag at the end');
    if (at('and') || at('or') || at(')')) return fail(`expected a tag before "${peek().text}"`);
    const token = peek();
    next++;
    return {kind: 'tag', tag: token.text, offset: token.offset};
  };
  const parseChain = (kind: 'and' | 'or', depth: number): TagExpression => {
    const operands: TagExpression[] = [];
    do {
      if (operands.length > 0) next++;
      operands.push(kind === 'or' ? parseChain('and', depth) : parseOperand(depth));
    } while (fault === undefined && at(kind));
    return operands.length === 1 ? operands[0]! : {kind, operands};
  };

  const expression = parseChain('or', 0);
  if (fault === undefined && next < tokens.length)
    fail(at(')') ? 'this ")" closes nothing' : `expected "and" or "or" before "${peek().text}"`);
  return fault === undefined ? {expression} : {fault};
}

export function matchesTags(expression: TagExpression, tags: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'tag':
      return tags.has(expression.tag);
    case 'not':
      return !matchesTags(expression.operand, tags);
    case 'and':
      return expression.operands.every(operand => matchesTags(operand, tags));
    case 'or':
      return expression.operands.some(operand => matchesTags(operand, tags));
  }
}

/** The tags an expression names, in order, and where. */
export function namedTags(expression: TagExpression): {readonly tag: string; readonly offset: number}[] {
  if (expression.kind === 'tag') return [expression];
  return expression.kind === 'not' ? namedTags(expression.operand) : expression.operands.flatMap(namedTags);
}

interface Token {
  readonly text: string;
  readonly offset: number;
  readonly quoted: boolean;
}

function tokenize(text: string): Token[] {
  return [...text.matchAll(/[()]|"([^"]*)"|'([^']*)'|[^\s()]+/g)].map(match => {
    const quoted = match[1] ?? match[2];
    return {text: quoted ?? match[0], offset: match.index, quoted: quoted !== undefined};
  });
}
