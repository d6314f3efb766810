import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {chown, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {defaultCommandTimeoutMs, type Job, namedOutput} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {notingNetwork} from '../sandbox/note-network.ts';
import type {Mount, Sandbox, SandboxResult} from '../sandbox/sandbox.ts';
import {copySkill} from '../skills/copy-skill.ts';
import {quoteText} from '../util/quote-text.ts';
import {withoutPassword} from '../util/show-address.ts';
import {discardFolder, workspaceName} from '../workspace/workspace-folders.ts';
import type {Mode, ModeInput} from './mode.ts';
import {readOutbox} from './read-outbox.ts';

export interface ScriptModeOptions {
  readonly openSandbox: () => Promise<Sandbox>;
  /** `<state>/workspaces`. */
  readonly workspaces: string;
  readonly runId: string;
  /** Takes secrets out of what the script says. */
  readonly mask: (text: string) => Promise<string>;
}

const maxSaidCharacters = 4000;
const maxSummaryBytes = 16 * 1024;

/** The skill's `scripts/run` makes the change, in the sandbox; no model is asked. */
export function createScriptMode({openSandbox, workspaces, runId, mask}: ScriptModeOptions): Mode {
  return {
    version: 1,
    preview: () => undefined,
    async propose(input) {
      const {job} = input;
      const sandbox = notingNetwork(await openSandbox(), input.noteNetwork);
      await input.begin();
      const checkout = await input.openCheckout({owner: sandbox.owner});
      const aside = path.join(workspaces, workspaceName(randomBytes(6).toString('hex')));
      try {
        const {skill, outbox} = await makeFolders(aside, input, sandbox);
        const result = await sandbox.run({
          argv: [path.posix.join(sandbox.seenAt(skill), 'scripts/run')],
          workspace: checkout.directory,
          mounts: [skill, outbox],
          env: environmentOf(job, input, sandbox, {runId, skill, outbox, workspace: checkout.directory}),
          timeoutMs: job.commandTimeoutMs ?? defaultCommandTimeoutMs,
          signal: input.signal,
        });
        const output = await mask(result.output.slice(-maxSaidCharacters));
        assertStarted({...result, output}, path.join(skill.source, 'scripts/run'));
        assertEndedWell({...result, output});
        const edits = await checkout.edits(input.signal);
        const summary = readOutbox(path.join(outbox.source, 'summary.md'), maxSummaryBytes);
        return {edits, leftOut: checkout.leftOut, ...(summary === undefined ? {} : {summary: await mask(summary)})};
      } finally {
        await discardFolder(aside);
      }
    },
  };
}

/** The skill as it was planned, and the one folder beside the repo in which the script may leave something. */
async function makeFolders(
  aside: string,
  {skill}: ModeInput,
  {owner}: Sandbox,
): Promise<{readonly skill: Mount; readonly outbox: Mount}> {
  const folders = {skill: path.join(aside, 'skill'), outbox: path.join(aside, 'outbox')};
  for (const folder of [aside, ...Object.values(folders)]) await mkdir(folder, {recursive: true, mode: 0o700});
  const fault = copySkill(skill, folders.skill, owner);
  if (fault !== undefined) throw new JobFailure('script-failed', fault, {next: 'Start a new run.'});
  for (const folder of [aside, ...Object.values(folders)])
    if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return {
    skill: {source: folders.skill, at: '/skill', writable: false},
    outbox: {source: folders.outbox, at: '/outbox', writable: true},
  };
}

interface Places {
  readonly runId: string;
  readonly skill: Mount;
  readonly outbox: Mount;
  readonly workspace: string;
}

/** What a script is told of its job; documented in docs/guide/script-mode.md. */
function environmentOf(
  job: Job,
  {entries, context}: ModeInput,
  sandbox: Sandbox,
  {runId, skill, outbox, workspace}: Places,
): Record<string, string> {
  return {
    ORCHESTRATOR_REPO: job.repo,
    ORCHESTRATOR_REPO_DESCRIPTION: job.description ?? '',
    ORCHESTRATOR_REPO_URL: withoutPassword(job.url ?? ''),
    ORCHESTRATOR_WORKSPACE: sandbox.seenAt({source: workspace, at: '/repo'}),
    ORCHESTRATOR_COMMIT: context.commit,
    ORCHESTRATOR_BRANCH: context.branch ?? '',
    ORCHESTRATOR_FILES: String(entries.size),
    ORCHESTRATOR_SKILL: job.skill,
    ORCHESTRATOR_SKILL_DIR: sandbox.seenAt(skill),
    ORCHESTRATOR_TASK: job.task,
    ORCHESTRATOR_RUN: runId,
    ORCHESTRATOR_OUTPUT: namedOutput(job) ?? '',
    ORCHESTRATOR_DATE: job.date,
    ORCHESTRATOR_SUMMARY: path.posix.join(sandbox.seenAt(outbox), 'summary.md'),
  };
}

/** What the system says of a first line that it cannot follow is "No such file or directory", about a file that is there. */
function assertStarted({end, output}: SandboxResult, file: string): void {
  if (end.kind !== 'exited' || (end.exitCode !== 126 && end.exitCode !== 127)) return;
  const [firstLine = ''] = readFileSync(file, 'utf8').slice(0, 1000).split('\n');
  if (!firstLine.startsWith('#!')) return;
  const fail = (why: string): never => {
    throw new JobFailure('script-failed', `scripts/run could not be started: ${why}`);
  };
  if (firstLine.endsWith('\r'))
    fail('its first line ends with a carriage return, as Windows writes it; save it with the line ends of Unix');
  if (/failed to execute|\/env: /.test(output))
    fail(
      `the program of its first line, ${quoteText(firstLine.slice(2).trim(), 100)}, is not in the sandbox; see "sandbox.tools"`,
    );
}

const shownCharacters = 400;

function assertEndedWell({end, output, durationMs}: SandboxResult): void {
  if (end.kind === 'exited' && end.exitCode === 0) return;
  if (end.kind === 'aborted') throw new JobFailure('script-failed', 'scripts/run was broken off');
  if (end.kind === 'limit' && end.limit === 'time')
    throw new JobFailure(
      'script-timeout',
      `scripts/run did not end within ${Math.round(durationMs / 1000)} s${tail(output)}`,
    );
  const what = end.kind === 'exited' ? `ended with exit code ${end.exitCode}` : `was stopped: limit of ${end.limit}`;
  throw new JobFailure('script-failed', `scripts/run ${what}${tail(output)}`);
}

/** The end of what it said, on one line. */
function tail(output: string): string {
  const text = output.trim().replace(/\s*\n\s*/g, ' | ');
  return text === '' ? '' : `: ${text.length > shownCharacters ? `…${text.slice(-shownCharacters)}` : text}`;
}
