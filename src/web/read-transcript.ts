import type {Message, ToolCall} from '../domain/model.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {TranscriptEntry} from './api.ts';

/** Longer texts are cut: the page shows what happened, the ledger keeps it whole. */
const maxText = 20_000;

/** What was said and done in a job: the turns of an agent, else the one reply. All of it is untrusted. */
export async function readTranscript(
  ledger: Ledger,
  runId: string,
  {job, detail}: JobRecord,
): Promise<TranscriptEntry[]> {
  const turns = await ledger.turns(runId, job.id);
  if (turns.length === 0) {
    const reply = await ledger.replyOfJob(runId, job.id);
    // An earlier night may have had a reply that this one did not use.
    if (reply === undefined || (reply.runId !== runId && detail?.replayed !== true)) return [];
    const rejected = reply.usable ? '' : ' · not what the skill asks for';
    const earlier = reply.runId === runId ? '' : ` · recorded in ${reply.runId}`;
    return [
      {
        role: 'model',
        title: `${reply.model} · ${reply.reply.finishReason}${rejected}${earlier}`,
        text: cut(reply.reply.text),
      },
    ];
  }
  const entries: TranscriptEntry[] = [];
  for (const {turn, replyDigest, answers} of turns) {
    const recorded = await ledger.reply(replyDigest);
    const calls = recorded?.reply.toolCalls ?? [];
    if (recorded === undefined)
      entries.push({role: 'orchestrator', title: `turn ${turn}`, text: 'The reply is not kept any more.'});
    else if (recorded.reply.text !== '' || calls.length === 0) {
      entries.push({role: 'model', title: `turn ${turn} · ${recorded.model}`, text: cut(recorded.reply.text)});
    }
    for (const call of calls)
      entries.push({role: 'model', title: `turn ${turn} · calls ${call.name}`, text: cut(inputOf(call))});
    entries.push(...answers.flatMap(toEntries));
  }
  return entries;
}

function inputOf({input, malformed}: ToolCall): string {
  return malformed ?? JSON.stringify(input, undefined, 2);
}

function toEntries(message: Message): TranscriptEntry[] {
  switch (message.role) {
    case 'user':
      return [{role: 'orchestrator', text: cut(message.text)}];
    case 'assistant':
      return [{role: 'model', text: cut(message.reply.text)}];
    case 'tool':
      return message.results.map(({name, text, isError}) => ({
        role: 'tool',
        title: name,
        text: cut(text),
        ...(isError ? {isError} : {}),
      }));
    default:
      return message satisfies never;
  }
}

function cut(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}\n… ${text.length - maxText} characters more` : text;
}
