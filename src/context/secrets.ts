import {findAssignedSecrets, mayAssignSecret, weakPassword} from './assigned-secret.ts';
import {MarkScanner} from './mark-scanner.ts';
import {findMarkedSecrets, secretMarks} from './marked-secret.ts';
import {mayMatchSecretlint, scanWithSecretlint, secretlintMarks} from './secretlint.ts';

/** Where a secret stands in a text. Never the secret itself. */
export interface SecretFinding {
  readonly rule: string;
  /** 1-based. */
  readonly line: number;
  /** UTF-16 range of it in the text. */
  readonly start: number;
  readonly end: number;
}

/**
 * Secrets in a text, in text order: secretlint's recommended rules and our own. `path` decides whether unquoted assignments count.
 * A filter against accidents, not a boundary. Time is linear in the text, also when it was written to prevent that.
 */
export async function findSecrets(path: string, text: string): Promise<SecretFinding[]> {
  const found: Omit<SecretFinding, 'line'>[] = [];
  if (mayAssignSecret(text)) found.push(...findAssignedSecrets(path, text));
  if (allMarks.find(text) !== -1) {
    found.push(...findMarkedSecrets(text));
    if (mayMatchSecretlint(text)) found.push(...(await scanWithSecretlint(path, text)));
  }
  if (found.length === 0) return [];
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  let line = 1;
  let at = 0;
  let coveredTo = 0;
  return found.flatMap(finding => {
    // Several rules may know the same secret; the first and longest names it.
    if (finding.start < coveredTo) return [];
    coveredTo = finding.end;
    for (let next = text.indexOf('\n', at); next !== -1 && next < finding.start; next = text.indexOf('\n', at)) {
      line++;
      at = next + 1;
    }
    return [{...finding, line}];
  });
}

/** The same for a text that somebody wrote to be read: a password that anybody could have made up is an example there. */
export async function findCertainSecrets(path: string, text: string): Promise<SecretFinding[]> {
  return (await findSecrets(path, text)).filter(({rule}) => rule !== weakPassword);
}

/** One pass for both sets of rules, because most files hold no mark at all. */
const allMarks = new MarkScanner([...secretMarks, ...secretlintMarks]);

/** The text with every secret in it replaced by `[held back: <rule>]`. */
export async function maskSecrets(text: string, path = 'text.md'): Promise<string> {
  let masked = '';
  let at = 0;
  for (const {rule, start, end} of await findSecrets(path, text)) {
    if (start >= at) masked += `${text.slice(at, start)}[held back: ${rule}]`;
    at = Math.max(at, end);
  }
  return at === 0 ? text : masked + text.slice(at);
}

/** The reason why a file is held back for its name alone, or undefined. */
export function secretNameRule(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (name === '.env' || name.startsWith('.env.') || name.endsWith('.env')) {
    return /\.(?:example|sample|template|dist|defaults?)$|^example\.env$|^sample\.env$/.test(name)
      ? undefined
      : 'env-file';
  }
  if (/^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/.test(name)) return 'private-key-file';
  if (/\.(?:pem|p12|pfx|keystore|jks|ppk|kdbx|key|p8|asc\.key|mobileprovision|ovpn)$/.test(name)) return 'key-file';
  return secretNames.has(name) ? 'credentials-file' : undefined;
}

const secretNames = new Set([
  '.netrc',
  '_netrc',
  '.htpasswd',
  '.pgpass',
  '.my.cnf',
  '.git-credentials',
  '.dockercfg',
  '.envrc',
  '.s3cfg',
  '.boto',
  '.vault-token',
  'credentials.json',
  'client_secret.json',
  'service-account.json',
  'serviceaccount.json',
  'master.key',
  'secrets.yml',
  'secrets.yaml',
  'secrets.json',
  'secrets.toml',
  'terraform.tfstate',
  'terraform.tfvars',
  '.terraformrc',
  'wp-config.php',
]);
