import {expect, it} from 'vitest';
import {renderTable} from './table.ts';

const columns = [{title: 'NAME'}, {title: 'USD', align: 'right'}, {title: 'WHAT'}] as const;

it('aligns by display cells, numbers to the right', () => {
  expect(
    renderTable(columns, [
      ['api', '0.12', 'changed'],
      ['日本', '12.30', 'ok'],
    ]),
  ).toMatchInlineSnapshot(`
    "NAME    USD  WHAT
    api    0.12  changed
    日本  12.30  ok
    "
  `);
});

it('shows what a cell would do to a terminal instead of doing it', () => {
  const table = renderTable(columns, [['a\u001b[2Jb', '1', 'x\ny\u202ez']]);
  expect(table).toContain('a\\u{1b}[2Jb');
  expect(table).toContain('x\\ny\\u{202e}z');
  expect(table.split('\n')).toHaveLength(3);
});

it('takes cells from the widest column until the lines fit the terminal', () => {
  const table = renderTable(columns, [['a-repo', '0.12', 'w'.repeat(200)]], {columns: 40});
  for (const line of table.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  expect(table).toContain('a-repo  0.12  www');
  expect(table).toContain('…');
});
