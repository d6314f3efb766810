import type {FailureReason} from '../../src/domain/outcome.ts';
import type {ScriptedAnswer} from '../../src/testing/scripted-model-server.ts';

/** Something a model server does that is no usable answer, and what a job must end as. The table in docs/reference/faults.md is made from these. */
export interface ProviderFault {
  /** Lower case words; also names the repo it happens to. */
  readonly name: string;
  readonly answer: ScriptedAnswer;
  readonly outcome: FailureReason;
  /** Default `anthropic`. */
  readonly vendor?: 'openai' | 'google';
  /** Slows down or stops the calls of everybody who shares the provider. */
  readonly contagious?: true;
  /** Found by the clock: the task needs a short `timeout_s`. */
  readonly silent?: true;
  /** Another call may help, so it is made. */
  readonly retried?: true;
}

const status = (code: number, headers?: Record<string, string>): ScriptedAnswer => ({
  fault: 'status',
  status: code,
  ...(headers === undefined ? {} : {headers}),
});
const raw = (body: string | Buffer, headers?: Record<string, string>): ScriptedAnswer => ({
  fault: 'raw',
  body,
  ...(headers === undefined ? {} : {headers}),
});
const json = (value: unknown): ScriptedAnswer => raw(JSON.stringify(value));

const filler = 'Every part says what it does, and nothing else is needed to understand how the parts work together. ';
const good = `# Tool\n\n${filler.repeat(4)}\n\n## Use\n\n\`\`\`sh\ntool run\n\`\`\`\n\nThen read what it says.\n`;
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'x',
  content: [{type: 'text', text: good}],
  stop_reason: 'end_turn',
  usage: {input_tokens: 9, output_tokens: 99},
};
// Not a real key; put together so that scanners of this repository stay calm.
const secret = `ghp_${'A1b2C3d4E5f6'.repeat(3)}`;

