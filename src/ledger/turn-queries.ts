import type {Message} from '../domain/model.ts';
import type {TurnRecord} from '../domain/turn.ts';
import {checksum, quarantine} from './checksum.ts';
import type {Database, Row, Statement} from './database.ts';

/** A turn that was recorded before under its number is replaced, and those after it are forgotten: they followed from the other one. */
export function recordTurn(runId: string, jobId: string, turn: TurnRecord, nowMs: number): Statement[] {
  const answers = JSON.stringify(turn.answers);
  return [
    {sql: 'DELETE FROM turns WHERE run_id = ? AND job_id = ? AND turn >= ?', params: [runId, jobId, turn.turn]},
    {
      sql: `INSERT INTO turns (run_id, job_id, turn, request_digest, reply_digest, answers, checksum, recorded_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      params: [
        runId,
        jobId,
        turn.turn,
        turn.requestDigest,
        turn.replyDigest,
        answers,
        checksum(turn.requestDigest + turn.replyDigest + answers),
        nowMs,
      ],
    },
  ];
}

/** In order, up to the first that is missing or damaged; a damaged one is quarantined. */
export async function readTurns(
  database: Database,
  runId: string,
  jobId: string,
  nowMs: number,
): Promise<TurnRecord[]> {
  const rows = await database.read(
    'SELECT turn, request_digest, reply_digest, answers, checksum FROM turns WHERE run_id = ? AND job_id = ? ORDER BY turn',
    [runId, jobId],
  );
  const turns: TurnRecord[] = [];
  for (const row of rows) {
    const turn = toTurn(row);
    if (turn === undefined) {
      await database.write([quarantine('turn', `${runId} ${jobId} ${row['turn']}`, String(row['answers']), nowMs)]);
      break;
    }
    if (turn.turn !== turns.length + 1) break;
    turns.push(turn);
  }
  return turns;
}

function toTurn(row: Row): TurnRecord | undefined {
  const requestDigest = String(row['request_digest']);
  const replyDigest = String(row['reply_digest']);
  const answers = String(row['answers']);
  if (row['checksum'] !== checksum(requestDigest + replyDigest + answers)) return undefined;
  return {turn: Number(row['turn']), requestDigest, replyDigest, answers: JSON.parse(answers) as Message[]};
}
