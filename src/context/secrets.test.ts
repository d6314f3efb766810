import {lintSource} from '@secretlint/core';
import {creator} from '@secretlint/secretlint-rule-preset-recommend';
import {expect, it} from 'vitest';
import {findSecrets, maskSecrets, secretNameRule} from './secrets.ts';

it('finds every kind of secret, in code, settings and prose', async () => {
  const missed: string[] = [];
  for (const [kind, make] of Object.entries(kinds)) {
    for (let n = 0; n < 20; n++) {
      const secret = make();
      for (const [path, text] of placesFor(secret)) {
        const found = await findSecrets(path, text);
        if (found.length === 0) missed.push(`${kind} in ${path}: ${text}`);
        else expect(found[0]!.line, text).toBe(3);
      }
    }
  }
  expect(missed).toEqual([]);
});

it('finds all that secretlint finds, also when the text tells secretlint to look away', async () => {
  let count = 0;
  for (const [kind, make] of Object.entries({...kinds, ...presetKinds})) {
    for (let n = 0; n < 20; n++) {
      const text = `// secretlint-disable\nconst value = "${make()}";\n`;
      const {messages} = await lintSource({
        source: {content: text.replace('secretlint-disable', ''), filePath: 'a.ts', ext: '.ts', contentType: 'text'},
        options: {config: {rules: [{id: creator.meta.id, rule: creator}]}, noPhysicFilePath: true},
      });
      if (messages.length === 0) continue;
      count++;
      expect((await findSecrets('a.ts', text)).length, `${kind}: ${text}`).toBeGreaterThan(0);
    }
  }
  expect(count).toBeGreaterThan(20 * 25);
});

it('takes passwords in settings, code and connection strings for secrets', async () => {
  for (const [path, text] of [
    ['config.ini', 'password=Tr0ub4dor&3'],
    ['a.properties', 'db.password = kX9!mQ2z'],
    ['compose.yml', '      POSTGRES_PASSWORD: n7Rk2pQx'],
    ['README.md', 'export DB_PASSWD=n7Rk2pQx'],
    ['a.py', 'DB_PASSWORD = "n7Rk2pQx!"'],
    ['a.ts', "connect({user: 'app', password: 'n7Rk2pQx!'})"],
    ['a.json', '{"api_key": "9f8a7c6b5d4e3f2a1b0c"}'],
    ['a.go', 'clientSecret := "d-FL95Q19q7MQmFpd7hHD0Ty"'],
    ['a.txt', 'postgres://app:n7Rk2pQx@db.internal.acme.com:5432/main'],
    ['a.txt', 'redis://:n7Rk2pQx9@cache.acme.com:6379'],
    ['a.http', 'Authorization: Basic YWRtaW46bjdSazJwUXg5'],
  ] as const) {
    expect((await findSecrets(path, text)).length, text).toBe(1);
  }
});

