import {hash} from 'node:crypto';
import type {Statement} from './database.ts';

/** Stands beside what was recorded, so that damage is seen before it is used. */
export function checksum(text: string): string {
  return hash('sha256', text);
}

/** Sets aside what its checksum does not fit. */
export function quarantine(what: string, name: string, content: string, nowMs: number): Statement {
  return {
    sql: 'INSERT INTO quarantine (what, name, reason, content, at) VALUES (?, ?, ?, ?, ?)',
    params: [what, name, 'checksum does not match', content, nowMs],
  };
}
