import {createHash, hash} from 'node:crypto';
import type {Job} from '../domain/job.ts';
import type {Message, ModelRequest} from '../domain/model.ts';
import type {Skill} from '../domain/skill.ts';
import type {DeliveryRecord, InputParts} from '../ledger/ledger.ts';

/** Asked for ahead, and again when the request is made. */
const requestDigests = new WeakMap<ModelRequest, {readonly promptVersion: number; readonly digest: string}>();

/** Digest of every byte that produces a reply: prompt, model and parameters. */
export function digestRequest(request: ModelRequest, promptVersion: number): string {
  const known = requestDigests.get(request);
  if (known?.promptVersion === promptVersion) return known.digest;
  const digest = digestAll(request, promptVersion);
  requestDigests.set(request, {promptVersion, digest});
  return digest;
}

function digestAll(request: ModelRequest, promptVersion: number): string {
  const {system, prompt, model, maxOutputTokens, source, messages, tools} = request;
  const head = [
    promptVersion,
    model,
    maxOutputTokens,
    system.length,
    source === undefined ? null : [source.skill.digest, source.date],
  ];
  const all = createHash('sha256').update(JSON.stringify(head)).update(system).update(prompt);
  if (messages !== undefined || tools !== undefined) {
    all.update(JSON.stringify([prompt.length, tools ?? null]));
    for (const message of messages ?? []) all.update(digestMessage(message));
  }
  return all.digest('hex');
}

/** A conversation grows by a message or two a turn, and is digested with every turn. */
const messageDigests = new WeakMap<Message, Buffer>();

function digestMessage(message: Message): Buffer {
  const known = messageDigests.get(message);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(JSON.stringify(message)).digest();
  messageDigests.set(message, digest);
  return digest;
}

/** The parts of a job's input that do not come from the repo. */
export function operatorParts(
  job: Job,
  skill: Skill,
  promptVersion: number,
): Pick<InputParts, 'skill' | 'prompt' | 'model' | 'parameters'> {
  return {
    skill: skill.digest,
    prompt: String(promptVersion),
    model: job.models.join(' '),
    parameters: sha256([
      job.mode,
      job.contextTokens,
      job.maxOutputTokens,
      job.deliver,
      job.description ?? null,
      ...(job.agent === undefined ? [] : [job.agent.name, job.agent.command]),
    ]),
  };
}

/** Of what `sameInputs` compares. */
export function digestInputs({tree, history, skill, prompt, model, parameters}: InputParts): string {
  return sha256([tree, history, skill, prompt, model, parameters]);
}

/** Names of the parts that differ, for people. */
export function changedParts(before: InputParts, after: InputParts): string[] {
  return (Object.keys(partNames) as (keyof typeof partNames)[])
    .filter(part => before[part] !== after[part])
    .map(part => partNames[part]);
}

const partNames: Readonly<Record<Exclude<keyof InputParts, 'commit'>, string>> = {
  tree: 'files of the repo',
  history: 'history',
  shown: 'files shown to the model',
  skill: 'skill',
  prompt: 'prompt version',
  model: 'model',
  parameters: 'parameters',
};

/** Names of all parts. */
export const comparedParts: readonly string[] = Object.values(partNames);

/** True when nothing that could change the reply differs: commit ids may, as long as tree and history count as the same. */
export function sameInputs(before: InputParts, after: InputParts): boolean {
  return before.tree === after.tree && before.history === after.history && sameOperatorParts(before, after);
}

export function sameOperatorParts(
  before: Pick<InputParts, 'skill' | 'prompt' | 'model' | 'parameters'>,
  after: Pick<InputParts, 'skill' | 'prompt' | 'model' | 'parameters'>,
): boolean {
  return (
    before.skill === after.skill &&
    before.prompt === after.prompt &&
    before.model === after.model &&
    before.parameters === after.parameters
  );
}

/**
 * What a path counts as when inputs are compared: a blob that we delivered there last counts as what stood there before
 * we ever wrote, so that committing exactly what was delivered is no change, and an edit by hand is one.
 */
export function createNormaliser(
  deliveries: readonly DeliveryRecord[],
): (path: string, blob: string) => string | undefined {
  const newest = new Map<string, DeliveryRecord[]>();
  for (const delivery of deliveries) {
    // One that was not confirmed may have happened before a crash, or not at all.
    const before = delivery.state === 'confirmed' ? [] : (newest.get(delivery.path) ?? []);
    newest.set(delivery.path, [...before, delivery]);
  }
  return (path, blob) => {
    const delivery = newest.get(path)?.find(candidate => candidate.blob === blob);
    return delivery === undefined ? blob : delivery.base;
  };
}

function sha256(value: unknown): string {
  return hash('sha256', JSON.stringify(value));
}