it('takes whatever opens a door for a secret, however weak, in every kind of file where it can stand', async () => {
  const body = (kind: string, text: string): string =>
    `-----BEGIN ${kind}PRIVATE KEY-----\n${text}\n-----END ${kind}PRIVATE KEY-----`;
  const everywhere = [
    'https://bob:Xk29sLq8WzT3@example.com/repo.git',
    'https://user:k3VtQz81LmWp09Ys@git.example.com/x.git',
    'postgres://admin:hunter2@db.internal/prod',
    `ghp_${'a'.repeat(36)}`,
    `sk_live_${'a'.repeat(24)}`,
    'AIzaSyA1234567890abcdefghijklmnopqrstuv',
    'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
    'AKIA1111111111111111',
    'password = "hunter2"',
    'password = "supersecret123"',
    "password: 'hunter2'",
    'db_password="letmein"',
    ...['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED '].flatMap(kind => [
      body(kind, 'MIIEvQIBADANBg'),
      body(kind, 'abcd'),
    ]),
    body('RSA ', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1A2B\n\nMIIEvQ'),
  ];
  const asSettings = [
    'password=hunter2',
    'password=s3cr3t',
    'password=secret123',
    'password=correct-horse-battery-staple',
    'passphrase=opensesame42',
    'PASSWORD=Secret123!',
    'DB_PASSWORD=supersecret',
    'MYSQL_ROOT_PASSWORD=root',
    'SECRET=topsecretvalue',
    'export DB_PASSWORD=hunter2',
  ];
  const settings = [
    'a.txt',
    '.env.example',
    'a.ini',
    'a.properties',
    'a.yml',
    'README.md',
    'a.sh',
    'Dockerfile',
    'a.conf',
  ];
  const code = ['a.py', 'a.ts', 'a.go'];
  const missed: string[] = [];
  const check = async (paths: readonly string[], text: string): Promise<void> => {
    for (const path of paths) {
      const found = await findSecrets(path, text);
      if (found.length === 0) missed.push(`${path}: ${text}`);
    }
  };
  for (const text of everywhere) await check([...settings, ...code, 'a.json', 'a.xml'], `x\n${text}\ny\n`);
  for (const text of asSettings) {
    await check(settings, `x\n${text}\ny\n`);
    await check(code, `# ${text}\n`);
    await check(['a.json', ...code], `run("tool --${text.replace('export ', '')} now")\n`);
  }
  await check(['a.yml'], 'services:\n  db:\n    environment:\n      - MYSQL_ROOT_PASSWORD=root\n');
  await check(['a.yml'], 'users: [{name: bob, password: hunter2}]\n');
  await check(['a.py'], 'DSN = "host=db password=hunter2 dbname=x"\n');
  expect(missed).toEqual([]);
});

it('leaves placeholders, variables, calls and names alone', async () => {
  const lines = [
    'password=changeme',
    'password = "<your password>"',
    `PASSWORD=$\{DB_PASSWORD}`,
    'token: process.env.GITHUB_TOKEN1,',
    'token = os.environ["TOKEN1"]',
    'api_key = get_key("prod1")',
    "password: 'xxxxxxxx1'",
    'secret = "my-secret-1"',
    'const token = parser.next2();',
    'tokenType = "access_token2"',
    'password_field = "password_input1"',
    'https://user:password@example.com/',
    'postgres://postgres:postgres@localhost:5432/db',
    `token: $\{{ secrets.GITHUB_TOKEN }}`,
    'apiKey: "YOUR_API_KEY_1"',
    'passwordHash = hashlib.sha256(b"x1")',
    'tokenize = tokenizer.v2',
    'secretName: tls-cert-2024',
    'AKIAIOSFODNN7EXAMPLE',
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    '-----BEGIN PRIVATE KEY----- goes here',
    'sk-...',
    'http://localhost:8080/@scope/x',
    'password_algorithm = "pbkdf2_sha256"',
    'TOKEN_URL = "/oauth2/v1/token"',
    'git@github.com:acme/x1.git',
    'mysql://root:root@localhost',
    'password=',
    'password=****',
    'PASSWORD=your-password-here',
    'password = "{{ db_password }}"',
    'password=%s',
    'password: null',
    'password: ENC[AES256_GCM,data:abc]',
    'DB_PASSWORD_FILE=/run/secrets/db_password',
    'RESET_PASSWORD = "reset_password"',
    'print(f"password={password!r}")',
    'connect(user=user, password=password2)',
    'connect(user, password=pw1)',
    'self.password = self.config.password1',
    'const pem = `-----BEGIN PRIVATE KEY-----\\n$' + '{body}\\n-----END PRIVATE KEY-----`;',
    'key = "-----BEGIN RSA PRIVATE KEY-----\\n" + body + "\\n-----END RSA PRIVATE KEY-----"',
    'postgres://<user>:<password>@<host>/db',
  ];
  for (const path of ['a.ts', 'a.yml', 'a.py', 'README.md']) {
    for (const line of lines) expect(await findSecrets(path, `${line}\n`), `${path}: ${line}`).toEqual([]);
  }
});

it('stays quick on a megabyte that was written to slow it down', async () => {
  const million = 1_000_000;
  const fill = (text: string): string => text.repeat(Math.ceil(million / text.length));
  await findSecrets('warm.ts', `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'} `);
  for (const unit of [
    'a',
    'A',
    '-',
    'password',
    'password=',
    'token:"',
    'eyJ',
    `eyJ${'a'.repeat(790)}.`,
    'ghs_1_',
    'ghs_1_a.a.',
    'SG.a.',
    '://',
    'http://a:',
    'a://a:a',
    '-----BEGIN PRIVATE KEY-----',
    'secret_access_key  ',
    'xoxb-1-',
    'sk-proj-',
    'postgres://a:',
    'Authorization: Basic ',
    'gl',
    '.',
    ' ',
    '\n',
    'x'.repeat(500),
    'é',
    'aws_',
    '_authToken=',
    'lin_api_',
    'hooks.slack.com/services/T',
  ]) {
    const text = fill(unit);
    const start = performance.now();
    await findSecrets('a.yml', text);
    expect(performance.now() - start, `time for ${unit.slice(0, 40)}`).toBeLessThan(unit.length === 1 ? 150 : 600);
  }
});

it('knows files that are held back for their name', () => {
  const held = [
    '.env',
    'a/.env.production',
    'prod.env',
    'id_rsa',
    'x/id_ed25519',
    'tls/server.pem',
    'a.p12',
    'release.keystore',
    '.netrc',
    '.htpasswd',
  ];
  for (const path of held) expect(secretNameRule(path), path).toBeDefined();
  const shown = [
    '.env.example',
    '.env.sample',
    '.env.template',
    'env.ts',
    'environment.md',
    'id_rsa.pub',
    '.npmrc',
    'keys.ts',
  ];
  for (const path of shown) expect(secretNameRule(path), path).toBeUndefined();
});

it('masks secrets by rule and keeps the rest', async () => {
  const token = kinds['github-classic']!();
  expect(await maskSecrets(`Use ${token} now, and ${token}.`)).toMatch(
    /^Use \[held back: [\w-]+\] now, and \[held back: [\w-]+\]\.$/,
  );
  expect(await maskSecrets('Nothing here.')).toBe('Nothing here.');
});

let state = 42;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
function some(alphabet: string, count: number): string {
  return Array.from({length: count}, () => alphabet[random(alphabet.length)]).join('');
}
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const lower = upper.toLowerCase();
const digits = '0123456789';
const word = upper + lower + digits;
const hex = `${digits}abcdef`;
const base64 = `${word}+/`;
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\\n${Array.from({length: 6}, () => some(base64, 64)).join('\\n')}\\n-----END ${kind}PRIVATE KEY-----`;
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const kinds: Record<string, () => string> = {
  'aws-access-key': () => `AKIA${some(upper + digits, 16)}`,
  'github-classic': () => `ghp_${some(word, 36)}`,
  'github-oauth': () => `gho_${some(word, 36)}`,
  'github-fine-grained': () => `github_pat_${some(word, 22)}_${some(word, 59)}`,
  gitlab: () => `glpat-${some(word, 20)}`,
  'gitlab-trigger': () => `glptt-${some(hex, 40)}`,
  npm: () => `npm_${some(word, 36)}`,
  pypi: () => `pypi-AgEIcHlwaS5vcmc${some(`${word}-_`, 120)}`,
  'slack-bot': () => `xoxb-${some(digits, 12)}-${some(digits, 12)}-${some(word, 24)}`,
  'slack-webhook': () =>
    `https://hooks.slack.com/services/T${some(upper + digits, 8)}/B${some(upper + digits, 8)}/${some(word, 24)}`,
  'stripe-live': () => `sk_live_${some(word, 24)}`,
  'stripe-restricted': () => `rk_live_${some(word, 24)}`,
  'google-api': () => `AIza${some(`${word}-_`, 34)}a`,
  'google-oauth': () => `GOCSPX-${some(`${word}-_`, 28)}`,
  openai: () => `sk-proj-${some(word, 58)}T3BlbkFJ${some(word, 58)}`,
  'openai-old': () => `sk-${some(word, 20)}T3BlbkFJ${some(word, 20)}`,
  anthropic: () => `sk-ant-api03-${some(`${word}-_`, 93)}AA`,
  sendgrid: () => `SG.${some(word, 22)}.${some(word, 43)}`,
  twilio: () => `SK${some(hex, 32)}`,
  mailgun: () => `key-${some(hex, 32)}`,
  'azure-storage': () => `AccountKey=${some(base64, 86)}==`,
  jwt: () =>
    `${encoded({alg: 'HS256', typ: 'JWT'})}.${encoded({sub: some(digits, 10), iat: 1516239022})}.${some(`${word}-_`, 43)}`,
  'private-key-pkcs8': () => pem(''),
  'private-key-rsa': () => pem('RSA '),
  'private-key-ec': () => pem('EC '),
  'private-key-openssh': () => pem('OPENSSH '),
  telegram: () => `${some('123456789', 9)}:AA${some(`${word}-_`, 32)}a`,
  digitalocean: () => `dop_v1_${some(hex, 64)}`,
  huggingface: () => `hf_${some(upper + lower, 34)}`,
  shopify: () => `shpat_${some(hex, 32)}`,
  databricks: () => `dapi${some(hex, 32)}`,
  'postgres-login': () => `postgresql://app:${some(word, 12)}7a@db${random(9)}.acme.io:5432/main`,
  'http-login': () => `https://deploy:${some(word, 14)}7a@git.acme.io/x.git`,
  'vault-service': () => `hvs.${some(word, 95)}`,
};

