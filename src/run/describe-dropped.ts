import type {LeftOutPath} from '../domain/change.ts';
import {quoteText} from '../util/quote-text.ts';

const words: Readonly<Record<Exclude<LeftOutPath['why'], 'ignored'>, string>> = {
  special: 'a pipe, socket or device',
  git: 'named .git',
  name: 'no UTF-8, or too long',
  submodule: 'inside a submodule',
};

const shown = 10;

/** What a job made that is part of no change, since git knows nothing of the kind. What the repo ignores is meant to stay behind. */
export function describeDropped(leftOut: readonly LeftOutPath[]): string[] {
  const dropped = leftOut.flatMap(({path, why}) => (why === 'ignored' ? [] : [`${quoteText(path)} (${words[why]})`]));
  const more = dropped.length - shown;
  return more > 0 ? [...dropped.slice(0, shown), `and ${more} more`] : dropped;
}
