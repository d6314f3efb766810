/** Providers' keys are far longer; what is shorter is a word that stands in texts for other reasons, such as `test`. */
const shortest = 8;
/** From here on nothing else contains it by chance. */
const unmistakable = 16;

/** The text with a key or token replaced that somebody may have repeated in it; a short one only as a word of its own. */
export function maskSecret(text: string, secret: string | undefined, mask: string): string {
  if (secret === undefined || secret.length < shortest) return text;
  if (secret.length >= unmistakable) return text.replaceAll(secret, () => mask);
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<![\\w-])${literal}(?![\\w-])`, 'g'), () => mask);
}
