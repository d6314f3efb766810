import {expect, it} from 'vitest';
import {defaultSandboxSettings} from '../domain/sandbox.ts';
import {sandboxSchema, toSandboxSettings} from './sandbox-schema.ts';

it('what is not written is the default', () => {
  expect(toSandboxSettings(sandboxSchema.parse({}))).toEqual(defaultSandboxSettings);
});

it('counts megabytes', () => {
  const written = {minimum: 'external', memory_mb: 512, disk_mb: 100, processes: 64, uid: 4000, tools: ['/opt/go']};
  expect(toSandboxSettings(sandboxSchema.parse(written))).toMatchObject({
    ...{minimum: 'external', uid: 4000, tools: ['/opt/go']},
    limits: {memoryBytes: 512 * 1024 ** 2, diskBytes: 100 * 1024 ** 2, processes: 64},
  });
});

it.each([
  [{network: ['https://github.com']}, 'expected a host without'],
  [{network: ['*']}, 'would be every host'],
  [{network: 'github.com'}, 'expected array'],
  [{minimum: 'none'}, 'strong'],
  [{uid: 0}, '>=1'],
  [{memory_mb: 1}, '>=64'],
])('refuses %j', (written, message) => {
  expect(JSON.stringify(sandboxSchema.safeParse(written).error?.issues)).toContain(message);
});

it('keeps hosts as they are compared, each once', () => {
  const network = ['Registry.npmjs.org:443', 'registry.npmjs.org', '127.0.0.1:4873', '*.Example.org'];
  expect(toSandboxSettings(sandboxSchema.parse({network})).network).toEqual([
    'registry.npmjs.org',
    '127.0.0.1:4873',
    '*.example.org',
  ]);
});

it.each(['/', '~', '~/', '/home', '/home/me', '/root', '/etc/', '/tmp', 'relative', '/proc'])(
  'takes %j for no tool',
  tool => {
    expect(sandboxSchema.safeParse({tools: [tool]}).success).toBe(false);
  },
);

it.each(['/opt/go', '~/.pyenv', '$GOROOT', '/home/me/.rustup/toolchains/stable'])('takes %j for a tool', tool => {
  expect(sandboxSchema.safeParse({tools: [tool]}).success).toBe(true);
});
