import {shellWord} from '../../util/shell-word.ts';
import type {CronExpression} from './cron-expression.ts';
import type {ScheduledCommand} from './scheduled-command.ts';

/** Ends the line that it stands in, so that it goes where the line goes. */
const mark = (id: string): string => ` # orchestrator schedule ${id}`;

/** The crontab with the schedule in it, once. */
export function addToCrontab(crontab: string, command: ScheduledCommand, cron: CronExpression): string {
  const before = removeFromCrontab(crontab, command.id);
  const begin = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return `${begin}${cron.text} ${shellLine(command)}${mark(command.id)}\n`;
}

/** The crontab without it. Everything else stays as it is. */
export function removeFromCrontab(crontab: string, id: string): string {
  return crontab
    .split('\n')
    .filter(line => !line.endsWith(mark(id)))
    .join('\n');
}

/** One line for sh. cron ends a line at `%`, mails what is printed, and gives two folders in PATH. */
function shellLine({directory, path, stateDir, argv}: ScheduledCommand): string {
  const variables = [
    `PATH=${shellWord(path)}`,
    ...(stateDir === undefined ? [] : [`ORCHESTRATOR_HOME=${shellWord(stateDir)}`]),
  ];
  const line = `cd ${shellWord(directory)} && exec env ${[...variables, ...argv.map(shellWord)].join(' ')} >/dev/null`;
  return line.replaceAll('%', '\\%');
}
