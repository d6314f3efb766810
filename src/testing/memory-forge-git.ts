import {runCommand} from '../util/run-command.ts';
import type {ForgeAnswer, ForgeRequest} from './memory-forge-http.ts';

/** Git over HTTP, pushing included, done by `git http-backend` on the bare repositories below `root`. */
export async function answerGit(request: ForgeRequest, root: string, user: string): Promise<ForgeAnswer> {
  const result = await runCommand('git', ['-c', 'safe.directory=*', '-c', 'http.receivepack=true', 'http-backend'], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(request.path),
      QUERY_STRING: request.query.toString(),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: String(request.headers['content-type'] ?? ''),
      CONTENT_LENGTH: String(request.body.length),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: user,
      REMOTE_ADDR: '127.0.0.1',
    },
    input: request.body,
  });
  const end = result.stdout.indexOf('\r\n\r\n');
  if (end === -1) return {status: 500, body: result.stderr};
  const headers: Record<string, string> = {};
  for (const line of result.stdout.subarray(0, end).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const {status = '200', ...rest} = headers;
  return {status: Number.parseInt(status, 10), headers: rest, body: result.stdout.subarray(end + 4)};
}
