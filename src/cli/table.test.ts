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

it('becomes a block for each row where what is whole, or what says something, does not fit', () => {
  const wide = [
    {title: 'CAUSE', whole: true},
    {title: 'REPOS', align: 'right'},
    {title: 'EXAMPLE', whole: true},
    {title: 'WHAT HAPPENED', least: 20},
    {title: 'NOTE'},
  ] as const;
  const cells = ['script-failed', '2', 'license-header/payments-service', 'it ended with exit code 3, as it said', ''];
  const table = renderTable(wide, [cells, cells], {columns: 60});
  const block = [
    'script-failed',
    '  repos          2',
    '  example        license-header/payments-service',
    '  what happened  it ended with exit code 3, as it said',
  ];
  expect(table.trimEnd().split('\n')).toEqual([...block, ...block]);
  expect(renderTable(wide, [cells], {columns: 100})).toMatch(/^CAUSE/);
  for (const columns of [20, 30, 40])
    for (const line of renderTable(wide, [cells], {columns}).trimEnd().split('\n'))
      expect(line.length).toBeLessThanOrEqual(columns);
  const long = renderTable(wide, [[...cells.slice(0, 3), 'word '.repeat(500), '']], {columns: 60});
  expect(long.trimEnd().split('\n')).toHaveLength(9);
});
