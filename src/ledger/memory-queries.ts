import {checksum, quarantine} from './checksum.ts';
import type {Database, Statement} from './database.ts';
import type {DeliveryRecord, InputParts, Memory} from './ledger.ts';

export function insertMemory(repoKey: string, skill: string, output: string, memory: Memory): Statement {
  const inputs = JSON.stringify({inputs: memory.inputs, replyDigest: memory.replyDigest});
  const files = JSON.stringify(memory.files);
  return {
    sql: `INSERT INTO memories (repo_key, skill, output, inputs, files, run_id, checksum, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (repo_key, skill, output) DO UPDATE SET inputs = excluded.inputs, files = excluded.files,
            run_id = excluded.run_id, checksum = excluded.checksum, at = excluded.at`,
    params: [repoKey, skill, output, inputs, files, memory.runId, checksum(inputs + files), memory.at],
  };
}

export async function readMemories(
  database: Database,
  repoKey: string,
  nowMs: number,
  only?: {readonly skill: string; readonly output: string},
): Promise<(Memory & {skill: string; output: string})[]> {
  const rows = await database.read(
    `SELECT * FROM memories WHERE repo_key = ? ${only === undefined ? '' : 'AND skill = ? AND output = ?'} ORDER BY skill, output`,
    [repoKey, ...(only === undefined ? [] : [only.skill, only.output])],
  );
  const found: (Memory & {skill: string; output: string})[] = [];
  for (const row of rows) {
    const inputs = String(row['inputs']);
    const files = String(row['files']);
    const key = {skill: String(row['skill']), output: String(row['output'])};
    if (row['checksum'] !== checksum(inputs + files)) {
      await quarantineMemory(database, repoKey, key, inputs + files, nowMs);
      continue;
    }
    const parsed = JSON.parse(inputs) as {inputs: InputParts; replyDigest?: string};
    found.push({
      ...key,
      inputs: parsed.inputs,
      ...(parsed.replyDigest === undefined ? {} : {replyDigest: parsed.replyDigest}),
      files: JSON.parse(files) as Record<string, string>,
      runId: String(row['run_id']),
      at: Number(row['at']),
    });
  }
  return found;
}

async function quarantineMemory(
  database: Database,
  repoKey: string,
  key: {skill: string; output: string},
  content: string,
  nowMs: number,
): Promise<void> {
  await database.write([
    quarantine('memory', `${key.skill} ${repoKey}`, content, nowMs),
    {
      sql: 'DELETE FROM memories WHERE repo_key = ? AND skill = ? AND output = ?',
      params: [repoKey, key.skill, key.output],
    },
  ]);
}

export async function readDeliveries(
  database: Database,
  repoKey: string,
  paths: readonly string[] | undefined,
): Promise<DeliveryRecord[]> {
  // PostgreSQL knows no empty list.
  if (paths?.length === 0) return [];
  const only = paths === undefined ? '' : `AND path IN (${paths.map(() => '?').join(', ')})`;
  const rows = await database.read(
    `SELECT path, blob, before_blob, base_blob, added, removed, state FROM deliveries WHERE repo_key = ? ${only} ORDER BY at, run_id`,
    [repoKey, ...(paths ?? [])],
  );
  return rows.map(row => ({
    path: String(row['path']),
    blob: String(row['blob']),
    added: Number(row['added']),
    removed: Number(row['removed']),
    ...(row['before_blob'] == null ? {} : {before: String(row['before_blob'])}),
    ...(row['base_blob'] == null ? {} : {base: String(row['base_blob'])}),
    state: row['state'] === 'confirmed' ? 'confirmed' : 'intended',
  }));
}

export function insertDelivery(
  runId: string,
  jobId: string,
  repoKey: string,
  file: DeliveryRecord,
  nowMs: number,
): Statement {
  return {
    sql: `INSERT INTO deliveries (repo_key, path, blob, before_blob, base_blob, added, removed, run_id, job_id, state, at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (repo_key, path, run_id, job_id) DO UPDATE SET blob = excluded.blob, before_blob = excluded.before_blob,
            base_blob = excluded.base_blob, added = excluded.added, removed = excluded.removed, state = excluded.state, at = excluded.at`,
    params: [
      repoKey,
      file.path,
      file.blob,
      file.before ?? null,
      file.base ?? null,
      file.added,
      file.removed,
      runId,
      jobId,
      file.state,
      nowMs,
    ],
  };
}

/** Whoever intended it, if a run that died since: the file is there with this content. */
export function confirmDelivery(repoKey: string, path: string, blob: string): Statement {
  return {
    sql: `UPDATE deliveries SET state = 'confirmed' WHERE repo_key = ? AND path = ? AND blob = ? AND state = 'intended'`,
    params: [repoKey, path, blob],
  };
}
