/** True for what stands where a secret would: a variable, a call, a word, a sample. */
export function isPlaceholder(value: string): boolean {
  if (value.length < 4 || /^[$%<{[(*@&!#]|^\W+$|[<>{}()[\]]|\$\w|\\[nrtu]/.test(value)) return true;
  if (sampleWords.test(value)) return true;
  // One or two characters over and over, or a run along the keyboard.
  if (new Set(value.toLowerCase()).size <= 3 || /^(?:0?123456789?0?|abc123|qwerty\w{0,3}|test\d{0,4})$/i.test(value))
    return true;
  return /^(?:process\.env|os\.environ|env[.:]|ENV\b|secrets\.|vars\.|config\.|settings\.|self\.|this\.|import\.meta|file:|path:|ref:|vault:|op:\/\/|arn:)/.test(
    value,
  );
}

const sampleWords =
  /example|sample|placeholder|change[-_]?me|change[-_]?this|replace|your[-_ ]?|(?:^|[-_ .])my[-_]|xxx|\.\.\.|…|dummy|fake|foo|bar(?:$|\W)|redacted|masked|hidden|todo|fixme|insert|secret|passw(?:or)?d|passphrase|pwd|token|api[-_]?key|credential|default|undefined|null|none|string|value|optional|required|lorem|hunter2?$|letmein|s3cr3t$|p[a@]ssw0rd$|deadbeef|123456|abcdef|testing|(?:^|[-_.])test(?:$|[-_.\d])/i;
