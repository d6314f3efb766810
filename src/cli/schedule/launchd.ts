import {OrchestratorError} from '../../domain/errors.ts';
import type {CronExpression, CronFields} from './cron-expression.ts';
import type {ScheduledCommand} from './scheduled-command.ts';

/** launchd knows no lists: each combination is an entry of its own. */
const maxEntries = 500;

/** A property list for ~/Library/LaunchAgents. */
export function renderLaunchd(command: ScheduledCommand, cron: CronExpression): string {
  const {directory, path, stateDir, argv} = command;
  const variables = {PATH: path, ...(stateDir === undefined ? {} : {ORCHESTRATOR_HOME: stateDir})};
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${escapeXml(labelOf(command.id))}</string>
  <key>ProgramArguments</key>
  <array>
${argv.map(argument => `    <string>${escapeXml(argument)}</string>`).join('\n')}
  </array>
  <key>WorkingDirectory</key>
  <string>${escapeXml(directory)}</string>
  <key>EnvironmentVariables</key>
  <dict>
${Object.entries(variables)
  .map(([name, value]) => `    <key>${name}</key>\n    <string>${escapeXml(value)}</string>`)
  .join('\n')}
  </dict>
  <key>StartCalendarInterval</key>
  <array>
${intervals(cron).map(renderInterval).join('\n')}
  </array>
  <key>StandardOutPath</key>
  <string>/dev/null</string>
</dict>
</plist>
`;
}

export function labelOf(id: string): string {
  return `local.orchestrator.${id}`;
}

type Interval = Readonly<Record<string, number>>;

/** As cron: a day that fits either the month's or the week's days. */
function intervals({text, fields}: CronExpression): Interval[] {
  const {dayOfMonth, dayOfWeek} = fields;
  const both = dayOfMonth !== undefined && dayOfWeek !== undefined;
  const all = both
    ? [...combine({...fields, dayOfWeek: undefined}), ...combine({...fields, dayOfMonth: undefined})]
    : combine(fields);
  if (all.length > maxEntries) {
    throw new OrchestratorError(
      'bad-schedule',
      `schedule "${text}" has ${all.length} combinations, more than launchd takes`,
      {
        hint: 'start it less often',
      },
    );
  }
  return all;
}

function combine(fields: CronFields): Interval[] {
  const keys = [
    ['Month', fields.month],
    ['Day', fields.dayOfMonth],
    ['Weekday', fields.dayOfWeek],
    ['Hour', fields.hour],
    ['Minute', fields.minute],
  ] as const;
  let entries: Interval[] = [{}];
  for (const [key, values] of keys) {
    if (values !== undefined) entries = entries.flatMap(entry => values.map(value => ({...entry, [key]: value})));
  }
  return entries;
}

function renderInterval(interval: Interval): string {
  const lines = Object.entries(interval).map(
    ([key, value]) => `      <key>${key}</key>\n      <integer>${value}</integer>`,
  );
  return `    <dict>\n${lines.join('\n')}\n    </dict>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
