import {JobFailure} from '../domain/outcome.ts';
import {quoteText} from '../util/quote-text.ts';
import {isCloser, isOpener} from './conversation.ts';

/** The same for a file that is not Markdown: JSON and YAML must parse, and nothing may talk around it. */
export async function assertWholeData(path: string, text: string): Promise<void> {
  const paragraphs = text.trim().split(/\n\s*\n/);
  const talk = [firstLine(paragraphs[0]!), paragraphs.at(-1)!].find((words, index) =>
    index === 0 ? isOpener(words) : isCloser(words),
  );
  const problem = await parseProblem(path, text);
  if (talk !== undefined || (problem !== undefined && /^(?:`{3,}|~{3,})/m.test(text))) {
    throw new JobFailure(
      'reply-chatter',
      `The reply talks around the file ${quoteText(path)}: ${quoteText(talk ?? firstLine(text.trim()), 80)}`,
    );
  }
  if (problem !== undefined)
    throw new JobFailure('reply-off-format', `What the reply gives for ${quoteText(path)} ${problem}.`);
}

/** The parser takes time that grows with the square of some texts: half a second at this length. */
const maxYamlCharacters = 40_000;

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

async function parseProblem(path: string, text: string): Promise<string | undefined> {
  if (/\.json$/i.test(path)) {
    try {
      JSON.parse(text);
      return undefined;
    } catch {
      return 'is not valid JSON';
    }
  }
  if (/\.ya?ml$/i.test(path)) {
    if (text.length > maxYamlCharacters) {
      throw new JobFailure(
        'reply-too-large',
        `${quoteText(path)} has ${text.length} characters; YAML of more than ${maxYamlCharacters} is not delivered.`,
      );
    }
    const {parseAllDocuments} = await import('yaml');
    const documents = parseAllDocuments(text, {logLevel: 'silent'});
    const isValid = Array.isArray(documents) && documents.every(({errors}) => errors.length === 0);
    return isValid ? undefined : 'is not valid YAML';
  }
  // No parser of ours: at least the file must not stand in a fence with something around it.
  return /^(?:`{3,}|~{3,})/m.test(text) && !/\.(?:txt|rst|adoc|html?|tsx?|jsx?|py|rb)$/i.test(path)
    ? 'holds a code fence'
    : undefined;
}