const presetKinds: Record<string, () => string> = {
  groq: () => `gsk_${some(word, 52)}`,
  linear: () => `lin_api_${some(word, 40)}`,
  notion: () => `ntn_${some(digits, 11)}${some(word, 35)}`,
  stripeTest: () => `sk_test_${some(word, 24)}`,
  app: () => `ghs_123456_${some(word, 40)}.${some(word, 80)}.${some(word, 40)}`,
  grafanaCloud: () => `glc_${some(word, 60)}`,
  grafanaService: () => `glsa_${some(word, 32)}_${some(hex, 8)}`,
  onePassword: () =>
    `ops_${Buffer.from(JSON.stringify({signInAddress: 'a.b', key: some(word, 102)})).toString('base64')}`,
  mongodb: () => `mongodb+srv://app:${some(word, 12)}7a@c.acme.mongodb.net/main`,
  mysql: () => `jdbc:MYSQL://app:${some(word, 12)}7a@db.acme.io/main`,
  vaultBatch: () => `hvb.${some(word, 150)}`,
  vaultRecovery: () => `hvr.${some(word, 95)}`,
  vercel: () => `vcp_${some(word, 40)}`,
  docker: () => `dckr_pat_${some(word, 27)}`,
  figma: () => `figd_${some(word, 43)}`,
  cloudflare: () => `cfut_${some(word, 40)}${some(hex, 8)}`,
  tailscale: () => `tskey-auth-${some(word, 16)}-${some(word, 32)}`,
  xoauth: () => `https://${some(word, 40)}:x-oauth-basic@github.com/`,
  npmrc: () => `//registry.npmjs.org/:_authToken=${some(word, 36)}`,
  awsSecret: () => `aws_secret_access_key = ${some(word, 40)}`,
};

function placesFor(secret: string): [string, string][] {
  return [
    ['src/client.ts', `// one\n\nconst client = connect("${secret}");\n`],
    ['deploy/values.yaml', `a: 1\nb: 2\nvalue: ${secret}\n`],
    ['docs/setup.md', `# Set-up\n\nThen use \`${secret}\` to log in.\n`],
  ];
}
