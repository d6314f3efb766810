import type {LeftOut, ShownFile} from '../domain/context.ts';
import type {ObjectReader} from '../domain/git.ts';
import {quoteText} from '../util/quote-text.ts';
import {estimateTokens, fitTokens} from './estimate-tokens.ts';
import {judgeContent} from './judge-content.ts';
import type {RankedFile} from './rank-files.ts';
import {findSecrets} from './secrets.ts';

const maxFileBytes = 1_000_000;
/** Tokens of one file at most; of small budgets a quarter. */
const maxFileTokens = 8000;
/** A shorter beginning tells nothing. */
const minFileTokens = 120;
const shares = {manifest: 0.25, docs: 0.3} as const;
/** Bytes a token has about; only decides how many files are read ahead. */
const bytesPerToken = 3.5;

export interface Selection {
  readonly files: ShownFile[];
  readonly leftOut: LeftOut[];
  readonly tokens: number;
}

/** Takes files in their order until the budget is used. Files of a kind that has used its share wait for what the others leave. */
export async function selectFiles(
  reader: ObjectReader,
  ranked: readonly RankedFile[],
  maxTokens: number,
): Promise<Selection> {
  const selecting = new Selecting(maxTokens);
  const waiting: RankedFile[] = [];
  await selecting.takeAll(reader, ranked, waiting);
  await selecting.takeAll(reader, waiting, undefined);
  return selecting;
}

class Selecting implements Selection {
  readonly files: ShownFile[] = [];
  readonly leftOut: LeftOut[] = [];
  tokens = 0;
  readonly #maxTokens: number;
  readonly #used = {manifest: 0, docs: 0};

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /** With `waiting`, shares hold, and files beyond them are put there. */
  async takeAll(reader: ObjectReader, ranked: readonly RankedFile[], waiting: RankedFile[] | undefined): Promise<void> {
    for (let at = 0; at < ranked.length; ) {
      const batch = this.#nextBatch(ranked, at);
      at += batch.length;
      const wanted = batch.filter(file => this.#admit(file, waiting));
      const blobs = wanted.length === 0 ? [] : await reader.blobs(wanted.map(file => file.entry.id));
      for (const [index, file] of wanted.entries()) await this.#take(file, blobs[index], waiting);
    }
  }

  get #left(): number {
    return this.#maxTokens - this.tokens;
  }

  /** Files that could fill what is left if all of them can be shown. */
  #nextBatch(ranked: readonly RankedFile[], from: number): RankedFile[] {
    const batch: RankedFile[] = [];
    const cap = this.#fileCap() * bytesPerToken;
    let bytes = 0;
    while (from + batch.length < ranked.length && batch.length < 200 && bytes <= this.#left * bytesPerToken) {
      const file = ranked[from + batch.length]!;
      batch.push(file);
      bytes += Math.min(file.size, cap) + 80;
    }
    return batch;
  }

  /** Whether the file is worth reading. */
  #admit(file: RankedFile, waiting: RankedFile[] | undefined): boolean {
    if (file.size === 0) return false;
    if (file.size > maxFileBytes) return this.#leaveOut(file, 'too-large');
    if (waiting !== undefined && this.#shareLeft(file) < minFileTokens) {
      waiting.push(file);
      return false;
    }
    return this.#left >= minFileTokens || this.#leaveOut(file, 'budget');
  }

  async #take(file: RankedFile, bytes: Buffer | undefined, waiting: RankedFile[] | undefined): Promise<void> {
    const {path, id} = file.entry;
    if (bytes === undefined) return void this.#leaveOut(file, 'unreadable');
    const overhead = fileOverhead(path);
    const room = Math.min(this.#fileCap(), this.#left - overhead);
    if (room < minFileTokens) return void this.#leaveOut(file, 'budget');
    const verdict = judgeContent(path, bytes);
    if (verdict.leftOut !== undefined) return void this.#leaveOut(file, verdict.leftOut);
    const fitted = fitTokens(verdict.text, room);
    if (waiting !== undefined && fitted.tokens > this.#shareLeft(file)) return void waiting.push(file);
    // All of it is searched, also when only the beginning is shown: a file that holds a secret is never shown.
    const [secret] = await findSecrets(path, verdict.text);
    if (secret !== undefined) return void this.#leaveOut(file, 'secret', `${secret.rule} at line ${secret.line}`);
    this.files.push({path, id, text: fitted.text, cut: fitted.cut});
    this.tokens += fitted.tokens + overhead;
    if (file.share !== undefined) this.#used[file.share] += fitted.tokens + overhead;
  }

  #fileCap(): number {
    return Math.min(maxFileTokens, Math.floor(this.#maxTokens / 4));
  }

  #shareLeft(file: RankedFile): number {
    if (file.share === undefined) return Number.POSITIVE_INFINITY;
    return this.#maxTokens * shares[file.share] - this.#used[file.share];
  }

  #leaveOut(file: RankedFile, reason: LeftOut['reason'], detail?: string): false {
    this.leftOut.push({path: file.entry.path, reason, ...(detail === undefined ? {} : {detail})});
    return false;
  }
}

/** What a file's frame costs when rendered. */
function fileOverhead(path: string): number {
  return 45 + estimateTokens(quoteText(path, 4096));
}
