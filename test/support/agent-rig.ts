import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {estimateTokens} from '../../src/context/estimate-tokens.ts';
import {renderContext} from '../../src/context/render-context.ts';
import {findSecrets, maskSecrets, secretNameRule} from '../../src/context/secrets.ts';
import type {Proposal} from '../../src/domain/change.ts';
import type {RepoContext} from '../../src/domain/context.ts';
import type {Job} from '../../src/domain/job.ts';
import type {ModelReply, ModelRequest, ToolResult} from '../../src/domain/model.ts';
import {JobFailure, type Spent} from '../../src/domain/outcome.ts';
import type {Skill} from '../../src/domain/skill.ts';
import {type AgentModeOptions, createAgentMode} from '../../src/modes/agent/agent.ts';
import type {FinishedTurn, TurnLog} from '../../src/modes/agent/turn-log.ts';
import type {ModeInput} from '../../src/modes/mode.ts';
import {loadSkill} from '../../src/skills/load-skill.ts';
import {type Files, makeRepo, makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {createCheckouts} from '../../src/workspace/checkout.ts';
import {openObjectStore} from '../../src/workspace/object-store.ts';
import {makeJob} from './make-job.ts';
import {readHead} from './read-head.ts';

export interface Said {
  readonly text?: string;
  readonly calls?: readonly (readonly [name: string, input: unknown])[];
  readonly finish?: ModelReply['finishReason'];
}

/** What the model says to a request; `results` are our answers to its last calls. */
export type Script = (turn: number, results: readonly ToolResult[], request: ModelRequest) => Said | Promise<Said>;

export interface AgentRun {
  readonly proposal?: Proposal;
  readonly failure?: JobFailure;
  readonly turns: readonly FinishedTurn[];
  readonly requests: readonly ModelRequest[];
  readonly spent: readonly Spent[];
  /** Lines of the transcript beside the turns. */
  readonly lines: readonly object[];
  /** Text of the new files of the folder at the end. */
  readonly files: Readonly<Record<string, string>>;
  /** Every result that the model was given, in order. */
  readonly results: readonly ToolResult[];
}

export interface RunOptions {
  readonly skill?: Partial<Skill>;
  readonly job?: Partial<Job>;
  readonly mode?: Partial<AgentModeOptions>;
  /** Called with the private folder before the first turn. */
  readonly before?: (directory: string) => Promise<void>;
  readonly verify?: ModeInput['verify'];
}

export interface AgentRig extends AsyncDisposable {
  readonly directory: string;
  readonly skillDirectory: string;
  run(script: Script, options?: RunOptions): Promise<AgentRun>;
}

/** A real repo and the agent mode over real checkouts; only the model is a function. */
export async function openAgentRig(files: Files): Promise<AgentRig> {
  const temporary = await makeTemporaryDirectory();
  const directory = temporary.path;
  const repo = await makeRepo(path.join(directory, 'repo'), {files});
  const gitDirectory = path.join(directory, 'state', 'git');
  const store = await openObjectStore({directory: gitDirectory});
  const checkouts = createCheckouts({directory: path.join(directory, 'state', 'workspaces'), gitDirectory});
  const skillDirectory = path.join(directory, 'skills', 'change-things');
  await mkdir(path.join(skillDirectory, 'references'), {recursive: true});
  await writeFile(path.join(skillDirectory, 'references', 'rules.md'), 'Be brief.\n');
  await writeFile(
    path.join(skillDirectory, 'SKILL.md'),
    '---\nname: change-things\ndescription: Changes things.\n---\nChange things.\n',
  );
  const skill = loadSkill(skillDirectory, {source: 'operator'}).skill!;
  return {
    directory,
    skillDirectory,
    async run(script, options = {}) {
      const reader = await store.open(repo.path);
      const owner = options.mode?.sandbox?.owner;
      const checkout = await checkouts.create(reader, {owner});
      const turns: FinishedTurn[] = [];
      const requests: ModelRequest[] = [];
      const spent: Spent[] = [];
      const lines: object[] = [];
      const files: Record<string, string> = {};
      const done = (): Omit<AgentRun, 'proposal' | 'failure'> => ({
        turns,
        requests,
        spent,
        lines,
        files,
        results: resultsOf(turns),
      });
      const mode = createAgentMode({
        renderContext,
        estimateTokens,
        findSecrets,
        secretNameRule,
        maskSecrets,
        programPath: process.env['PATH'] ?? '',
        clock: systemClock,
        ...options.mode,
      });
      await options.before?.(checkout.directory);
      const {commit, entries} = await readHead(reader);
      try {
        const proposal = await mode.propose({
          job: makeJob(0, 'api', {
            mode: 'agent',
            skill: skill.name,
            output: 'CHANGE_THINGS.md',
            outputs: ['CHANGE_THINGS.md'],
            outputPattern: 'CHANGE_THINGS.md',
            ...options.job,
          }),
          skill: {...skill, ...options.skill},
          context: {...emptyContext, commit: commit.id},
          entries,
          signal: new AbortController().signal,
          turns: turnLog(turns, lines),
          openCheckout: async () => checkout,
          begin: async () => {},
          hasReply: async () => false,
          noteSpent: amount => void spent.push(amount),
          noteNetwork: () => {},
          verify: async (edits, signal) => await options.verify?.(edits, signal),
          async obtainReply(request, {signal} = {}) {
            requests.push(request);
            const last = request.messages?.findLast(({role}) => role === 'tool');
            const results = last?.role === 'tool' ? last.results : [];
            const broken = new Promise<never>((_, reject) =>
              signal?.addEventListener('abort', () => reject(signal.reason as Error)),
            );
            const said = await Promise.race([script(requests.length - 1, results, request), broken]);
            return toReply(said, requests.length);
          },
        });
        return {proposal, ...done()};
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
        return {failure: error, ...done()};
      } finally {
        // A folder that is too large for a change has ended the job by name already.
        const edits = await checkout.edits().catch(error => {
          if (!(error instanceof JobFailure)) throw error;
          return [];
        });
        for (const {path: file, after} of edits) files[file] = after?.bytes.toString() ?? '';
        await checkout.remove();
        reader.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

function turnLog(turns: FinishedTurn[], lines: object[]): TurnLog {
  return {
    open: async () => {},
    write: line => void lines.push(line),
    recorded: () => undefined,
    record: async turn => void turns.push(turn),
  };
}

function resultsOf(turns: readonly FinishedTurn[]): ToolResult[] {
  return turns.flatMap(({answers}) => answers.flatMap(answer => (answer.role === 'tool' ? answer.results : [])));
}

function toReply({text = '', calls = [], finish}: Said, turn: number): ModelReply {
  const toolCalls = calls.map(([name, input], index) => ({id: `call_${turn}_${index}`, name, input}));
  return {
    text,
    finishReason: finish ?? (calls.length === 0 ? 'stop' : 'tool-calls'),
    ...(calls.length === 0 ? {} : {toolCalls}),
    usage: {inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1},
  };
}

/** Turns one after another, then the end. */
export function steps(...turns: readonly Said[]): Script {
  return turn => turns[turn] ?? {calls: [['finish', {summary: 'done'}]]};
}

const emptyContext: RepoContext = {
  version: 1,
  repo: 'api',
  commit: '',
  outline: '',
  fileCount: 0,
  history: [],
  files: [],
  leftOut: [],
  tokens: 0,
};
