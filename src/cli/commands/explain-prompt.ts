import {nameHeldBack} from '../../domain/context.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {jobLabel} from '../../domain/job.ts';
import type {JobRecord, RunRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {readPrompt} from '../../orchestrator/read-prompt.ts';
import type {ShownPrompt} from '../../run/show-prompt.ts';
import {escapeBlock, escapeLine} from '../../util/escape-text.ts';
import {localDate} from '../../util/local-time.ts';
import {quoteText} from '../../util/quote-text.ts';
import {chooseJobs} from '../choose-jobs.ts';
import {withAnyLedger} from '../existing-ledger.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {openPlaces} from '../places.ts';
import type {ExplainOptions} from './explain.ts';

/** Prints the text that is sent for one job, byte for byte: as it would be now, or as it was in a run. Calls no model. */
export async function explainPrompt(io: Io, repo: string, options: ExplainOptions): Promise<number> {
  return await withAnyLedger(io, async ledger => {
    const {run, record} =
      options.run === undefined
        ? await planOne(io, repo, options, ledger)
        : await findOne(repo, options.run, options.skill, ledger);
    const {stateDir, env, queue} = io;
    const shown = await readPrompt(run, record, {ledger, stateDir, env, ...(queue === undefined ? {} : {queue})});
    if (options.json) io.out(`${JSON.stringify(toJson(record, shown), undefined, 2)}\n`);
    else print(io, shown);
    return shown.kind === 'none' ? 1 : 0;
  });
}

interface OneJob {
  readonly run: Pick<RunRecord, 'id' | 'settings'>;
  readonly record: JobRecord;
}

/** The job as a run that starts now would have it. */
async function planOne(io: Io, repo: string, options: ExplainOptions, ledger: Ledger): Promise<OneJob> {
  const history = (await ledger.jobsOfRepo(repo, 500)).filter(
    ({job}) => options.skill === undefined || job.skill === options.skill,
  );
  const job = only(await chooseJobs(io, repo, options, history, ledger), ({skill}) => skill, repo);
  const {skill, problem} = openPlaces(io, options).skills().load(job.skill);
  if (skill === undefined) throw new OrchestratorError('unknown-skill', problem.message);
  return {
    run: {id: '', settings: {skills: [skill]}},
    record: {job: {...job, date: localDate(new Date())}, state: 'pending'},
  };
}

async function findOne(repo: string, id: string, skill: string | undefined, ledger: Ledger): Promise<OneJob> {
  const run = await findRun(ledger, id, () => false, '');
  const records = (await ledger.jobs(run.id)).filter(
    ({job}) => job.repo === repo && (skill === undefined || job.skill === skill),
  );
  return {run, record: only(records, ({job}) => job.skill, repo)};
}

function only<Found>(all: readonly Found[], skillOf: (found: Found) => string, repo: string): Found {
  const [first, ...others] = all;
  if (first !== undefined && others.length === 0) return first;
  throw new OrchestratorError(
    'bad-flag',
    `--prompt shows one job, and ${quoteText(repo)} has ${all.length}`,
    first === undefined
      ? {hint: 'see: orchestrator history'}
      : {hint: `choose with --skill: ${all.map(skillOf).join(', ')}`},
  );
}

/** stdout holds the text alone; to a terminal nothing in it may act. */
function print(io: Io, {kind, notes, request, digest, leftOut}: ShownPrompt): void {
  for (const note of notes) io.err(`${escapeLine(note)}\n`);
  for (const file of nameHeldBack(leftOut)) io.err(`held back: ${escapeLine(file)}\n`);
  if (kind === 'exact') io.err(`exactly what was sent: digest ${digest}\n`);
  if (request === undefined) return;
  const tools = request.tools === undefined ? '' : `\n${JSON.stringify(request.tools, undefined, 2)}\n`;
  const text = `${request.system}\n\n${request.prompt}\n${tools}`;
  if (io.outIsTerminal) io.out(escapeBlock(text));
  else (io.outExact ?? io.out)(text);
}

function toJson({job}: JobRecord, shown: ShownPrompt): Record<string, unknown> {
  const {kind, notes, request, digest, sentDigest, commit, files, leftOut} = shown;
  return {
    job: jobLabel(job),
    kind,
    notes,
    commit: commit ?? null,
    digest: digest ?? null,
    sent_digest: sentDigest ?? null,
    model: request?.model ?? null,
    max_output_tokens: request?.maxOutputTokens ?? null,
    system: request?.system ?? null,
    prompt: request?.prompt ?? null,
    tools: request?.tools ?? null,
    files_shown: files.map(({path, cut}) => ({path, cut})),
    left_out: leftOut.map(({path, reason, detail}) => ({path, reason, ...(detail === undefined ? {} : {detail})})),
  };
}
