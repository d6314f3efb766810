import {z} from 'zod';
import {line, sharedFields, usd} from './fields.ts';
import {settingsSchema} from './settings-schema.ts';

/** The keys of which a task has exactly one. */
export const selectorKeys = ['group', 'tag', 'repos', 'repo_names', 'select'] as const;

const {
  mode,
  model,
  models,
  output,
  deliver,
  labels,
  reviewers,
  draft,
  verify,
  command_timeout_s,
  timeout_s,
  force,
  context_tokens,
  max_output_tokens,
  agent,
  max_turns,
  job_timeout_s,
  job_budget_usd,
  exclude,
  allow,
  deny,
  allow_protected,
  max_changed_files,
  max_changed_lines,
} = sharedFields;

/** One task, as written. */
export const taskSchema = z
  .strictObject({
    name: line('a name').max(200).describe('What people call this task.'),
    skill: line('a name').max(200).describe('The skill to run, for example "readme-generator".'),
    group: line('a name').exactOptional().describe('A group of the fleet file; "all" is every active repo.'),
    tag: line('a tag').exactOptional().describe('Every active repo with this tag.'),
    repos: z
      .array(line('a path'))
      .min(1)
      .max(10_000)
      .exactOptional()
      .describe('Paths and globs of repos, for example "~/code/*".'),
    repo_names: z
      .array(line('a name'))
      .min(1)
      .max(10_000)
      .exactOptional()
      .describe('Names of repos in the fleet file.'),
    select: line('an expression')
      .exactOptional()
      .describe('Tags with and, or, not and parentheses: "python and not legacy".'),
    enabled: z.boolean().exactOptional().describe('false lists the task as disabled and never runs it. Default: true.'),
    exclude: exclude.exactOptional(),
    allow: allow.exactOptional(),
    deny: deny.exactOptional(),
    allow_protected: allow_protected.exactOptional(),
    max_changed_files: max_changed_files.exactOptional(),
    max_changed_lines: max_changed_lines.exactOptional(),
    mode: mode.exactOptional(),
    model: model.exactOptional(),
    models: models.exactOptional(),
    output: output.exactOptional(),
    deliver: deliver.exactOptional(),
    labels: labels.exactOptional(),
    reviewers: reviewers.exactOptional(),
    draft: draft.exactOptional(),
    verify: verify.exactOptional(),
    command_timeout_s: command_timeout_s.exactOptional(),
    needs: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, {error: 'expected a label of small letters, digits, "-" and "_"'}),
      )
      .max(10)
      .exactOptional()
      .describe(
        'Labels that a worker of the queue must have to be given these jobs, for example ["gpu"]. One machine alone does them all.',
      ),
    budget_usd: usd().exactOptional().describe('Most that this task may cost in one run, in US dollars.'),
    timeout_s: timeout_s.exactOptional(),
    force: force.exactOptional(),
    context_tokens: context_tokens.exactOptional(),
    max_output_tokens: max_output_tokens.exactOptional(),
    agent: agent.exactOptional(),
    max_turns: max_turns.exactOptional(),
    job_timeout_s: job_timeout_s.exactOptional(),
    job_budget_usd: job_budget_usd.exactOptional(),
  })
  .meta({
    description: 'One skill over a selection of repos.',
    // For editors; `parseTaskConfiguration` says it in words.
    oneOf: selectorKeys.map(key => ({required: [key]})),
  });

/** The whole task configuration, as written. Types, JSON Schema and validation come from here. */
export const taskConfigurationSchema = z
  .strictObject({
    $schema: z.string().exactOptional().describe('Address of this schema, for editors.'),
    description: z.string().max(10_000).exactOptional().describe('What this configuration is for.'),
    tasks: z.array(taskSchema).min(1).max(1000).describe('What to run, in order.'),
    settings: settingsSchema.exactOptional(),
  })
  .describe('Task configuration of orchestrator: which skill runs on which repos.');

export type WrittenTask = z.infer<typeof taskSchema>;
export type WrittenConfig = z.infer<typeof taskConfigurationSchema>;
/** A task of a configuration that has problems: only the keys that hold. */
export type PartialTask = Partial<WrittenTask>;
