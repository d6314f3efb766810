import {readFileSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {writeAtomically} from '../../util/write-atomically.ts';

export const schedulers = ['systemd', 'cron', 'launchd', 'github-actions'] as const;
export type Scheduler = (typeof schedulers)[number];

/** A schedule that this machine's scheduler has. */
export interface Schedule {
  readonly id: string;
  readonly cron: string;
  readonly zone: string;
  readonly as: Scheduler;
  /** Absolute path of the task configuration. */
  readonly config: string;
  /** What its runs claim, so that they can be told from others. */
  readonly claim: string;
  readonly files: readonly string[];
  /** Milliseconds since 1970. */
  readonly installedAt: number;
}

function fileOf(stateDir: string): string {
  return path.join(stateDir, 'schedules.json');
}

/** @throws OrchestratorError when the list is damaged. */
export function readSchedules(stateDir: string): Schedule[] {
  let text: string;
  try {
    text = readFileSync(fileOf(stateDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const list = JSON.parse(text) as unknown;
    if (Array.isArray(list) && list.every(isSchedule)) return list;
    throw new TypeError('this is no list of schedules');
  } catch (error) {
    throw new OrchestratorError('schedules-damaged', `${fileOf(stateDir)} is damaged`, {
      hint: 'remove it, and install the schedules again',
      cause: error,
    });
  }
}

export async function writeSchedules(stateDir: string, schedules: readonly Schedule[]): Promise<void> {
  makeFolder(stateDir, 0o700);
  await writeAtomically(fileOf(stateDir), `${JSON.stringify(schedules, undefined, 2)}\n`, {durable: true});
}

function isSchedule(value: unknown): value is Schedule {
  const {files, installedAt, as, ...texts} = (value ?? {}) as Partial<Schedule>;
  const {id, cron, zone, config, claim} = texts;
  return (
    [id, cron, zone, config, claim].every(text => typeof text === 'string') &&
    schedulers.some(known => known === as) &&
    Array.isArray(files) &&
    typeof installedAt === 'number'
  );
}
