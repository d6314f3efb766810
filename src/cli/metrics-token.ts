import {randomBytes} from 'node:crypto';
import {closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import {ignoreCode} from '../util/ignore-code.ts';
import {makeFolder} from '../util/make-folder.ts';
import type {Io} from './io.ts';

/** The environment variable that sets it. */
const variable = 'ORCHESTRATOR_METRICS_TOKEN';

/**
 * What a Prometheus server shows to be answered, at every start the same: from the environment, else from a file in the state folder that is
 * made at the first start and that nobody else can read. It opens the metrics and nothing else.
 */
export function metricsToken({env, stateDir}: Pick<Io, 'env' | 'stateDir'>): string {
  const given = env[variable];
  if (given !== undefined && given !== '') return checkToken(given, variable);
  const file = path.join(stateDir, 'metrics-token');
  try {
    makeFolder(stateDir, 0o700);
  } catch {
    // The page of a queue needs no state folder; where none can be made, nobody gets the metrics without the variable.
    return newToken();
  }
  ignoreCode('EEXIST', () => writeFileSync(file, `${newToken()}\n`, {flag: 'wx', mode: 0o600}));
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || (stat.mode & 0o077) !== 0)
      throw new OrchestratorError('metrics-token', `${file} can be read by others`, {hint: `chmod 600 ${file}`});
    return checkToken(readFileSync(descriptor, 'utf8').trim(), file);
  } finally {
    closeSync(descriptor);
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function checkToken(token: string, where: string): string {
  if (/^[\w.~+/=-]{20,500}$/.test(token)) return token;
  throw new OrchestratorError('metrics-token', `${where} holds no usable token`, {
    hint: 'at least 20 letters, digits and . _ ~ + / = -; for instance: openssl rand -hex 32',
  });
}
