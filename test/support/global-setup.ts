/** Gives every test a git identity and hides the developer's own configuration, keys and state. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

export default function setup(): () => void {
  const home = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-home-'));
  for (const name of Object.keys(process.env)) {
    if (/API_KEY|_BASE_URL|^GIT_|^ORCHESTRATOR_(HOME|QUEUE)|^XDG_|NO_COLOR|FORCE_COLOR/.test(name))
      delete process.env[name];
  }
  Object.assign(process.env, {
    HOME: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test Author',
    GIT_AUTHOR_EMAIL: 'author@example.test',
    GIT_COMMITTER_NAME: 'Test Author',
    GIT_COMMITTER_EMAIL: 'author@example.test',
  });
  return () => rmSync(home, {recursive: true, force: true});
}
