import type {FinishReason, ModelReply} from '../domain/model.ts';
import {type FailureReason, JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import type {Skill} from '../domain/skill.ts';
import {readOpening} from '../util/document-opening.ts';
import {readMarkdownLines} from '../util/markdown-lines.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertWholeData} from './assert-whole-data.ts';
import {assertWholeMarkdown} from './assert-whole-markdown.ts';
import {isRefusal} from './conversation.ts';
import {isMarkdownPath} from './file-kind.ts';
import {needsSections, parseSections} from './multi-file-format.ts';
import {readWrapping} from './unwrap-fence.ts';

export interface ReplyExpectation {
  /** Files that the reply must give, dates filled in; one that ends in `/` is a folder for files that the model names. */
  readonly outputs: readonly string[];
  readonly skill: Pick<Skill, 'template' | 'checks'>;
  readonly findSecrets?: (
    path: string,
    text: string,
  ) => Promise<readonly {readonly rule: string; readonly line: number}[]>;
}

/**
 * The files that a whole, usable reply gives. Throws `JobFailure` for anything else: a reply that was cut, refused, empty, wrapped in talk,
 * or that is not the file. What it takes off is no part of any file: a byte order mark, one code fence around everything, the thoughts of a
 * reasoning model before the file, and blank lines at both ends. The checks of the skill are `checkOutput`'s.
 */
export async function interpretReply(
  reply: ModelReply,
  expectation: ReplyExpectation,
): Promise<readonly ProposedFile[]> {
  assertFinished(reply);
  const read: ProposedFile[] = [];
  if (reply.readOff === true) {
    for (const file of readFilesReadOff(reply.text, expectation.outputs)) {
      if (!isMarkdownPath(file.path)) await assertWholeData(file.path, file.text);
      read.push(file);
    }
  } else {
    for (const {path, text} of splitReply(readText(reply.text), expectation.outputs))
      read.push({path, text: await readFile(path, text, expectation)});
  }
  for (const {path, text: content} of read) await assertNoSecret(path, content, expectation);
  return read;
}

function assertFinished({finishReason, rawFinishReason}: ModelReply): void {
  const reason = unfinished[finishReason];
  if (reason === undefined) return;
  const word = rawFinishReason === undefined ? finishReason : `${finishReason}, ${quoteText(rawFinishReason, 60)}`;
  throw new JobFailure(reason, `The model did not end its answer (${word}).`);
}

const unfinished: Readonly<Record<FinishReason, FailureReason | undefined>> = {
  stop: undefined,
  length: 'reply-truncated',
  'content-filter': 'reply-refused',
  'tool-calls': 'reply-unfinished',
  error: 'reply-unfinished',
  interrupted: 'reply-unfinished',
  other: 'reply-unfinished',
};

const maxBytes = 1_000_000;

function readBytes(raw: string): string {
  const bytes = Buffer.byteLength(raw);
  if (bytes > maxBytes)
    throw new JobFailure('reply-too-large', `The reply has ${bytes} bytes; at most ${maxBytes} are delivered.`);
  if (!raw.isWellFormed()) throw offFormat('is not valid Unicode');
  return raw.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

function readText(raw: string): string {
  const text = readBytes(raw);
  const control = /[\0-\x08\x0b-\x1f\x7f-\x9f]/.exec(text)?.[0];
  if (control !== undefined) throw offFormat(`holds the control character ${quoteText(control)}`);
  const replaced = text.split('\uFFFD').length - 1;
  if (replaced > 8 || replaced * 100 > text.length)
    throw offFormat(`has ${replaced} characters that were lost on the way (U+FFFD)`);
  const answer = withoutThoughts(text);
  if (isBlank(answer)) throw new JobFailure('reply-empty', 'The reply has no text.');
  return answer;
}

/** Some servers leave what a reasoning model thought in the text, before the answer. */
function withoutThoughts(text: string): string {
  const tag = /^\s*<(think|thinking|reasoning)>/.exec(text)?.[1];
  if (tag !== undefined) {
    const end = text.indexOf(`</${tag}>`);
    if (end === -1) throw offFormat(`starts to think (<${tag}>) and never ends`);
    return text.slice(end + tag.length + 3);
  }
  if (/^<\/(?:think|thinking|reasoning)>\s*$/m.test(text)) {
    throw new JobFailure(
      'reply-chatter',
      'The reply holds the thoughts of the model, and where they begin is not marked.',
    );
  }
  return text;
}

function isBlank(text: string): boolean {
  return text.replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, '') === '';
}

/** Nobody talks in what was read off a repo: odd words, and how a file that is kept ends, are those of the repo. */
function readFilesReadOff(raw: string, outputs: readonly string[]): readonly ProposedFile[] {
  const text = readBytes(raw);
  if (!needsSections(outputs)) return [{path: outputs[0]!, text}];
  return parseSections(text, outputs).map(file => ({...file, text: `${file.text}\n`}));
}

async function readFile(path: string, content: string, {skill}: ReplyExpectation): Promise<string> {
  const isMarkdown = isMarkdownPath(path);
  const text = isMarkdown ? unwrapMarkdown(path, content) : unwrapData(path, content);
  if (isBlank(text)) throw new JobFailure('reply-empty', `The reply has no text for ${quoteText(path)}.`);
  assertNotRefused(unwrapWhole(text), quoteText(path));
  if (isMarkdown) assertWholeMarkdown(path, text, skill);
  else await assertWholeData(path, text);
  return `${text.replace(/^(?:[ \t]*\n)+/, '').trimEnd()}\n`;
}

function splitReply(text: string, outputs: readonly string[]): ProposedFile[] {
  if (!needsSections(outputs)) return [{path: outputs[0]!, text}];
  assertNotRefused(text, 'the files');
  return parseSections(unwrapWhole(text), outputs);
}

function unwrapWhole(text: string): string {
  const wrapping = readWrapping(text);
  return wrapping.kind === 'whole' ? wrapping.inside : text;
}

/** A Markdown file may itself start with code; it is wrapped only when the fence says Markdown, or a document begins inside. */
function unwrapMarkdown(path: string, text: string): string {
  const [first = '', ...rest] = text.trim().split('\n');
  const language = /^(?:`{3,}|~{3,})\s*([\w-]*)/.exec(first)?.[1]?.toLowerCase();
  if (language === undefined) return text;
  const says = ['markdown', 'md', 'mdx'].includes(language);
  const isWrapper = says || ['title', 'heading'].includes(readOpening(readMarkdownLines(rest.join('\n')).lines).kind);
  return isWrapper && (says || language === '' || language === 'text') ? unwrapData(path, text) : text;
}

function unwrapData(path: string, text: string): string {
  const wrapping = readWrapping(text);
  switch (wrapping.kind) {
    case 'none':
      return text;
    case 'whole':
      return wrapping.inside;
    case 'followed':
      throw new JobFailure('reply-chatter', `The reply goes on after the code fence that holds ${quoteText(path)}.`);
    case 'unclosed':
      throw offFormat(`opens a code fence around ${quoteText(path)} and never closes it, as when it was cut`);
    default:
      return wrapping satisfies never;
  }
}

/** A refusal is short prose, alone or under a heading. */
function assertNotRefused(text: string, what: string): void {
  const trimmed = text.trim();
  const prose = trimmed.slice(0, 4000).replace(/^(?:#{1,6} .*\n+)+/, '');
  const hasTitle = !trimmed.startsWith(prose);
  if (trimmed.length > 2000 || prose.length > 1200 || /^#{1,6} |^(?:`{3,}|~{3,})/m.test(prose)) return;
  if (!isRefusal(prose) || (hasTitle && prose.includes('\n\n'))) return;
  throw new JobFailure('reply-refused', `The model refused to write ${what}: ${quoteText(trimmed, 100)}`);
}

async function assertNoSecret(path: string, text: string, {findSecrets}: ReplyExpectation): Promise<void> {
  const found = (await findSecrets?.(path, text)) ?? [];
  if (found.length === 0) return;
  const places = found.slice(0, 5).map(({rule, line}) => `line ${line} (${rule})`);
  throw new JobFailure(
    'reply-holds-secret',
    `What looks like a secret is in ${quoteText(path)}: ${places.join(', ')}.`,
  );
}

function offFormat(what: string): JobFailure {
  return new JobFailure('reply-off-format', `The reply ${what}.`);
}
