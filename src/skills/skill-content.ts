import {existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import type {Skill, SkillContent} from '../domain/skill.ts';
import {loadSkill} from './load-skill.ts';
import {readSkillFolder} from './read-skill-folder.ts';

/** Every file of a loaded skill. Throws when the folder is not as it was when it was loaded. */
export function packSkill(skill: Skill): SkillContent {
  const {folder, fault} = readSkillFolder(skill.directory);
  if (folder === undefined || folder.digest !== skill.digest) {
    throw new OrchestratorError(
      'skill-changed',
      `skill "${skill.name}" ${fault ?? 'changed while the run was planned'}`,
      {
        hint: 'start the run again',
      },
    );
  }
  const files = Object.fromEntries([...folder.files].map(([file, bytes]) => [file, bytes.toString('base64')]));
  return {digest: skill.digest, name: skill.name, source: skill.source, files};
}

/** Makes the folder of a skill below `directory`, unless it is there, and loads it. */
export function unpackSkill(content: SkillContent, directory: string): Skill {
  const place = path.join(directory, content.digest);
  const folder = path.join(place, content.name);
  if (!existsSync(folder)) {
    mkdirSync(directory, {recursive: true, mode: 0o700});
    const aside = mkdtempSync(path.join(directory, '.new-'));
    for (const [file, bytes] of Object.entries(content.files)) {
      const target = path.join(aside, content.name, file);
      if (!target.startsWith(path.join(aside, content.name) + path.sep)) throw damaged(content);
      mkdirSync(path.dirname(target), {recursive: true});
      // Scripts are started by their own first line, or by an interpreter.
      writeFileSync(target, Buffer.from(bytes, 'base64'), {mode: 0o755});
    }
    try {
      renameSync(aside, place);
    } catch (error) {
      // Another job of this machine was quicker.
      rmSync(aside, {recursive: true, force: true});
      if (!existsSync(folder)) throw error;
    }
  }
  const {skill} = loadSkill(folder, {source: content.source});
  if (skill === undefined || skill.digest !== content.digest) {
    rmSync(place, {recursive: true, force: true});
    throw damaged(content);
  }
  return skill;
}

function damaged({name, digest}: SkillContent): OrchestratorError {
  return new OrchestratorError(
    'skill-damaged',
    `skill "${name}" (${digest.slice(0, 12)}) came damaged from the queue`,
    {
      hint: 'start the run again',
    },
  );
}
