/** The candidate a person most likely meant, or undefined when none is close. Distance is Damerau-Levenshtein (adjacent swaps count one). */
export function nearestName(typed: string, candidates: Iterable<string>): string | undefined {
  let best: {name: string; distance: number} | undefined;
  const limit = Math.max(1, Math.floor(Math.min(typed.length, 64) / 3));
  for (const name of candidates) {
    if (Math.abs(name.length - typed.length) > limit) continue;
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = {name, distance};
  }
  return best?.name;
}

/** `did you mean "x"?`, or undefined. */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  const name = nearestName(typed, candidates);
  return name === undefined ? undefined : `did you mean "${name}"?`;
}

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({length: b.length + 1}, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforePrevious[j - 2]! + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
