import {z} from 'zod';
import {deliveryKinds} from '../domain/job.ts';
import {modes} from '../domain/skill.ts';
import {agentSchema} from './agent-schema.ts';

/** Keys that a task and the settings share; a task's own value wins. The descriptions are what editors show. */
export const sharedFields = {
  mode: z
    .enum(modes)
    .describe(
      'How a change is made: "simple" is one model call, "agent" a model with tools, "script" the skill\'s own script. Default: what the skill says, else "simple".',
    ),
  model: modelName().describe(
    'The model to ask, as provider/model, for example "anthropic/claude-sonnet-5-5"; "offline" uses no model.',
  ),
  models: z
    .array(modelName())
    .min(1)
    .max(10)
    .describe(
      'Models in the order in which they are asked; the later ones only when the earlier ones are down. With "model" these are its fallbacks.',
    ),
  output: outputPath().describe(
    'The file to write, relative to the repo; YYYY, MM and DD stand for the date. Default: what the skill says.',
  ),
  deliver: z
    .enum(deliveryKinds)
    .describe('How a change leaves: "files" in the work tree, "branch", "pull-request" or "patch". Default: "files".'),
  labels: z
    .array(
      z
        .string()
        .max(50)
        .regex(/^(?=.*\S)[^,\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, {error: 'expected a label without commas'}),
    )
    .max(50)
    .describe('Labels that a new pull request gets.'),
  reviewers: z
    .array(
      z.string().regex(/^(?:team:)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, {
        error: 'expected the name of a person on the forge, or "team:name"',
      }),
    )
    .max(50)
    .describe('Who is asked to review a new pull request: names on the forge; "team:name" for a team on GitHub.'),
  draft: z.boolean().describe('true opens pull requests as drafts. Default: false.'),
  verify: z
    .union([z.literal('auto'), z.array(line('a command')).max(50)])
    .describe(
      'Commands run in the sandbox before and after a change: it is delivered only if none that succeeded before fails after it. "auto" takes those that the repo has: npm test, pytest, cargo test, go test, make check.',
    ),
  command_timeout_s: z
    .number()
    .min(0.1)
    .max(86_400)
    .describe("Longest time for one command in the sandbox: a skill's script, a verify command. Default: 600."),
  timeout_s: z
    .number()
    .positive()
    .max(86_400)
    .describe('Longest time for one model call, in seconds; retries count anew, see max_attempts. Default: 600.'),
  force: z.boolean().describe('true runs again what is up to date and ignores recorded replies. Default: false.'),
  context_tokens: z
    .int()
    .min(1000)
    .max(4_000_000)
    .describe('How much of a repo the model is shown, in tokens. Default: 60000.'),
  max_output_tokens: z.int().min(1).max(1_000_000).describe('Longest reply, in tokens. Default: 16000.'),
  agent: agentSchema,
  max_turns: z
    .int()
    .min(1)
    .max(10_000)
    .describe(
      'Mode "agent": most turns of one job; a turn is one reply of the model with the tool calls in it. Default: 40.',
    ),
  job_timeout_s: z
    .number()
    .positive()
    .max(86_400)
    .describe('Mode "agent": longest time for one job, in seconds. Default: 1800.'),
  job_budget_usd: usd().describe(
    'Mode "agent": most that one job may cost, in US dollars. Default: what the run may cost.',
  ),
  allow: globs('Paths in a repo that a change may touch, as globs; others need a person. Default: all.').min(1),
  deny: globs('Paths in a repo that a change may not touch before a person has looked, as globs.'),
  allow_protected: globs(
    'Paths protected by default (CI, git and agent settings, manifests, lock files) that a change may touch all the same, as globs.',
  ),
  max_changed_files: z
    .int()
    .min(1)
    .max(1_000_000)
    .describe('A change of more files needs a person before it leaves. Default: 100.'),
  max_changed_lines: z
    .int()
    .min(1)
    .max(100_000_000)
    .describe('A change of more lines, added and removed together, needs a person before it leaves. Default: 5000.'),
  exclude: z.array(line('a name, path or glob')).max(10_000).describe('Repos to leave out: names, paths or globs.'),
};

function globs(description: string) {
  return z.array(glob()).max(1000).describe(description);
}

/** A .gitignore takes back what a line before it names; here every glob stands for itself, and one that did nothing would be taken for a guard. */
function glob() {
  return line('a glob')
    .max(1024)
    .regex(/^(?!!)/, {
      error:
        'expected a glob without "!" before it, which takes nothing back here; write what may not be touched into "deny"',
    });
}

export function usd() {
  return z.number().positive().max(1_000_000);
}

/** A short text on one line: it goes into logs and tables. */
export function line(what: string) {
  return z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/, {
      error: `expected ${what} on one line, without control characters`,
    });
}

export function modelName() {
  return z
    .string()
    .max(200)
    .regex(/^(?:offline|[A-Za-z0-9][A-Za-z0-9._-]*\/[^\s/][^\s]*)$/, {
      error: 'expected a model as "provider/model", or "offline"',
    });
}

/** Delivery checks it again against the real folder; this refuses what can never be right. */
function outputPath() {
  return z
    .string()
    .min(1)
    .max(1024)
    .regex(/^(?![/~$\\])(?!.*(?:^|\/)(?:\.{1,2}|\.[gG][iI][tT])(?:\/|$))[^\\:\u0000-\u001f\u007f]+$/, {
      error: 'expected a path inside the repo, without "..", ".git", "~", "$", ":" or "\\"',
    });
}
