import type {SecretLintCoreConfig} from '@secretlint/types';
import {type Mark, MarkScanner} from './mark-scanner.ts';
import {isSample, judgeLogin} from './marked-secret.ts';

/** What surrounds a mark and may belong to the secret. */
const before = 512;
const after = 4096;
/** More marks than this in one file are a finding by themselves; without a limit a hostile file could hold us up. */
const maxMarks = 64;

/** False only when no rule of secretlint's preset can match. Loading it costs more than most runs need. */
export function mayMatchSecretlint(text: string): boolean {
  return marks.find(text) !== -1;
}

/** Runs secretlint's recommended rules around the marks they look for. Comments in the text that switch rules off are not obeyed. */
export async function scanWithSecretlint(
  path: string,
  text: string,
): Promise<{rule: string; start: number; end: number}[]> {
  const excerpts: {start: number; end: number}[] = [];
  let count = 0;
  for (let at = marks.find(text); at !== -1; at = marks.find(text, at + 1)) {
    if (++count > maxMarks) break;
    const [start, end] = [Math.max(0, at - before), at + after];
    const last = excerpts.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else excerpts.push({start, end});
  }
  const found: {rule: string; start: number; end: number}[] = [];
  for (const {start, end} of excerpts) found.push(...(await scanExcerpt(path, text.slice(start, end), start)));
  if (count > maxMarks && found.length === 0) {
    const {start} = excerpts[0]!;
    found.push({rule: 'many-secret-marks', start, end: text.length});
  }
  return found;
}

async function scanExcerpt(
  path: string,
  content: string,
  offset: number,
): Promise<{rule: string; start: number; end: number}[]> {
  const [{lintSource}, {rules}] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ]);
  const config: SecretLintCoreConfig = {
    // A file must not be able to say that it holds no secret.
    rules: rules
      .filter(rule => !rule.meta.id.endsWith('-filter-comments'))
      .map(rule => ({id: rule.meta.id, rule, options: {}})) as SecretLintCoreConfig['rules'],
  };
  const ext = /\.[^./]*$/.exec(path)?.[0] ?? '';
  const {messages} = await lintSource({
    source: {content, filePath: path, ext, contentType: 'text'},
    options: {config, noPhysicFilePath: true},
  });
  return messages.flatMap(({ruleId, range: [start, end]}) => {
    const rule = judgeFinding(ruleId.replace('@secretlint/secretlint-rule-', ''), content.slice(start, end));
    return rule === undefined ? [] : [{rule, start: start + offset, end: end + offset}];
  });
}

/** The rule for all that the preset finds, but for what has a placeholder where the secret would be. */
function judgeFinding(rule: string, match: string): string | undefined {
  if (rule !== 'basicauth' && rule !== 'database-connection-string') return isSample(match) ? undefined : rule;
  const login = /:\/\/([^:@/]{0,256}):([^@/]{1,256})@([\w.-]{0,256})/.exec(match);
  if (login === null) return rule;
  const kind = judgeLogin(login[1]!, login[2]!, login[3]!);
  return kind === 'login' ? rule : kind;
}

/** Every text that a rule of the preset matches holds one of these; where a rule ignores case, letters are kept out of the beginning. */
export const secretlintMarks: readonly Mark[] = [
  ['A3T', /[A-Z0-9]{17}/],
  ...['AKIA', 'AGPA', 'AIDA', 'AROA', 'AIPA', 'ANPA', 'ANVA', 'ASIA'].map(name => [name, /[A-Z0-9]{16}/] as const),
  ...['ACCESS', 'access', 'Access'].map(
    name => [name, /_?(?:KEY|key|Key)["']?\s*(?::|=>|=)\s*["']?[A-Za-z0-9/+=]{40}/] as const,
  ),
  ['-----BEGIN', /[\s\w]{0,12}PRIVATE KEY/],
  ['x-oauth-basic@'],
  ['_authToken='],
  ['npm_', /\w{36}/],
  ...['xoxb', 'xoxp', 'xoxa', 'xoxo', 'xoxr', 'xapp'].map(name => [name, /-[A-Za-z0-9]/] as const),
  ['://', /hooks\.slack/i],
  ['T3BlbkFJ'],
  ['sk-ant-api'],
  ['gsk_', /\w{52}/],
  ['hf_', /[A-Za-z]{34}/],
  ['lin_api_'],
  ['ntn_', /[0-9]{11}/],
  ['SG.', /\w{1,128}\./],
  ...['shppa_', 'shpca_', 'shpat_', 'shpss_'].map(name => [name, /\w{32}/] as const),
  ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'].map(name => [name, /\w{24}/] as const),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map(name => [name, /\w{3}/] as const),
  ['github_pat_'],
  ['glpat-'],
  ['glc_', /[A-Za-z0-9+/]{32}/],
  ['glsa_'],
  ['ops_ey'],
  ...['hvs.', 'hvb.', 'hvr.'].map(name => [name, /[\w-]{60}/] as const),
  ...['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'].map(name => [name, /\w{20}/] as const),
  ['dapi', /[A-Fa-f0-9]{32}/],
  ['dckr_pat_'],
  ['figd_'],
  ...['cfk_', 'cfut_', 'cfat_'].map(name => [name, /\w{40}/] as const),
  ['tskey-'],
  // Logins in addresses: of the web, and of databases.
  ['://', /[^:/\s]{1,256}:[^@/\s]{1,256}@/],
];

const marks = new MarkScanner(secretlintMarks);
