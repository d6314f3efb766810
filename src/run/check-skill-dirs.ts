import path from 'node:path';
import type {Settings} from '../config/settings.ts';
import type {Problem} from '../domain/problem.ts';
import {isDirectory} from '../fleet/find-repos.ts';
import {quote} from '../util/jsonc-document.ts';
import type {ConfigurationSource} from './configuration-source.ts';

/** Folders of skills that were named have to be there; the usual places need not. */
export function checkSkillDirs(settings: Settings, base: ConfigurationSource, problems: Problem[]): void {
  const fromConfig = base.written.settings?.skills?.length ?? 0;
  for (const [index, directory] of settings.skillDirs.entries()) {
    // One that is not absolute holds a variable without a value, which is said already.
    if (!path.isAbsolute(directory) || isDirectory(directory)) continue;
    const message = `the folder ${quote(directory)} does not exist`;
    problems.push(
      index < fromConfig ? base.problemAt(['settings', 'skills', index], {message}) : {path: '--skills-dir', message},
    );
  }
}