export const providerFaults: readonly ProviderFault[] = [
  {name: 'status 400', answer: status(400), outcome: 'provider-bad-request'},
  {name: 'status 403', answer: status(403), outcome: 'provider-forbidden'},
  {name: 'status 404', answer: status(404), outcome: 'provider-not-found'},
  {name: 'status 413', answer: status(413), outcome: 'provider-bad-request'},
  {name: 'status 422', answer: status(422), outcome: 'provider-bad-request'},
  {name: 'status 418', answer: status(418), outcome: 'provider-bad-request'},
  {name: 'status 301', answer: status(301, {location: 'https://elsewhere.example/'}), outcome: 'provider-redirected'},
  {name: 'status 307', answer: status(307, {location: '/v2/messages'}), outcome: 'provider-redirected'},
  {name: 'status 408', answer: status(408), outcome: 'provider-timeout', retried: true},
  {name: 'status 409', answer: status(409), outcome: 'provider-error', contagious: true, retried: true},
  {name: 'status 429 for ever', answer: status(429), outcome: 'rate-limited', contagious: true, retried: true},
  {
    name: 'status 429 with a wait of an hour',
    answer: status(429, {'retry-after': '3600'}),
    outcome: 'rate-limited',
    contagious: true,
  },
  {name: 'status 500', answer: status(500), outcome: 'provider-error', contagious: true, retried: true},
  {
    name: 'status 502 as html',
    answer: {fault: 'raw', status: 502, body: '<html>Bad Gateway</html>'},
    outcome: 'provider-error',
    contagious: true,
    retried: true,
  },
  {name: 'status 503', answer: status(503), outcome: 'provider-error', contagious: true, retried: true},
  {
    name: 'status 504 without a body',
    answer: {fault: 'raw', status: 504, body: ''},
    outcome: 'provider-error',
    contagious: true,
    retried: true,
  },
  {name: 'status 529 for ever', answer: status(529), outcome: 'provider-overloaded', contagious: true, retried: true},
  {
    name: 'connection reset',
    answer: {fault: 'reset'},
    outcome: 'provider-unreachable',
    contagious: true,
    retried: true,
  },
  {name: 'bytes that are not http', answer: {fault: 'garbage'}, outcome: 'reply-malformed', retried: true},
  ...[0, 1, 60, 200, 500].map(
    (afterBytes): ProviderFault => ({
      name: `body cut after ${afterBytes} bytes`,
      answer: {fault: 'cut', afterBytes, text: good},
      outcome: 'reply-cut',
      retried: true,
    }),
  ),
  {
    name: 'silence before the answer',
    answer: {fault: 'stall'},
    outcome: 'provider-timeout',
    silent: true,
    retried: true,
  },
  {
    name: 'silence in the middle of the answer',
    answer: {fault: 'stall', afterBytes: 100, text: good},
    outcome: 'provider-timeout',
    silent: true,
    retried: true,
  },
  {
    name: 'one byte at a time for longer than allowed',
    answer: {fault: 'drip', bytes: 1, everyMs: 20, text: good},
    outcome: 'provider-timeout',
    silent: true,
    retried: true,
  },
  {name: 'flood of 25 MB', answer: {fault: 'flood', bytes: 25_000_000}, outcome: 'reply-malformed', retried: true},

  {name: 'empty body', answer: raw(''), outcome: 'reply-malformed', retried: true},
  {
    name: 'html with status 200',
    answer: raw('<!doctype html><title>Sign in</title>', {'content-type': 'text/html'}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'half a json',
    answer: raw('{"type":"message","content":[{"type":"text","te'),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'json with something behind it',
    answer: raw(`${JSON.stringify(message)}\n{"more":1}`),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'error with status 200',
    answer: json({type: 'error', error: {type: 'overloaded_error', message: 'later'}}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {name: 'null', answer: json(null), outcome: 'reply-malformed', retried: true},
  {name: 'empty object', answer: json({}), outcome: 'reply-malformed', retried: true},
  {name: 'list', answer: json([message]), outcome: 'reply-malformed', retried: true},
  {
    name: 'content that is a string',
    answer: json({...message, content: good}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'text that is a number',
    answer: json({...message, content: [{type: 'text', text: 5}]}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'bytes that are not utf-8',
    answer: raw(Buffer.concat([Buffer.from(JSON.stringify(message)), Buffer.from([0xff, 0xfe])])),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'compressed body nobody asked for',
    answer: raw(Buffer.from([31, 139, 8, 0]), {'content-encoding': 'gzip'}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'stream of events',
    answer: raw('event: message_start\ndata: {}\n\n', {'content-type': 'text/event-stream'}),
    outcome: 'reply-malformed',
    retried: true,
  },

  {name: 'no text', answer: '', outcome: 'reply-empty'},
  {name: 'only white space', answer: ' \n\t\n\n', outcome: 'reply-empty'},
  {name: 'only invisible characters', answer: '\ufeff\u200b\u2060\n', outcome: 'reply-empty'},
  {name: 'stopped by max_tokens', answer: {text: good, finish: 'length'}, outcome: 'reply-truncated'},
  {name: 'stopped by refusal', answer: {text: good, finish: 'refusal'}, outcome: 'reply-refused'},
  {name: 'stopped for a pause', answer: {text: good, finish: 'pause'}, outcome: 'reply-unfinished'},
  {name: 'stopped for a tool', answer: {text: good, finish: 'tool-use'}, outcome: 'reply-unfinished'},
  {name: 'stopped for no reason', answer: {text: good, finish: 'none'}, outcome: 'reply-unfinished'},
  {
    name: 'stopped for a reason nobody knows',
    answer: {text: good, rawFinish: 'something_new'},
    outcome: 'reply-unfinished',
  },
  {
    name: 'refusal in words',
    answer: "I'm sorry, but I can't help with writing this file.",
    outcome: 'reply-refused',
  },
  {name: 'talk before the file', answer: `Sure! Here is the README:\n\n${good}`, outcome: 'reply-chatter'},
  {
    name: 'talk after the file',
    answer: `${good}\nLet me know if you would like me to change any section.`,
    outcome: 'reply-chatter',
  },
  {
    name: 'file in a fence between talk',
    answer: `Based on the code:\n\n~~~markdown\n${good}~~~\n\nI hope this helps!`,
    outcome: 'reply-chatter',
  },
  {
    name: 'thoughts without their beginning',
    answer: `The user wants a README.\n</think>\n\n${good}`,
    outcome: 'reply-chatter',
  },
  {name: 'thoughts and nothing else', answer: '<think>The user wants a README.</think>', outcome: 'reply-empty'},
  {name: 'prose without a heading', answer: filler.repeat(4), outcome: 'reply-off-format'},
  {name: 'heading of level two first', answer: good.replace('# Tool', '## Tool'), outcome: 'skill-check-failed'},
  {
    name: 'link that leads nowhere',
    answer: '# Tool\n\nSee [the guide](docs/nowhere.md).\n',
    outcome: 'skill-check-failed',
  },
  {
    name: 'file that is too long for its skill',
    answer: `${good}\n${filler.repeat(400)}\n`,
    outcome: 'skill-check-failed',
  },
  {name: 'end inside a code block', answer: good.slice(0, good.indexOf('tool run')), outcome: 'reply-off-format'},
  {
    name: 'rest left out',
    answer: `${good}\n<!-- rest of the file unchanged -->\n\n## End\n\n${filler}\n`,
    outcome: 'reply-off-format',
  },
  {
    name: 'secret in the file',
    answer: good.replace('tool run', `TOKEN=${secret} tool run`),
    outcome: 'reply-holds-secret',
  },
  {name: 'file of more than a megabyte', answer: `# Big\n\n${'word '.repeat(240_000)}\n`, outcome: 'reply-too-large'},
  {name: 'nul character', answer: good.replace('Tool', 'To\0ol'), outcome: 'reply-off-format'},
  {name: 'terminal escapes', answer: `\u001b[2J${good}`, outcome: 'reply-off-format'},
  {name: 'half a surrogate pair', answer: `${good}\ud83d`, outcome: 'reply-off-format'},
  {name: 'characters lost on the way', answer: good.replaceAll('e', '\ufffd'), outcome: 'reply-off-format'},

  {
    name: 'openai content filter',
    vendor: 'openai',
    answer: {text: good, rawFinish: 'content_filter'},
    outcome: 'reply-refused',
  },
  {
    name: 'openai refusal beside the text',
    vendor: 'openai',
    answer: {text: "I can't help with that.", finish: 'refusal'},
    outcome: 'reply-refused',
  },
  {
    name: 'openai no choices',
    vendor: 'openai',
    answer: json({id: 'c', choices: [], usage: null}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {
    name: 'openai message that is null',
    vendor: 'openai',
    answer: json({choices: [{message: null, finish_reason: 'stop'}]}),
    outcome: 'reply-malformed',
    retried: true,
  },
  {name: 'google safety', vendor: 'google', answer: {text: good, finish: 'refusal'}, outcome: 'reply-refused'},
  {
    name: 'google prompt blocked',
    vendor: 'google',
    answer: json({promptFeedback: {blockReason: 'SAFETY'}, usageMetadata: {promptTokenCount: 9, totalTokenCount: 9}}),
    outcome: 'reply-refused',
  },
  {
    name: 'google recitation',
    vendor: 'google',
    answer: {text: good, rawFinish: 'RECITATION'},
    outcome: 'reply-refused',
  },
];

/** The table for people. */
export function renderFaultsPage(faults: readonly ProviderFault[] = providerFaults): string {
  const rows = faults.map(
    ({name, outcome, vendor, retried}) =>
      `| ${vendor === undefined ? '' : `${vendor}: `}${name.replace(/^(?:openai|google) /, '')} | \`${outcome}\` | ${retried ? 'yes' : 'no'} |`,
  );
  return `# What a model server may do, and what becomes of the job

<!-- Made from test/support/provider-faults.ts by scripts/generate.ts; test/e2e/failures.test.ts makes each happen. -->

Each of these happens to one repo in the test suite while many healthy ones go on. The job ends with the outcome named here, a message and
a next step; nothing is written into the repo, and no other job is touched. Where another call may help, it is made: up to \`max_attempts\`.
A fault that goes away in between is no failure at all.

| The server gives | Outcome | Called again |
| --- | --- | --- |
${rows.join('\n')}

Three answers end more than one job: \`401\`, and \`402\` or a used-up quota. One of them stops new calls of the whole run at once. The job that
met it fails with \`provider-auth\` or \`provider-quota\`; what is left says \`not-started: auth\` or \`not-started: quota\`, and
\`orchestrator retry\` runs both when the key or the account is in order.
`;
}
