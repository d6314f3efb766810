import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {expect, it} from 'vitest';
import {systemClock} from '../../src/util/clock.ts';
import {bin, invitePerson} from '../support/person.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

it.skipIf(!hasTmux)(
  'review takes the screen, decides by keys and gives the terminal back (needs tmux: apt install tmux)',
  async () => {
    await using person = await invitePerson();
    await person.own(['api', 'web', 'ops']);
    await person.write('config/tasks.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all', deliver: 'patch'}],
      settings: {model: 'offline', fleet: 'repos.json'},
    });
    await person.call(['--config', 'config/tasks.json']);
    const socket = mkdtempSync(path.join(tmpdir(), 'orchestrator-tmux-'));
    const tmux = (...args: string[]): string =>
      spawnSync('tmux', ['-S', path.join(socket, 's'), ...args], {encoding: 'utf8'}).stdout;
    const until = async (pattern: RegExp): Promise<string> => {
      for (let tries = 0; tries < 200; tries++) {
        const screen = tmux('capture-pane', '-p');
        if (pattern.test(screen)) return screen;
        await systemClock.sleep(100);
      }
      throw new Error(`never saw ${pattern}:\n${tmux('capture-pane', '-p')}`);
    };
    const variables = Object.entries({...person.env, TERM: 'screen-256color'}).map(
      ([name, value]) => `${name}='${value}'`,
    );
    try {
      const line = `cd '${person.work}'; echo before; env -i ${variables.join(' ')} '${process.execPath}' '${bin}' review; echo "exit $?"; cat`;
      tmux('-f', '/dev/null', 'new-session', '-d', '-x', '90', '-y', '24', line);
      const first = await until(/1 of 3 {3}api · readme-generator · \+\d+ −0 in 1 file/);
      expect(first).toContain('README.md   (new)');
      expect(first).not.toContain('before');
      tmux('send-keys', 'a');
      await until(/2 of 3 {3}ops/);
      tmux('send-keys', 'r');
      await until(/why\? {2}\[w\] wrong/);
      tmux('send-keys', 's');
      await until(/style\. In your words/);
      tmux('send-keys', 'too plain', 'Enter');
      await until(/3 of 3 {3}web/);
      tmux('send-keys', 'Down', 'PageDown', 'F5', 'q');
      const end = await until(/exit 0/);
      expect(end).toMatch(
        /before\n1 accepted, 1 rejected, 1 to review\nnext {5}orchestrator review +1 to review\n +orchestrator deliver +1 accepted\nexit 0/,
      );
      expect(tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim()).toBe('0 1');
    } finally {
      tmux('kill-server');
      rmSync(socket, {recursive: true, force: true});
    }
  },
  60_000,
);
