/** What a forge would do with the words of a pull request beside showing them, found without our own code. */
export function forgeEffects(body: string): string[] {
  const effects: string[] = [];
  const lines = body.split('\n');
  // A squash makes the body a commit message, in which a code span is nothing special.
  for (const [, name] of body.matchAll(/(?<![A-Za-z0-9_/`.-])@([A-Za-z0-9_][\w-]*)/g))
    effects.push(`mention of ${name}, raw`);
  for (const [, name] of body.matchAll(/`@([A-Za-z0-9_][\w-]*)/g)) effects.push(`mention of ${name} in a span, raw`);
  const closing =
    /\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?):?\s+(?:issues?\s+)?/gi;
  for (const match of body.matchAll(closing)) {
    const rest = body.slice(match.index + match[0].length);
    if (/^(?:[\w.-]+\/[\w.-]+)?#\d|^GH-\d|^https?:\/\/\S+\/issues\/\d|^[A-Z][A-Z0-9]+-\d/i.test(rest))
      effects.push(`closing by ${match[0]}`);
  }
  for (const line of lines) {
    if (/^\s*\/[a-z_]+(?:\s|$)/.test(line)) effects.push(`quick action ${line}`);
    if (/^(?:Co-authored-by|Signed-off-by|Reviewed-by|Approved-by|Acked-by|Change-Id|Closes|Fixes):/i.test(line))
      effects.push(`trailer ${line}`);
    if (/^(?:`{3,}|~{3,})/.test(line)) effects.push('a fence');
  }
  if (
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]|\p{Bidi_Control}|[\u200b-\u200d\u2060-\u2064\ufeff\u00ad]|[\u{e0000}-\u{e007f}]/u.test(
      body,
    )
  )
    effects.push('hidden characters');
  const shown = withoutSpans(withoutOwnMarker(lines).join('\n'));
  const rules: [RegExp, string][] = [
    [/(?<![A-Za-z0-9_/.-])@[A-Za-z0-9_]/, 'mention'],
    [/(?<![A-Za-z0-9_&])#\d/, 'issue reference'],
    [/(?<![A-Za-z0-9_])[!$%~&]\d/, 'reference as GitLab has it'],
    [/(?<![A-Za-z0-9])GH-\d/i, 'issue reference'],
    [/(?<![\w-])[A-Z][A-Z0-9]+-\d/, 'reference to another tracker'],
    [/(?<![0-9a-z])(?=[a-f]*\d)[0-9a-f]{7,64}(?![0-9a-z])/, 'commit reference'],
    [/!\[/, 'image'],
    [/\]\s*[([:]/, 'link'],
    [/<[a-z!/?]/i, 'tag or comment'],
    [/&#?\w+;/, 'entity'],
    [/(?:https?|ftp|file|javascript|data|mailto|vbscript|ssh|git):/i, 'address'],
    [/www\./i, 'address'],
    [/[\w.+-]+@[\w-]+\.\w/, 'mail address'],
    [/\$\$|\$`/, 'formula'],
  ];
  for (const [rule, what] of rules) if (rule.test(shown)) effects.push(`${what}: ${rule.exec(shown)?.[0]}`);
  return effects;
}

/** Code spans as CommonMark has them: a run of backticks up to the next run of the same length. */
function withoutSpans(text: string): string {
  let shown = '';
  for (let at = 0; at < text.length; ) {
    const run = /^`+/.exec(text.slice(at))?.[0];
    if (run === undefined) {
      shown += text[at++];
      continue;
    }
    const close = new RegExp(`(?<!\`)${run}(?!\`)`).exec(text.slice(at + run.length));
    if (close === null) {
      shown += run;
      at += run.length;
    } else {
      shown += ' ';
      at += run.length + close.index + run.length;
    }
  }
  return shown;
}

/** The last line, when it is a marker. */
function withoutOwnMarker(lines: readonly string[]): readonly string[] {
  return /^<!-- orchestrator:pull-request \{[^<>]*\} -->$/.test(lines.at(-1) ?? '') ? lines.slice(0, -1) : lines;
}
