import {weakPassword} from './assigned-secret.ts';
import type {Mark} from './mark-scanner.ts';
import {isPlaceholder} from './placeholder.ts';

/** Secrets that carry a mark of their maker. `judge` replaces the check for samples. Every repetition is bounded, so time stays linear. */
interface MarkedSecret {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly judge?: (match: RegExpExecArray) => boolean | typeof weakPassword;
}

export function findMarkedSecrets(text: string): {rule: string; start: number; end: number}[] {
  const found: {rule: string; start: number; end: number}[] = [];
  for (const {rule, pattern, judge} of markedSecrets) {
    for (const match of text.matchAll(pattern)) {
      const verdict = judge === undefined ? !isSample(match[0]) : judge(match);
      if (verdict === false) continue;
      found.push({rule: verdict === true ? rule : verdict, start: match.index, end: match.index + match[0].length});
    }
  }
  return found;
}

/** Every text that a rule matches holds one of these. */
export const secretMarks: readonly Mark[] = [
  ['PRIVATE KEY'],
  ['AIza', /[\w-]{35}/],
  ['GOCSPX-'],
  ['ya29.'],
  ['eyJ', /[\w-]{10}/],
  ['pypi-', /[\w-]{50}/],
  ['whsec_'],
  ['sk_live_'],
  ['rk_live_'],
  ['sk-', /(?:proj|svcacct|admin|ant|or)-|[A-Za-z0-9]{48}/],
  ['glpat-'],
  ['glptt-'],
  ['glsoat-'],
  ['glrt-'],
  ['glcbt-'],
  ['gldt-'],
  ['glft-'],
  ['glimt-'],
  ['glagent-'],
  ['gloas-'],
  ['ghp_', /\w{30}/],
  ['gho_', /\w{30}/],
  ['ghu_', /\w{30}/],
  ['ghs_', /\w{6}/],
  ['ghr_', /\w{30}/],
  ['github_pat_'],
  ['xox', /[a-z]-[\w-]/],
  ['xapp-'],
  ['hooks.slack.com/'],
  ['SG.', /[\w-]{16}/],
  ...Array.from('0123456789abcdef', digit => [`SK${digit}`, /[0-9a-f]{31}/] as const),
  ['key-', /[0-9a-f]{32}/],
  ['-us', /\d/],
  [':AA', /[\w-]{33}/],
  ['dop_v1_'],
  ['doo_v1_'],
  ['dor_v1_'],
  ['sq0atp-'],
  ['sq0csp-'],
  ['AGE-SECRET-KEY-'],
  ['.atlasv1.'],
  ['NRAK-'],
  ['sntryu_'],
  ['sntrys_'],
  ['sntruu_'],
  ['pscale_'],
  ['PMAK-'],
  ['dp.pt.'],
  ['sbp_'],
  ['xai-', /[A-Za-z0-9]{60}/],
  ['r8_', /[A-Za-z0-9]{37}/],
  ['pplx-'],
  ['npm_', /\w{36}/],
  ['AccountKey='],
  ['SharedAccessKey='],
  ['AKIA', /[A-Z0-9]{16}/],
  ['ASIA', /[A-Z0-9]{16}/],
  ['hvs.'],
  ['hvb.'],
  ['hf_', /[A-Za-z0-9]{34}/],
  ['://', /[^\s:@/]{0,64}:[^\s@/]{3,128}@/],
  ['sic ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['SIC ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['rer ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['RER ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['ken ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['KEN ', /[ \t]{0,4}[\w+/.~=-]{16}/],
  ['/webhooks/', /\d/],
];

const markedSecrets: readonly MarkedSecret[] = [
  {
    rule: 'private-key',
    // Its first line, of whatever length, up to the line that ends it; or a line that is too long for anything else.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:\r?\n|\\n|\\r)[ \t]{0,40}(?:[A-Za-z-]{1,20}: [^\n\\]{0,100}(?:\r?\n|\\n)[ \t]{0,40}){0,4}(?:\r?\n|\\n)?[ \t]{0,40}(?!x+\W|X+\W|YOUR|your)[A-Za-z0-9+/=]{2,200}(?:\r?\n|\\n|\\r|-----END)|(?:[^-]|-(?!----)){0,300}?[A-Za-z0-9+/=]{40})/g,
    judge: () => true,
  },
  {rule: 'google-api-key', pattern: /\bAIza[\w-]{35}(?![\w-])/g},
  {rule: 'google-oauth-secret', pattern: /\bGOCSPX-[\w-]{28}/g},
  {rule: 'google-oauth-token', pattern: /\bya29\.[\w-]{30,500}/g},
  {rule: 'jwt', pattern: /\beyJ[\w-]{10,800}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}/g},
  {rule: 'pypi-token', pattern: /\bpypi-[\w-]{50,500}/g},
  {rule: 'stripe-webhook-secret', pattern: /\bwhsec_[A-Za-z0-9+/=]{24,100}/g},
  {rule: 'stripe-live-key', pattern: /\b[sr]k_live_[A-Za-z0-9]{16,200}/g},
  {rule: 'openai-key', pattern: /\bsk-(?:(?:proj|svcacct|admin)-[\w-]{20,300}|[A-Za-z0-9]{48}(?![A-Za-z0-9]))/g},
  {rule: 'anthropic-key', pattern: /\bsk-ant-[\w-]{20,200}/g},
  {rule: 'openrouter-key', pattern: /\bsk-or-v1-[0-9a-f]{64}/g},
  {rule: 'gitlab-token', pattern: /\bgl(?:pat|ptt|soat|rt|cbt|dt|ft|imt|agent|oas)-[\w-]{20,128}/g},
  {rule: 'github-token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255})/g},
  {rule: 'slack-token', pattern: /\b(?:xox[a-z]|xapp)-(?:[\w-]{1,10}\.)?[A-Za-z0-9-]{20,300}/g},
  {rule: 'slack-webhook', pattern: /hooks\.slack\.com\/(?:services|workflows)\/T\w{6,40}\/[A-Z]?\w{6,40}\/\w{12,60}/g},
  {rule: 'discord-webhook', pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{15,20}\/[\w-]{50,100}/g},
  {rule: 'sendgrid-key', pattern: /\bSG\.[\w-]{16,32}\.[\w-]{32,64}/g},
  {rule: 'twilio-key', pattern: /\bSK[0-9a-f]{32}\b/g},
  {rule: 'mailgun-key', pattern: /\bkey-[0-9a-f]{32}\b/g},
  {rule: 'mailchimp-key', pattern: /\b[0-9a-f]{32}-us\d{1,2}\b/g},
  {rule: 'telegram-token', pattern: /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g},
  {rule: 'digitalocean-token', pattern: /\bdo[opr]_v1_[0-9a-f]{64}/g},
  {rule: 'square-token', pattern: /\bsq0(?:atp|csp)-[\w-]{22,60}/g},
  {rule: 'age-key', pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/g},
  {rule: 'terraform-token', pattern: /\b\w{14}\.atlasv1\.[\w-]{60,100}/g},
  {rule: 'newrelic-key', pattern: /\bNRAK-[A-Z0-9]{27}/g},
  {rule: 'sentry-token', pattern: /\bsntr(?:yu|ys|uu)_[\w=+/]{40,400}/g},
  {rule: 'planetscale-token', pattern: /\bpscale_(?:tkn|pw|oauth)_[\w.-]{32,64}/g},
  {rule: 'postman-key', pattern: /\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}/g},
  {rule: 'doppler-token', pattern: /\bdp\.pt\.[A-Za-z0-9]{40,44}/g},
  {rule: 'supabase-token', pattern: /\bsbp_[0-9a-f]{40}/g},
  {rule: 'xai-key', pattern: /\bxai-[A-Za-z0-9]{60,100}/g},
  {rule: 'replicate-token', pattern: /\br8_[A-Za-z0-9]{37}\b/g},
  {rule: 'perplexity-key', pattern: /\bpplx-[A-Za-z0-9]{40,60}/g},
  {rule: 'npm-token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g},
  {rule: 'aws-access-key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g},
  {rule: 'vault-token', pattern: /\bhv[sb]\.[\w-]{24,300}/g},
  {rule: 'huggingface-token', pattern: /\bhf_[A-Za-z0-9]{34,40}\b/g},
  {rule: 'azure-key', pattern: /\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,100}={0,2}/g},
  {
    rule: 'connection-string',
    // Bounded scheme: an unbounded one would make a long line of letters quadratic.
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/([^\s:@/'"`<>{}$%()]{0,64}):([^\s@/'"`<>{}$()]{3,128})@([\w.-]{1,128})/gi,
    judge: match => {
      const kind = judgeLogin(match[1]!, match[2]!, match[3]!);
      return kind === 'login' || (kind ?? false);
    },
  },
  {
    rule: 'authorization-header',
    pattern:
      /\bauthorization["'\]]{0,2}[ \t]{0,4}[:=,][ \t]{0,4}["'`]?(?:Basic|Bearer|token)[ \t]{1,4}([A-Za-z0-9+/._~=-]{16,2000})/gi,
    judge: match => !isPlaceholder(match[1]!) && /\d/.test(match[1]!) && /[a-zA-Z]/.test(match[1]!),
  },
];

/** `AKIAIOSFODNN7EXAMPLE`, and what has a row of `x` where the secret would be. */
export function isSample(match: string): boolean {
  return /EXAMPLE|example|[xX]{8}|your[-_]|YOUR[-_]/.test(match);
}

/**
 * What kind of secret is in `user:password@host`; undefined for a variable, a word for the password, or the name once more. Weak is
 * what stands in examples, too: no digit in it, a made up host, the short one of a local server.
 */
export function judgeLogin(user: string, password: string, host: string): 'login' | typeof weakPassword | undefined {
  // Some services take a token as the name, with or without a fixed word as the password.
  if (user.length >= 20 && /\d/.test(user) && /[a-z]/i.test(user) && !isPlaceholder(user)) return 'login';
  if (password.length < 4 || password === user || isPlaceholder(password)) return undefined;
  const isMadeUp = /^(?:[a-z.]{0,60}\.)?(?:example|test|invalid)(?:\.[a-z]{2,3})?$/i.test(host);
  const isLocal =
    /^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host|hostname|server|db|database|proxy|proxyhost|foo|bar)$/i.test(host);
  const isStrong = /\d/.test(password) && /[a-z]/i.test(password) && password.length >= (isLocal ? 8 : 3);
  return isStrong && !isMadeUp ? 'login' : weakPassword;
}
