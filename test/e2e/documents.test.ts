import {existsSync, readFileSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type Command, CommanderError} from 'commander';
import {describe, expect, it} from 'vitest';
import {processIo} from '../../src/cli/io.ts';
import {createProgram} from '../../src/cli/program.ts';
import {parseModelsFile} from '../../src/config/models-file.ts';
import {parseTaskConfiguration} from '../../src/config/task-configuration.ts';
import {OrchestratorError} from '../../src/domain/errors.ts';
import {resultRowSchema} from '../../src/report/results-schema.ts';
import {loadSkill} from '../../src/skills/load-skill.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {findCommandLines, readDocuments, root} from '../support/documents.ts';

const documents = readDocuments();

describe('the documents', () => {
  it('quote only command lines that orchestrator takes', async () => {
    const wrong: string[] = [];
    let checked = 0;
    for (const {file, fences, spans} of documents) {
      const shells = [...fences.filter(({language}) => language !== 'markdown').map(({text}) => text), ...spans];
      for (const words of shells.flatMap(findCommandLines)) {
        checked++;
        const problem = await problemOf(words);
        if (problem !== undefined) wrong.push(`${file}: orchestrator ${words.join(' ')}: ${problem}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });

  it('finds out about a command and an option that do not exist', async () => {
    expect(await problemOf(['rnu', '--config', 'a.json'])).toContain('rnu');
    expect(await problemOf(['logs', '--folow'])).toContain('--folow');
    expect(await problemOf(['--config', 'a.json', '--dry-rnu'])).toContain('--dry-rnu');
  });

  it('show examples in the help of every command, below others too', () => {
    const visit = (command: Command, words: readonly string[]): string[] => {
      const said: string[] = [];
      command.configureOutput({writeOut: text => void said.push(text)}).outputHelp();
      const help = said.join('');
      const lacks = /^Examples:\n {2}(?:orchestrator|nohup)/m.test(help) ? [] : [words.join(' ')];
      return [...lacks, ...command.commands.flatMap(child => visit(child, [...words, child.name()]))];
    };
    expect(visit(createQuietProgram(), ['orchestrator'])).toEqual([]);
  });

  it('name every command in the README', () => {
    const {text} = documents.find(({file}) => file === 'README.md')!;
    for (const command of createQuietProgram().commands)
      expect(text).toMatch(new RegExp(`\`(orchestrator )?\\[?${command.name()}\\]?\``));
  });

  it('link only to what is there', () => {
    const broken: string[] = [];
    for (const {file, text} of documents) {
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        const [relative = '', anchor] = target!.split('#');
        const absolute = relative === '' ? path.join(root, file) : path.resolve(root, path.dirname(file), relative);
        if (!existsSync(absolute)) broken.push(`${file}: ${target}`);
        else if (anchor !== undefined && !anchorsOf(absolute).includes(anchor)) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('show task configurations and models files that are valid', () => {
    let checked = 0;
    for (const {file, fences} of documents) {
      for (const {language, text} of fences) {
        if (!language.startsWith('json')) continue;
        if (text.includes('"tasks"')) expect(parseTaskConfiguration(text, file).problems).toEqual([]);
        else if (/"(?:providers|prices)"/.test(text)) expect(parseModelsFile(text, file).problems).toEqual([]);
        else if (text.includes('"output_file"'))
          expect(resultRowSchema.safeParse(JSON.parse(text)).error).toBeUndefined();
        else continue;
        checked++;
      }
    }
    expect(checked).toBeGreaterThanOrEqual(5);
  });

  it('show a skill that can be used', async () => {
    const {fences} = documents.find(({file}) => file === 'docs/guide/write-a-skill.md')!;
    const text = fences.find(({language}) => language === 'markdown')!.text;
    await using directory = await makeTemporaryDirectory();
    const folder = path.join(directory.path, 'licence-notes');
    await mkdir(folder);
    await writeFile(path.join(folder, 'SKILL.md'), text);
    const {skill, problems} = loadSkill(folder, {source: 'operator'});
    expect(problems).toBeUndefined();
    expect(skill).toMatchObject({
      output: 'LICENCES.md',
      checks: {mustContain: ['## Dependencies'], maxCharacters: 20000},
    });
  });

  it('show cron and systemd as the examples have them', () => {
    const {fences} = documents.find(({file}) => file === 'docs/guide/unattended.md')!;
    const shown = fences
      .filter(({language}) => language === 'ini' || language === 'cron')
      .map(({text}) => withoutComments(text));
    const examples = ['cron/crontab', 'systemd/orchestrator.service', 'systemd/orchestrator.timer'];
    expect(shown).toEqual(
      examples.map(name => withoutComments(readFileSync(path.join(root, 'examples', name), 'utf8'))),
    );
  });

  it('keep the README under 200 lines', () => {
    expect(documents.find(({file}) => file === 'README.md')!.text.split('\n').length).toBeLessThan(200);
  });
});

function createQuietProgram(): Command {
  const program = createProgram({...processIo(), out: () => {}, err: () => {}}, () => {});
  silence(program);
  return program;
}

function silence(command: Command): void {
  command.action(() => {});
  for (const inner of command.commands) silence(inner);
}

/** What commander says about the words, without running anything. */
async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const program = createQuietProgram();
  const [first] = words;
  // Stands for any command, as in `orchestrator COMMAND --help`, or for the run that may be left out.
  if (first === undefined || /^[A-Z]+$|^\[run\]$/.test(first)) return undefined;
  if (!first.startsWith('-') && !program.commands.some(command => command.name() === first))
    return `no command ${first}`;
  try {
    await program.parseAsync([...words], {from: 'user'});
    return undefined;
  } catch (error) {
    if (error instanceof OrchestratorError) return error.message;
    if (!(error instanceof CommanderError)) throw error;
    // A span that only names a command leaves its argument out.
    const isOnlyName = error.code === 'commander.missingArgument' && words.length === 1;
    return error.exitCode === 0 || isOnlyName ? undefined : error.message;
  }
}

function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .join('\n');
}
