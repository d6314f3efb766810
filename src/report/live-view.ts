import type {Reporter, RunEvent} from '../domain/event.ts';
import {type FrameSize, renderFrame} from './live-frame.ts';
import {Progress} from './progress.ts';

export interface LiveViewOptions {
  readonly write: (text: string) => void;
  readonly size: () => FrameSize;
  readonly now: () => number;
  readonly budgetUsd?: number;
  readonly color: boolean;
}

const frameMs = 100;

/** A view of fixed height that redraws in place, at most ten times a second, and leaves nothing behind when it closes. */
export class LiveView implements Reporter {
  readonly #options: LiveViewOptions;
  readonly #progress = new Progress();
  readonly #timer: NodeJS.Timeout;
  #drawn: string[] = [];

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
    options.write('\u001b[?25l');
  }

  report(event: RunEvent): void {
    this.#progress.apply(event);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.write(`${erase(this.#drawn.length)}\u001b[?25h`);
    this.#drawn = [];
  }

  #draw(): void {
    const {size, now, budgetUsd, color} = this.#options;
    const lines = renderFrame(this.#progress, {
      ...size(),
      nowMs: now(),
      color,
      ...(budgetUsd === undefined ? {} : {budgetUsd}),
    });
    if (lines.join('\n') === this.#drawn.join('\n')) return;
    this.#options.write(`${erase(this.#drawn.length)}${lines.join('\n')}\n`);
    this.#drawn = lines;
  }
}

function erase(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A\r\u001b[0J`;
}
