import {shellWord} from '../../util/shell-word.ts';
import type {CronExpression} from './cron-expression.ts';
import type {ScheduledCommand} from './scheduled-command.ts';

const mark = (id: string): string => `# orchestrator schedule ${id}`;

/** The crontab with the schedule in it, once. */
export function addToCrontab(crontab: string, command: ScheduledCommand, cron: CronExpression): string {
  const before = removeFromCrontab(crontab, command.id);
  const begin = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return `${begin}${mark(command.id)}\n${cron.text} ${shellLine(command)}\n`;
}

/** The crontab without it: its mark, and the one line below. Everything else stays as it is. */
export function removeFromCrontab(crontab: string, id: string): string {
  const lines = crontab.split('\n');
  const at = lines.indexOf(mark(id));
  if (at === -1) return crontab;
  lines.splice(at, 2);
  return lines.join('\n');
}

/** One line for sh. cron ends a line at `%`, mails what is printed, and gives two folders in PATH. */
function shellLine({directory, path, envFile, stateDir, argv}: ScheduledCommand): string {
  const line = [
    `cd ${shellWord(directory)}`,
    'set -a',
    `. ${shellWord(envFile)}`,
    `PATH=${shellWord(path)}`,
    ...(stateDir === undefined ? [] : [`ORCHESTRATOR_HOME=${shellWord(stateDir)}`]),
    'set +a',
    `exec ${argv.map(shellWord).join(' ')} >/dev/null`,
  ].join(' && ');
  return line.replaceAll('%', '\\%');
}
