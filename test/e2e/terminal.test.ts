import {spawnSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, bin, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

describe('the live view on a terminal', () => {
  it.skipIf(!hasTmux)(
    'keeps its height with 100 repos, leaves nothing behind, and the summary stands (needs tmux)',
    async () => {
      await using server = await startScriptedModelServer();
      let letGo = (): void => {};
      const held = new Promise<void>(resolve => {
        letGo = resolve;
      });
      server.reply(async request => {
        const repo = repoOf(request);
        if (server.requests.length > 60) await held;
        if (repo === 'r7') return {fault: 'status', status: 400, message: '\u001b[2Jgone'};
        return {text: wholeFile(repo), delayMs: 10};
      });
      await using person = await invitePerson(anthropicAt(server.url));
      await person.own(Array.from({length: 100}, (_, index) => `r${index}`));
      await using terminal = await openTerminal(person, 100, 30);

      terminal.type(`"${process.execPath}" "${bin}" --skill readme-generator --max-workers 20; echo "exit $?"`);
      // Frames while it goes on, until the server holds everybody.
      const heights = new Set<number>();
      let frame = '';
      await terminal.until(() => {
        const screen = terminal.screen();
        frame = screen.slice(screen.search(/^ r-\d{8}-/m));
        if (/^ r-\d{8}-/.test(frame)) heights.add(frame.trimEnd().split('\n').length);
        return / (?:5\d|6\d)\/100 /.test(frame) && /20 running/.test(frame);
      });
      const lines = frame.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(18);
      for (const height of heights) expect(height).toBeLessThanOrEqual(18);
      expect(lines[0]).toMatch(
        /^ r-\d{8}-\d{6}-[0-9a-f]{4} +\d+:\d\d +█+░+ +\d+\/100 +\d+ changed +1 failed +\d+\.\d{4} USD/,
      );
      expect(frame).toMatch(/✗ readme-generator\/r7 .*provider-bad-request/);
      expect(frame).toMatch(/─ 20 running ─+/);
      expect(frame).toMatch(/⟳ readme-generator\/r\d+/);
      expect(frame).toMatch(/and \d+ more/);
      // One frame on the screen, whatever was drawn before.
      expect(terminal.everything().match(/\d+ running ─/g)).toHaveLength(1);

      letGo();
      await terminal.until(() => /^exit 1$/m.test(terminal.screen()));
      const end = terminal.everything();
      expect(end).not.toMatch(/running ─|⟳|░/);
      expect(end).toMatch(/✗ {2}readme-generator\/r7 {2}provider-bad-request: /);
      expect(end).toMatch(/^r-\d{8}-\d{6}-[0-9a-f]{4} {2}99 changed, 1 failed; \d+\.\d{4} USD/m);
      expect(end.replaceAll('\n', '')).toContain(`results  ${person.home}/orchestrator_batch_`);
      expect(end).toMatch(/^next {5}orchestrator /m);
      expect(terminal.cursorIsShown()).toBe(true);
    },
  );

  it.skipIf(!hasTmux)('gives the terminal back when it is interrupted (needs tmux)', async () => {
    await using server = await startScriptedModelServer();
    server.reply({fault: 'stall'});
    await using person = await invitePerson(anthropicAt(server.url));
    await person.own(['a', 'b', 'c']);
    await using terminal = await openTerminal(person, 60, 15);
    terminal.type(`"${process.execPath}" "${bin}" --skill readme-generator --max-workers 2; echo "exit $?"`);
    await terminal.until(() => /2 running/.test(terminal.screen()));
    terminal.press('C-c');
    await terminal.until(() => /SIGINT/.test(terminal.screen()));
    terminal.press('C-c');
    await terminal.until(() => /^exit 130$/m.test(terminal.screen()));
    expect(terminal.everything()).not.toMatch(/running ─|⟳|░/);
    expect(terminal.cursorIsShown()).toBe(true);
    expect((await person.results()).map(row => row.status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });
});

interface Terminal extends AsyncDisposable {
  type(command: string): void;
  press(key: string): void;
  /** What can be seen. */
  screen(): string;
  /** With what was scrolled away. */
  everything(): string;
  cursorIsShown(): boolean;
  until(holds: () => boolean): Promise<void>;
}

async function openTerminal(person: Person, columns: number, rows: number): Promise<Terminal> {
  // A short path: the name of a socket has at most 107 bytes.
  const folder = await mkdtemp(path.join(tmpdir(), 'o-tmux-'));
  const socket = path.join(folder, 's');
  const tmux = (...args: string[]): string => {
    const {status, stdout, stderr} = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: {...person.env, TERM: 'xterm-256color', LANG: 'C.UTF-8'},
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  tmux('-u', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', person.work, 'env PS1="$ " sh');
  const screen = (): string => tmux('capture-pane', '-p', '-J');
  const until = async (holds: () => boolean): Promise<void> => {
    const endsAt = Date.now() + 30_000;
    while (!holds()) {
      if (Date.now() > endsAt) throw new Error(`it never came to that; the screen:\n${screen()}`);
      await new Promise(resolve => setTimeout(resolve, 40));
    }
  };
  // What is typed before the prompt would be shown twice.
  await until(() => screen().startsWith('$'));
  return {
    type: command => void tmux('send-keys', '-l', `${command}\n`),
    press: key => void tmux('send-keys', key),
    screen,
    everything: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
    cursorIsShown: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    until,
    [Symbol.asyncDispose]: async () => {
      tmux('kill-server');
      await rm(folder, {recursive: true, force: true});
    },
  };
}
