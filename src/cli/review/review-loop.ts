import type {ChangeSummary, Decision, RejectReason} from '../../domain/change.ts';
import type {Job} from '../../domain/job.ts';
import type {JobRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {decideChanges} from '../../run/decide-changes.ts';
import {systemClock} from '../../util/clock.ts';
import {reviewLines, type ShownLine} from '../patch-text.ts';
import {ReviewQueue} from './review-queue.ts';
import {helpText, renderReview, type ScreenSize, textLines} from './review-screen.ts';

/** A terminal that shows whole screens and gives keys. */
export interface ReviewTerminal {
  readonly color: boolean;
  size(): ScreenSize;
  draw(lines: readonly string[]): void;
  /** The next key: a character, or `up`, `down`, `left`, `right`, `pageup`, `pagedown`, `enter`, `escape`, `backspace`; undefined at the end. */
  key(): Promise<string | undefined>;
  /** Gives the terminal to a program that shows this text. */
  open(name: string, text: string): Promise<void>;
}

/** What an agent and its tools said in a job; undefined for jobs of other modes. */
export type TranscriptOf = (runId: string, job: Job) => string | undefined;

/** Shows one change after the other until all are decided or the person leaves. Every decision is durable when the next screen comes. */
export async function reviewChanges(
  ledger: Ledger,
  changes: readonly ChangeSummary[],
  terminal: ReviewTerminal,
  transcriptOf: TranscriptOf,
): Promise<ReviewQueue> {
  const queue = new ReviewQueue(changes);
  const sitting = new Sitting(ledger, queue, terminal, transcriptOf);
  while (!queue.isDone && (await sitting.step())) {
    // The next key.
  }
  return queue;
}

class Sitting {
  readonly #ledger: Ledger;
  readonly #queue: ReviewQueue;
  readonly #terminal: ReviewTerminal;
  readonly #transcriptOf: TranscriptOf;
  readonly #jobs = new Map<ChangeSummary, JobRecord | undefined>();
  #scroll = 0;
  #maxScroll = 0;
  /** Shown instead of the patch. */
  #other: readonly ShownLine[] | undefined;
  #patch: {of: ChangeSummary; text: string} | undefined;

  constructor(ledger: Ledger, queue: ReviewQueue, terminal: ReviewTerminal, transcriptOf: TranscriptOf) {
    this.#transcriptOf = transcriptOf;
    this.#ledger = ledger;
    this.#queue = queue;
    this.#terminal = terminal;
  }

  /** Shows and does what one key asks for; false when the person leaves. */
  async step(): Promise<boolean> {
    await this.#draw();
    const key = await this.#terminal.key();
    if (this.#other !== undefined && key !== undefined && !scrollKeys.has(key)) {
      this.#show(undefined);
      return true;
    }
    switch (key) {
      case undefined:
      case 'q':
      case 'escape':
        return false;
      case 'a':
        await this.#decide([this.#queue.current!], {kind: 'accepted', at: systemClock.now()});
        return true;
      case 'A':
        await this.#decide(this.#queue.like(), {kind: 'accepted', at: systemClock.now()});
        return true;
      case 'r':
        await this.#reject([this.#queue.current!]);
        return true;
      case 'R':
        await this.#reject(this.#queue.like());
        return true;
      case 'u':
        await decideChanges(this.#ledger, this.#queue.undo(), {kind: 'pending'});
        break;
      case 's':
        this.#queue.later();
        break;
      case 'j':
      case 'right':
        this.#queue.move(1);
        break;
      case 'k':
      case 'left':
        this.#queue.move(-1);
        break;
      case 't':
        this.#show(textLines(await this.#reply()));
        return true;
      case 'o':
        await this.#terminal.open(this.#queue.current!.repo, await this.#readPatch());
        return true;
      case '?':
        this.#show(textLines(helpText));
        return true;
      default:
        this.#scrollBy(key);
        return true;
    }
    this.#scroll = 0;
    return true;
  }

  async #draw(question?: string): Promise<void> {
    const change = this.#queue.current!;
    const body = this.#other ?? reviewLines(await this.#readPatch());
    const {columns, rows} = this.#terminal.size();
    const {lines, maxScroll} = renderReview(
      this.#queue,
      {change, record: await this.#jobOf(change), body},
      {
        columns,
        rows,
        color: this.#terminal.color,
        scroll: this.#scroll,
        ...(question === undefined ? {} : {question}),
      },
    );
    this.#maxScroll = maxScroll;
    this.#terminal.draw(lines);
  }

  #show(other: readonly ShownLine[] | undefined): void {
    this.#other = other;
    this.#scroll = 0;
  }

  #scrollBy(key: string): void {
    const page = Math.max(1, this.#terminal.size().rows - 8);
    const by = {' ': page, pagedown: page, b: -page, pageup: -page, down: 1, up: -1, enter: 1}[key] ?? 0;
    this.#scroll = Math.max(0, Math.min(this.#maxScroll, this.#scroll + by));
  }

  async #decide(changes: readonly ChangeSummary[], decision: Decision): Promise<void> {
    await decideChanges(this.#ledger, changes, decision);
    this.#queue.decide(changes, decision);
    this.#show(undefined);
  }

  /** A reason is one key; words after it may be left out. Escape goes back. */
  async #reject(changes: readonly ChangeSummary[]): Promise<void> {
    await this.#draw(' why?  [w] wrong  [u] unwanted  [s] style  [r] risky   [esc] back');
    const why = reasons[(await this.#terminal.key()) ?? ''];
    if (why === undefined) return;
    const text = await this.#ask(` ${why}. In your words, or enter: `);
    if (text === undefined) return;
    const words = text.trim();
    await this.#decide(changes, {
      kind: 'rejected',
      at: systemClock.now(),
      why,
      ...(words === '' ? {} : {text: words}),
    });
  }

  async #ask(question: string): Promise<string | undefined> {
    let text = '';
    for (;;) {
      await this.#draw(`${question}${text}▏`);
      const key = await this.#terminal.key();
      if (key === undefined || key === 'escape') return undefined;
      if (key === 'enter') return text;
      if (key === 'backspace') text = [...text].slice(0, -1).join('');
      else if ([...key].length === 1) text += key;
    }
  }

  async #readPatch(): Promise<string> {
    const change = this.#queue.current!;
    if (this.#patch?.of !== change) {
      const record = await this.#ledger.change(change.runId, change.jobId);
      this.#patch = {of: change, text: record?.change.patch ?? ''};
    }
    return this.#patch.text;
  }

  async #reply(): Promise<string> {
    const {runId, jobId} = this.#queue.current!;
    const record = await this.#jobOf(this.#queue.current!);
    const transcript = record === undefined ? undefined : this.#transcriptOf(runId, record.job);
    if (transcript !== undefined) return transcript;
    const recorded = await this.#ledger.replyOfJob(runId, jobId);
    return recorded === undefined ? 'no reply is recorded' : `${recorded.model} answered:\n\n${recorded.reply.text}`;
  }

  async #jobOf(change: ChangeSummary): Promise<JobRecord | undefined> {
    if (!this.#jobs.has(change)) {
      const [record] = await this.#ledger.jobsById(change.runId, [change.jobId]);
      this.#jobs.set(change, record);
    }
    return this.#jobs.get(change);
  }
}

const scrollKeys = new Set([' ', 'pagedown', 'b', 'pageup', 'down', 'up', 'enter']);

const reasons: Readonly<Record<string, RejectReason>> = {
  w: 'wrong',
  u: 'unwanted',
  s: 'style',
  r: 'risky',
};
