/** Splits a text into words and counts them, ignoring case. Words are runs of letters, digits and apostrophes. */
export function countWords(text, {minLength = 1} = {}) {
  const counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}'’]+/gu)) {
    if (word.length < minLength) continue;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** The `limit` most frequent words, the most frequent first; ties in alphabetical order. */
export function topWords(counts, limit) {
  return [...counts]
    .map(([word, count]) => ({word, count}))
    .sort((a, b) => b.count - a.count || a.word.localeCompare(b.word))
    .slice(0, limit);
}
