import type {CronExpression, CronFields} from './cron-expression.ts';
import type {ScheduledCommand} from './scheduled-command.ts';

/** The text of a user service and of its timer. */
export function renderSystemd(
  command: ScheduledCommand,
  cron: CronExpression,
  zone: string | undefined,
): {readonly service: string; readonly timer: string} {
  const service = [
    '[Unit]',
    `Description=orchestrator: ${escapePercent(command.id)}`,
    '',
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${escapePercent(command.directory)}`,
    `Environment=${quote(`PATH=${command.path}`)}`,
    ...(command.stateDir === undefined ? [] : [`Environment=${quote(`ORCHESTRATOR_HOME=${command.stateDir}`)}`]),
    `ExecStart=${command.argv.map(quoteArgument).join(' ')}`,
    // The stop goes to orchestrator alone, which then ends what it started.
    'KillMode=mixed',
    'TimeoutStopSec=90',
    'SuccessExitStatus=143',
    '',
  ];
  const timer = [
    '[Unit]',
    `Description=orchestrator: ${escapePercent(command.id)}`,
    '',
    '[Timer]',
    ...calendars(cron.fields).map(calendar => `OnCalendar=${calendar}${zone === undefined ? '' : ` ${zone}`}`),
    // A night that the machine slept through is made up for.
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ];
  return {service: service.join('\n'), timer: timer.join('\n')};
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Calendar events as systemd has them. cron takes a day that fits either the month's or the week's days, systemd one that fits both. */
export function calendars(fields: CronFields): string[] {
  const {dayOfMonth, dayOfWeek} = fields;
  const time = `${list(fields.hour, 2)}:${list(fields.minute, 2)}:00`;
  const date = (monthDays: readonly number[] | undefined): string => `*-${list(fields.month, 2)}-${list(monthDays, 2)}`;
  const week = dayOfWeek === undefined ? '' : `${dayOfWeek.map(day => dayNames[day]).join(',')} `;
  if (dayOfMonth !== undefined && dayOfWeek !== undefined) {
    return [`${date(dayOfMonth)} ${time}`, `${week}${date(undefined)} ${time}`];
  }
  return [`${week}${date(dayOfMonth)} ${time}`];
}

function list(values: readonly number[] | undefined, digits: number): string {
  return values === undefined ? '*' : values.map(value => String(value).padStart(digits, '0')).join(',');
}

function quote(text: string): string {
  return `"${escapePercent(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `$` begins a variable in a command line, and only there. */
function quoteArgument(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : quote(text.replaceAll('$', '$$$$'));
}

function escapePercent(text: string): string {
  return text.replaceAll('%', '%%');
}
