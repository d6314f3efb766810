/**
 * US dollars as they stand in every list, log and report: four decimals, which a call of a small model needs, and more for what would
 * be nothing with four.
 */
export function formatUsd(usd: number): string {
  if (usd <= 0 || usd >= 0.0001) return usd.toFixed(4);
  const decimals = 1 - Math.floor(Math.log10(usd));
  return usd.toFixed(Math.min(12, decimals));
}

/** A limit as somebody wrote it: at least cents. */
export function formatLimit(usd: number): string {
  const written = String(usd);
  return /\.\d{3,}$/.test(written) ? written : usd.toFixed(2);
}
