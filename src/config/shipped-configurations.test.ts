import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv} from 'ajv';
import {expect, it} from 'vitest';
import {parseJsonc} from '../util/jsonc-document.ts';
import {parseModelsFile} from './models-file.ts';
import {settingsSchema} from './settings-schema.ts';
import {parseTaskConfiguration} from './task-configuration.ts';
import {taskConfigurationSchema} from './task-schema.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const files = [
  ['config/tasks.example.json', 'schema/tasks.schema.json'],
  ['config/overnight.json', 'schema/tasks.schema.json'],
  ['config/quick.json', 'schema/tasks.schema.json'],
  ['config/production.json', 'schema/tasks.schema.json'],
  ['config/repos.json', 'schema/repos.schema.json'],
  ['config/models.json', 'schema/models.schema.json'],
] as const;

it.each(files)('%s holds against %s', (file, schema) => {
  const ajv = new Ajv({strict: false, allErrors: true});
  const {value, faults} = parseJsonc(read(file));
  expect(faults).toEqual([]);
  ajv.validate(JSON.parse(read(schema)), value);
  expect(ajv.errors ?? []).toEqual([]);
  expect(path.resolve(root, 'config', (value as {$schema: string}).$schema)).toBe(path.join(root, schema));
});

it('accepts what it ships', () => {
  for (const [file, schema] of files) {
    if (schema === 'schema/tasks.schema.json') expect(parseTaskConfiguration(read(file), file).problems).toEqual([]);
  }
  expect(parseModelsFile(read('config/models.json'), 'models.json').problems).toEqual([]);
});

it('shows every option in the example', () => {
  const text = read('config/tasks.example.json');
  const keys = [
    ...Object.keys(taskConfigurationSchema.shape.tasks.element.shape),
    ...Object.keys(settingsSchema.shape),
  ];
  expect(keys.filter(key => !text.includes(`"${key}"`))).toEqual([]);
});

it('has schemas that refuse what the program refuses', () => {
  const ajv = new Ajv({strict: false});
  const accepts = ajv.compile(JSON.parse(read('schema/tasks.schema.json')));
  const task = {name: 'a', skill: 's'};
  expect(accepts({tasks: [{...task, group: 'all'}]})).toBe(true);
  for (const wrong of [
    {...task},
    {...task, group: 'all', tag: 't'},
    {...task, grup: 'all'},
    {...task, group: 'all', output: '../x'},
  ]) {
    expect(accepts({tasks: [wrong]})).toBe(false);
  }
});

it('describes every key, for editors', () => {
  const missing: string[] = [];
  const visit = (node: unknown, at: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const {properties} = node as {properties?: Record<string, {description?: string}>};
    for (const [key, value] of Object.entries(properties ?? {}))
      if (value.description === undefined) missing.push(`${at}/${key}`);
    for (const [key, value] of Object.entries(node)) visit(value, `${at}/${key}`);
  };
  for (const name of ['tasks', 'repos', 'models']) visit(JSON.parse(read(`schema/${name}.schema.json`)), name);
  expect(missing).toEqual([]);
});

it('keeps generated files up to date', () => {
  execFileSync(process.execPath, [path.join(root, 'scripts/generate.ts'), '--check'], {stdio: 'pipe'});
});
