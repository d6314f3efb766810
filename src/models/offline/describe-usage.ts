import type {Values} from './fill-template.ts';
import type {Command} from './manifest.ts';
import {bullets, code, codeBlock, escapeText, linkTo, table} from './markdown.ts';
import type {Sighting} from './read-code.ts';
import type {RepoFacts} from './repo-facts.ts';

/** How to install, start, configure and work on it: only commands that manifests and scripts give. */
export function describeUsage(facts: RepoFacts): Values {
  return {
    install: install(facts),
    usage: usage(facts),
    configuration: configuration(facts),
    development: development(facts),
    license: license(facts),
  };
}

function install(facts: RepoFacts): string {
  const requires = facts.manifests.flatMap(manifest => manifest.requires ?? []);
  const commands = facts.commands
    .filter(({kind}) => kind === 'install' || kind === 'build')
    .map(({command}) => command);
  const needs = requires.length === 0 ? '' : `It needs ${requires.map(text => escapeText(text, 80)).join(' and ')}.`;
  const steps = commands.length === 0 ? '' : `In a checkout of this repository:\n\n${codeBlock(commands, 'sh')}`;
  const nothing = needs !== '' && steps === '' ? ' There is nothing to install or build.' : '';
  return [needs + nothing, steps]
    .filter(part => part !== '')
    .join(' ')
    .replace('. In a', '.\n\nIn a');
}

function usage(facts: RepoFacts): string {
  const run = facts.commands.filter(({kind}) => kind === 'run').map(({command}) => command);
  const {usage: lines, routes} = facts.code;
  // a usage line already names options about which nothing more is known
  const options = facts.code.options.filter(({detail}) => detail !== undefined || lines.length === 0);
  const isPage = facts.paths.includes('index.html') && run.length === 0;
  return [
    run.length === 0 ? '' : codeBlock(run, 'sh'),
    isPage ? `The page is ${linkTo('index.html')}; open it through any web server.` : '',
    lines.length === 0
      ? ''
      : `Its usage:\n\n${codeBlock(
          lines.slice(0, 5).map(({name}) => name),
          'text',
        )}`,
    describeOptions(options),
    routes.length === 0
      ? ''
      : `It answers:\n\n${bullets(routes.map(({name, path, line}) => `${code(name)} (${code(`${path}:${line}`)})`))}`,
  ]
    .filter(part => part !== '')
    .join('\n\n');
}

/** A short list stands here; a long one belongs to the commands that have it, and is named by its place. */
function describeOptions(options: readonly Sighting[]): string {
  if (options.length === 0) return '';
  if (options.length > 15) {
    const places = [...new Set(options.map(({path}) => path))].slice(0, 5);
    return `Its options are defined in ${places.map(path => code(path)).join(', ')}.`;
  }
  return table(
    ['Option', 'Meaning'],
    options.map(({name, detail}) => [code(name), escapeText(detail ?? '', 200)]),
  );
}

function configuration(facts: RepoFacts): string {
  const {environment} = facts.code;
  if (environment.length === 0) return '';
  return table(
    ['Environment variable', 'Read in'],
    environment.map(({name, path, line}) => [code(name), code(`${path}:${line}`)]),
  );
}

function development(facts: RepoFacts): string {
  const commands = facts.commands.filter(({kind}) => kind === 'test' || kind === 'other').slice(0, 30);
  if (commands.length === 0) return '';
  return table(
    ['Command', 'What it does'],
    commands.map(({command, note, kind}) => [
      code(command),
      note === undefined ? purposeOf(command, kind) : noteText(note),
    ]),
  );
}

function purposeOf(command: string, kind: Command['kind']): string {
  if (kind === 'test') return 'run the tests';
  const known = Object.entries(purposes).find(([word]) => command.endsWith(` ${word}`));
  return known?.[1] ?? '';
}

const purposes = {
  clean: 'remove what was built',
  lint: 'look for mistakes',
  format: 'format the code',
  docs: 'build the documentation',
};

/** A script is code, a comment is prose. */
function noteText(note: string): string {
  return /^[A-Za-z][\w,'’ -]{6,}\.?$/.test(note) && !/ -|--/.test(note) ? escapeText(note, 160) : code(note, 160);
}

function license(facts: RepoFacts): string {
  if (facts.license === undefined) return '';
  const {name, path, saidBy} = facts.license;
  if (path !== undefined)
    return name === undefined ? `See ${linkTo(path)}.` : `${escapeText(name, 60)}; see ${linkTo(path)}.`;
  return `${escapeText(name!, 60)}, as ${code(saidBy!)} says.`;
}
