/** Environment variables by which a runner says that it reads our output and acts on what it finds there. */
const runners = [
  'CI',
  'GITHUB_ACTIONS',
  'TF_BUILD',
  'GITLAB_CI',
  'TEAMCITY_VERSION',
  'BUILDKITE',
  'TRAVIS',
  'JENKINS_URL',
  'DRONE',
];

export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  return runners.some(name => env[name] !== undefined && env[name] !== '' && env[name] !== 'false');
}

// What no line of ours holds on purpose: our own escape sequences, line ends and tabs are not among them.
const neverOurs =
  /[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb\p{Noncharacter_Code_Point}]|(?![\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/**
 * The last gate before text leaves for a terminal or a log. Characters that act or hide become `\u001b`, which JSON reads as the same.
 * Commands for a CI runner (`::add-mask::`, `##vso[…]`) lose their meaning, not their text.
 */
export function guardOutput(text: string, ci: boolean): string {
  const safe = text.replace(neverOurs, toEscape);
  return ci ? disarm(safe) : safe;
}

function toEscape(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** GitHub takes `::name` at the start of a line, and with Azure and TeamCity `##word[` anywhere; GitLab and Travis fold at words of their own. */
function disarm(text: string): string {
  return text
    .replace(/(^|[\n\r])([^\S\n\r]*):(?=:)/g, '$1$2\\u003a')
    .replace(/##(?=[\w.-]*\[)/g, '#\\u0023')
    .replace(/\b(section_(?:start|end)|travis_(?:fold|time)):/g, '$1\\u003a');
}
