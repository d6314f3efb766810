import {expect, it} from 'vitest';
import {expandPath, shortenPath} from './expand-path.ts';

const places = {base: '/etc/night', home: '/home/ann', env: {WORK: '/srv/work', EMPTY: ''}};

it.each([
  ['~', '/home/ann'],
  ['~/code/*', '/home/ann/code/*'],
  ['$WORK/a', '/srv/work/a'],
  [`$\{WORK}_2/a`, '/srv/work_2/a'],
  ['../b', '/etc/b'],
  ['/x/~', '/x/~'],
  ['a$1', '/etc/night/a$1'],
])('expands %s', (written, expected) => {
  expect(expandPath(written, places)).toEqual({path: expected});
});

it.each(['$NOPE/code', `$\{NOPE}`, '$EMPTY/code'])('names the variable that has no value in %s', written => {
  expect(expandPath(written, places)).toEqual({unset: written.includes('NOPE') ? 'NOPE' : 'EMPTY'});
});

it('shortens to what a person would type', () => {
  const from = {cwd: '/home/ann/night', home: '/home/ann'};
  expect(shortenPath('/home/ann/night/config/a.json', from)).toBe('config/a.json');
  expect(shortenPath('/home/ann/.orchestrator/repos.json', from)).toBe('~/.orchestrator/repos.json');
  expect(shortenPath('/etc/a.json', from)).toBe('/etc/a.json');
});
