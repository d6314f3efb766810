/** Lines the counts up to the right, so that a table of any size reads well in a terminal. */
export function formatTable(rows) {
  const width = Math.max(0, ...rows.map(row => String(row.count).length));
  return rows.map(row => `${String(row.count).padStart(width)}  ${row.word}`).join('\n');
}
