import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {wellKnownForges} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {SandboxTier} from '../domain/sandbox.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {type FoundSkill, type PromptTools, type ShownPrompt, showPrompt} from '../run/show-prompt.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {loadSkill} from '../skills/load-skill.ts';
import {unpackSkill} from '../skills/skill-content.ts';
import type {Env} from './env.ts';
import type {RunPlaces} from './open-modes.ts';
import {openMirrors} from './remote-git.ts';
import {noRun, openRepoTools, type RepoTools} from './repo-tools.ts';

export interface ReadPromptOptions {
  readonly ledger: PromptTools['ledger'];
  readonly stateDir: string;
  readonly env: Env;
  /** The queue, whose database keeps the skills of its runs. */
  readonly queue?: string;
}

/** What was sent for a job of a recorded run. Asks no model and no remote, and leaves nothing behind. */
export async function readPrompt(
  run: Pick<RunRecord, 'id' | 'settings'>,
  record: JobRecord,
  options: ReadPromptOptions,
): Promise<ShownPrompt> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-prompt-'));
  const forges = wellKnownForges;
  const repos = await openRepoTools(scratch, [record.job], placesOf(record), {env: options.env, forges});
  try {
    const {skills = []} = run.settings as Partial<RunSettings>;
    return await showPrompt(run.id, record, {
      ledger: options.ledger,
      mode: repos.mode,
      openRepo: (job, commit) => openKept(repos, job, commit, options),
      skill: name =>
        findSkill(
          skills.find(skill => skill.name === name),
          scratch,
          options.queue,
        ),
    });
  } finally {
    await repos.close();
    rmSync(scratch, {recursive: true, force: true});
  }
}

/** A repo that is known by its url is read as it was fetched last. */
async function openKept(
  repos: RepoTools,
  job: Job,
  commit: string | undefined,
  {stateDir, env}: ReadPromptOptions,
): ReturnType<RepoTools['openRepo']> {
  if (job.path !== undefined) return await repos.openRepo(job, commit);
  const mirrors = await openMirrors(stateDir, {env, forges: wellKnownForges});
  const kept = mirrors.kept(job.url ?? '', job.branch);
  if (kept === undefined) throw new JobFailure('path-missing', 'the repo was not fetched on this machine');
  return await repos.openRepo({...job, path: kept}, commit);
}

async function findSkill(
  planned: RunSettings['skills'][number] | undefined,
  scratch: string,
  queue: string | undefined,
): Promise<FoundSkill> {
  if (planned === undefined) return {problem: 'the run does not say where it was'};
  const {skill, problems} = loadSkill(planned.directory, {source: 'operator'});
  if (skill?.digest === planned.digest) return {skill};
  const kept = queue === undefined ? undefined : await skillOfQueue(queue, planned.digest, scratch);
  if (kept !== undefined) return {skill: kept};
  if (skill === undefined) return {problem: problems?.[0]?.message ?? planned.directory};
  return {skill, planned: planned.digest};
}

async function skillOfQueue(queue: string, digest: string, scratch: string) {
  const [{openPostgres}, {createSharedLedger}, {systemClock}] = await Promise.all([
    import('../ledger/postgres.ts'),
    import('../ledger/sql-shared-ledger.ts'),
    import('../util/clock.ts'),
  ]);
  const ledger = createSharedLedger(await openPostgres(queue, {clock: systemClock}), systemClock);
  try {
    const content = await ledger.skill(digest);
    return content === undefined ? undefined : unpackSkill(content, path.join(scratch, 'skills'));
  } finally {
    await ledger.close();
  }
}

/** An agent is offered commands where it had a sandbox; nothing runs in this one. */
function placesOf({detail}: JobRecord): RunPlaces {
  const used = detail?.sandbox;
  return used === undefined || used === 'none'
    ? noRun
    : {...noRun, sandbox: sandboxToName(used, detail?.network?.allowed)};
}

function sandboxToName(tier: SandboxTier, network: readonly string[] | undefined): Sandbox {
  return {
    tier,
    ...(network === undefined ? {} : {network}),
    seenAt: ({at}) => at,
    run: () => Promise.reject(new Error('nothing is run for whoever only looks')),
  };
}
