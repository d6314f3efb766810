import {isMap, isScalar, LineCounter, parseDocument} from 'yaml';

/** Scalars are always text: `yes`, `1` and `2025-01-01` stay what was typed. */
export type FrontMatterValue = string | readonly FrontMatterValue[] | {readonly [key: string]: FrontMatterValue};

interface FrontMatterFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

export type FrontMatter =
  | {
      readonly data: Readonly<Record<string, FrontMatterValue>>;
      readonly body: string;
      /** Where a key stands, by the way to it; the nearest key above it that is there, else the first line. */
      locate(at: readonly string[]): {readonly line: number; readonly column: number};
      readonly fault?: undefined;
    }
  | {readonly fault: FrontMatterFault; readonly data?: undefined};

const maxCharacters = 32 * 1024;

/** Splits a SKILL.md into its front matter, parsed as plain data, and its body. Never throws and runs nothing. */
export function parseFrontMatter(source: string): FrontMatter {
  const text = (source.startsWith('\uFEFF') ? source.slice(1) : source).replaceAll('\r\n', '\n');
  const match = /^---[ \t]*\n(?:([\s\S]*?)\n)??---[ \t]*(?:\n|$)/.exec(text);
  if (match === null)
    return refuse(
      1,
      1,
      text.startsWith('---')
        ? 'the front matter is not closed by a line "---"'
        : 'the file must start with front matter between two lines "---"',
    );
  return parseYaml(match[1] ?? '', text.slice(match[0].length).replace(/^\n+/, ''));
}

function parseYaml(yaml: string, body: string, isQuoted = false): FrontMatter {
  if (yaml.length > maxCharacters) return refuse(2, 1, `the front matter is longer than ${maxCharacters} characters`);
  const lines = new LineCounter();
  try {
    const document = parseDocument(yaml, {
      schema: 'failsafe',
      lineCounter: lines,
      logLevel: 'silent',
      prettyErrors: false,
    });
    const wrong = document.errors[0] ?? document.warnings[0];
    if (wrong !== undefined) {
      const quoted = isQuoted ? yaml : quoteSentences(yaml);
      if (quoted !== yaml) return parseYaml(quoted, body, true);
      const at = lines.linePos(wrong.pos[0]);
      const message = `the front matter is not plain YAML: ${wrong.message.split('\n')[0]}`;
      const hint = 'text with ": " or " #" in it stands between quotes: "…"';
      return refuse(at.line + 1, at.col, message, wrong.message.startsWith('Nested mappings') ? hint : undefined);
    }
    const data: unknown = document.toJS({maxAliasCount: 0});
    const root = document.contents;
    if (!isMap(root) || !isData(data))
      return refuse(2, 1, 'the front matter must be keys and values, such as "name: my-skill"');
    return {
      data: data as Readonly<Record<string, FrontMatterValue>>,
      body,
      locate(at) {
        let offset: number | undefined;
        let inside: unknown = root;
        for (const key of at) {
          const pair = isMap(inside)
            ? inside.items.find(item => isScalar(item.key) && item.key.value === key)
            : undefined;
          if (!isScalar(pair?.key)) break;
          offset = pair.key.range?.[0];
          inside = pair.value;
        }
        if (offset === undefined) return {line: 1, column: 1};
        const {line, col} = lines.linePos(offset);
        return {line: line + 1, column: col};
      },
    };
  } catch (error) {
    // Aliases, and nesting deeper than the parser's stack: it throws for both.
    return refuse(
      2,
      1,
      error instanceof ReferenceError ? 'the front matter uses YAML aliases' : 'the front matter cannot be parsed',
    );
  }
}

/**
 * `description: Use when: …` is not YAML, and many skills have it. The sentence of such a line is put between quotes, as other readers of
 * skills understand it; everything else stays an error.
 */
function quoteSentences(yaml: string): string {
  return yaml.replaceAll(
    /^(description|compatibility|license): +(?![\s"'[{|>&*!%@`#?-])(.*: .*)$/gm,
    (_, key: string, sentence: string) => `${key}: ${JSON.stringify(sentence.trimEnd())}`,
  );
}

function refuse(line: number, column: number, message: string, hint?: string): FrontMatter {
  return {fault: {line, column, message, ...(hint === undefined ? {} : {hint})}};
}

function isData(value: unknown): value is FrontMatterValue {
  if (typeof value === 'string') return true;
  if (Array.isArray(value)) return value.every(isData);
  return (
    typeof value === 'object' && value !== null && Object.values(value).every(item => item === null || isData(item))
  );
}
