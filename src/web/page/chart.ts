import {type ComponentChild, h} from 'preact';

export interface ChartProps {
  readonly title: string;
  /** All that the picture says, for those who do not see it. */
  readonly label: string;
  /** Path over a field of 1000 by 100, its origin at the top left. */
  readonly draw: (y: (value: number) => number) => ComponentChild;
  /** The largest value that has to fit. */
  readonly most: number;
  readonly format: (value: number) => string;
  /** Below the field: left, middle, right. */
  readonly along: readonly string[];
}

export const fieldWidth = 1000;
const fieldHeight = 100;

/** A small picture with its scale: lines and areas are stretched to the room there is, words are not. */
export function Chart({title, label, draw, most, format, along}: ChartProps): ComponentChild {
  const top = roundUp(most);
  const y = (value: number): number => fieldHeight * (1 - value / top);
  return h(
    'figure',
    null,
    h('figcaption', null, title),
    h(
      'div',
      {class: 'chart', role: 'img', 'aria-label': label},
      h(
        'div',
        {class: 'scale'},
        [top, top / 2, 0].map(value => h('span', null, format(value))),
      ),
      h(
        'svg',
        {viewBox: `0 0 ${fieldWidth} ${fieldHeight}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'},
        h('path', {class: 'grid', d: `M0 0H${fieldWidth}M0 50H${fieldWidth}M0 100H${fieldWidth}`}),
        draw(y),
      ),
      h(
        'div',
        {class: 'along'},
        along.map(text => h('span', null, text)),
      ),
    ),
  );
}

/** To 1, 2 or 5 and zeros, so that the half is a number that one can read. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find(times => times * unit >= value) ?? 10;
  return step * unit;
}
