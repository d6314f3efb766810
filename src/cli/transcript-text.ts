import {existsSync, readFileSync} from 'node:fs';
import type {Job} from '../domain/job.ts';
import {transcriptFile} from '../report/transcript.ts';
import {escapeBlock, escapeLine} from '../util/escape-text.ts';

/** The transcript of a job for a terminal, or undefined when there is none. Everything in it is untrusted and escaped. */
export function transcriptText(stateDir: string, runId: string, job: Job): string | undefined {
  const file = transcriptFile(stateDir, runId, job);
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .filter(line => line !== '')
    .map(line => lineText(parse(line)))
    .join('');
}

interface Line {
  readonly type?: string;
  readonly turn?: number;
  readonly text?: string;
  readonly model?: string;
  readonly tool?: string;
  readonly error?: boolean;
  readonly refused?: boolean;
  readonly recorded?: boolean;
  readonly tool_calls?: readonly {readonly name: string; readonly input: unknown}[];
}

/** Its last line may have been cut by the death of the process. */
function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {type: 'cut'};
  }
}

const longest = 4000;

function lineText(line: Line): string {
  const text = line.text ?? '';
  switch (line.type) {
    case 'job':
      return `model ${escapeLine(line.model ?? '')}\n`;
    case 'system':
    case 'prompt':
      return `${line.type}: ${text.length} characters\n`;
    case 'reply': {
      const calls = (line.tool_calls ?? []).map(
        ({name, input}) => `  → ${escapeLine(name)} ${escapeLine(cut(JSON.stringify(input), 400))}\n`,
      );
      const said = text === '' ? '' : `${indent(text)}\n`;
      return `\nturn ${line.turn}${line.recorded ? ' (recorded)' : ''}\n${said}${calls.join('')}`;
    }
    case 'result': {
      const mark = line.refused ? '✗ refused' : line.error ? '✗' : '✓';
      return `  ${mark} ${escapeLine(line.tool ?? '')}\n${indent(text, '      ')}\n`;
    }
    case 'note':
      return `${indent(text)}\n`;
    default:
      return '';
  }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)} [${text.length - most} more characters]` : text;
}

function indent(text: string, by = '  '): string {
  return escapeBlock(cut(text, longest))
    .split('\n')
    .map(line => `${by}${line}`)
    .join('\n');
}
