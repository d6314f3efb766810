import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {openSkillLibrary} from './skill-library.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'skill-library-')));
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

function makeSkill(directory: string, text?: string): void {
  const name = path.basename(directory);
  mkdirSync(path.join(root, directory), {recursive: true});
  writeFileSync(
    path.join(root, directory, 'SKILL.md'),
    text ?? `---\nname: ${name}\ndescription: From ${directory}.\n---\nDo it.\n`,
  );
}

function open(extraDirs: string[] = []) {
  const at = (name: string): string => path.join(root, name);
  return openSkillLibrary({cwd: at('cwd'), home: at('home'), extraDirs: extraDirs.map(at), shippedDir: at('shipped')});
}

it('searches in order; the first one with a name wins', () => {
  const places = [
    'extra',
    'cwd/skills',
    'cwd/.agents/skills',
    'cwd/.claude/skills',
    'home/.agents/skills',
    'home/.claude/skills',
    'shipped',
  ];
  for (const [index, place] of places.entries()) {
    for (let skill = 0; skill <= index; skill++) makeSkill(`${place}/skill-${skill}`);
  }
  const found = open(['extra']).list();
  expect(found.map(skill => skill.description)).toEqual(places.map((place, index) => `From ${place}/skill-${index}.`));
  expect(found.map(skill => skill.source)).toEqual([...places.slice(1).map(() => 'operator'), 'shipped']);
});

it('takes a folder of one skill as well as a folder of skills', () => {
  makeSkill('one/alone');
  makeSkill('many/a');
  makeSkill('many/b');
  expect(open(['one/alone', 'many', 'nope']).names()).toEqual(['a', 'alone', 'b']);
});

it('lists a broken skill with its problem, and refuses it only when it is asked for', () => {
  makeSkill('cwd/skills/broken', '---\nname: broken\n---\nx');
  makeSkill('shipped/broken');
  makeSkill('shipped/fine');
  const library = open();
  const [broken, fine] = library.list();
  expect(broken).toMatchObject({name: 'broken', source: 'operator'});
  expect(broken?.problem).toContain('skills/broken/SKILL.md:1:1 description — "description" is missing');
  expect(fine).toMatchObject({name: 'fine', source: 'shipped', description: 'From shipped/fine.'});
  expect(library.load('fine').skill?.directory).toBe(path.join(root, 'shipped/fine'));
  expect(library.load('broken').problem?.message).toContain('the skill "broken" cannot be used');
});

it('guesses what was meant', () => {
  makeSkill('shipped/readme-generator');
  makeSkill('shipped/journal');
  expect(open().load('readme-genrator').problem).toEqual({
    message: 'no skill "readme-genrator"',
    hint: 'did you mean "readme-generator"?',
  });
  expect(open().load('zzz').problem?.hint).toBe('skills are "journal", "readme-generator"');
});
