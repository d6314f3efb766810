import {Command, Option} from 'commander';
import {escapeBlock} from '../util/escape-text.ts';
import {checkWords} from './check-words.ts';
import type {Io} from './io.ts';
import {packageVersion} from './package-version.ts';

type SetExitCode = (code: number) => void;

/** Every command with its options; what a command does is loaded when it is called. */
export function createProgram(given: Io, setExitCode: SetExitCode): Command {
  let io = given;
  // What was typed comes back in messages.
  const output = {
    writeOut: given.out,
    writeErr: (text: string) => given.err(escapeBlock(text)),
    outputError: (text: string, write: (text: string) => void) => write(text.replace(/^error: /, 'orchestrator: ')),
  };
  const program = new Command('orchestrator')
    .description('Runs AI work over a fleet of git repositories, unattended.')
    .exitOverride()
    .configureOutput(output)
    .enablePositionalOptions()
    .showHelpAfterError('(see: orchestrator --help)')
    .option('-V, --version', 'print the version')
    .option('--list-repos', 'as: list repos')
    .option('--list-groups', 'as: list groups')
    .option('--list-skills', 'as: list skills')
    .helpCommand(true)
    .addHelpText('after', topExamples);
  addRunOptions(program);
  // What is too much is said by us, with a hint.
  program.allowExcessArguments().action(async options => {
    if (options.version) return io.out(`${packageVersion()}\n`);
    const lists = (['repos', 'groups', 'skills'] as const).filter(
      what => options[`list${what[0]!.toUpperCase()}${what.slice(1)}`],
    );
    if (lists.length > 0) {
      const {list} = await import('./commands/list.ts');
      for (const what of lists) setExitCode(await list(io, what, options));
      return;
    }
    if (Object.keys(options).length === 0) {
      if (!io.canAsk) return program.outputHelp();
      return setExitCode(await (await import('./commands/menu.ts')).menu(io));
    }
    setExitCode(await (await import('./commands/run.ts')).run(io, options));
  });

  program.hook('preAction', (_program, action) => {
    checkWords(action, io.cwd);
    const {queue} = action.opts<{queue?: string}>();
    if (queue !== undefined) io = {...io, queue};
  });
  const command = (usage: string, description: string, examples: string): Command =>
    program
      .command(usage)
      .description(description)
      .exitOverride()
      .configureOutput(output)
      .addHelpText('after', examplesText(examples));

  addRunOptions(
    command(
      'run',
      'run a task configuration, or one skill over chosen repos',
      `orchestrator run --config config/overnight.json
       orchestrator run --skill readme-generator --repos ~/code/api ~/code/web
       orchestrator run --skill journal --tag python --model anthropic/claude-haiku-4-5 --dry-run`,
    ),
  ).action(async options => setExitCode(await (await import('./commands/run.ts')).run(io, options)));
  addRunOptions(
    command(
      'plan',
      'show what a run would do: jobs, tokens, cost, what would be sent and written',
      'orchestrator plan --config config/overnight.json',
    ),
  ).action(async options => setExitCode(await (await import('./commands/run.ts')).run(io, {...options, dryRun: true})));

  command(
    'resume [run]',
    'finish an interrupted or stopped run',
    'orchestrator resume\norchestrator resume r-20251201-020000-7f3a --budget 5',
  )
    .option('--budget <usd>', 'the most that the whole run may cost from now on')
    .option('--deadline <hh:mm>', 'start nothing after this local time')
    .option('--max-workers <n>', 'jobs at once')
    .option('--results-dir <dir>', 'where the results file goes; default: where it is')
    .option('--json', 'events as JSON lines on stdout')
    .action(async (run, options) => setExitCode(await (await import('./commands/resume.ts')).resume(io, run, options)));
  command(
    'retry [run]',
    'run the failed jobs of a run again, where that can help; failures says which, and about at what cost',
    'orchestrator retry\norchestrator retry r-20251201-020000-7f3a --job readme-generator/api',
  )
    .option('--all', 'also those that a retry alone cannot help')
    .option('--job <job...>', 'only these: skill/repo, repo, or id')
    .option('--budget <usd>', 'the most that the whole run may cost from now on')
    .option('--deadline <hh:mm>', 'start nothing after this local time')
    .option('--max-workers <n>', 'jobs at once')
    .option('--results-dir <dir>', 'where the results file goes; default: where it is')
    .option('--json', 'events as JSON lines on stdout')
    .action(async (run, options) => setExitCode(await (await import('./commands/resume.ts')).retry(io, run, options)));
  command(
    'stop [run]',
    'let calls in flight end, record the rest as not started',
    'orchestrator stop\norchestrator stop --now',
  )
    .option('--now', 'do not wait for calls in flight')
    .action(async (run, options) => setExitCode(await (await import('./commands/control.ts')).stop(io, run, options)));
  command('pause [run]', 'start no new job until resume', 'orchestrator pause').action(async run =>
    setExitCode(await (await import('./commands/control.ts')).pause(io, run)),
  );
  command(
    'set <setting...>',
    'change a run that goes on: max_workers=N, budget=USD',
    'orchestrator set max_workers=8\norchestrator set budget=5 --run r-20251201-020000-7f3a',
  )
    .option('--run <run>', 'default: the run that goes on')
    .action(async (settings, options) =>
      setExitCode(await (await import('./commands/control.ts')).set(io, settings, options)),
    );

  command(
    'status [run]',
    'one screen: last night, now, next',
    'orchestrator status\norchestrator status r-20251201-020000-7f3a --json',
  )
    .option('--json', 'as JSON')
    .option('--watch', 'keep it current until Ctrl-C')
    .action(async (run, options) => setExitCode(await (await import('./commands/status.ts')).status(io, run, options)));
  command('logs [run]', 'the log of a run', 'orchestrator logs -f\norchestrator logs --job readme-generator/mcp-fleet')
    .option('-f, --follow', 'follow it until the run ends')
    .option('--job <job>', 'only this job: skill/repo, or its id')
    .option('--reply', 'with --job: also what the model answered')
    .option('--transcript', 'with --job: also what an agent and its tools said, turn by turn')
    .action(async (run, options) => setExitCode(await (await import('./commands/logs.ts')).logs(io, run, options)));
  command(
    'history [repo]',
    'past runs, or what happened to one repo',
    'orchestrator history\norchestrator history mcp-fleet --json',
  )
    .option('--limit <n>', 'how many', '20')
    .option('--json', 'as JSON')
    .action(async (repo, options) =>
      setExitCode(await (await import('./commands/history.ts')).history(io, repo, options)),
    );
  command(
    'report [files...]',
    'the results of a run, or of several results files merged',
    'orchestrator report r-20251201-020000-7f3a --md report.md\norchestrator report shard-1.json shard-2.json --json',
  )
    .option('--json', 'merged rows as JSON')
    .option('--md <file>', 'write Markdown; - for stdout')
    .option('--junit <file>', 'write JUnit XML; - for stdout')
    .option('--html <file>', 'write one HTML file that needs nothing else; - for stdout')
    .action(async (files, options) =>
      setExitCode(await (await import('./commands/report.ts')).report(io, files, options)),
    );
  command(
    'review [run]',
    'decide what the night proposes, one change at a time; without a terminal: what waits',
    `orchestrator review
     orchestrator review r-20251201-020000-7f3a
     orchestrator review --check --json`,
  )
    .option('--skill <name>', 'only changes of this skill')
    .option('--all', 'also what was accepted, rejected or delivered')
    .option('--list', 'the list, also on a terminal')
    .option('--check', 'exit 1 when something waits')
    .option('--json', 'as JSON')
    .option('--content', 'with --json: also what the model wrote about it')
    .action(async (run, options) => setExitCode(await (await import('./commands/review.ts')).review(io, run, options)));
  command(
    'diff [changes...]',
    'changes as patches, safe to show: those that wait, or a run, a repo, skill/repo, run/skill/repo',
    `orchestrator diff
     orchestrator diff readme-generator/api
     orchestrator diff r-20251201-020000-7f3a --stat
     orchestrator diff api --raw | git -C ~/code/api apply`,
  )
    .option('--stat', 'files and counts only')
    .option('--name-only', 'names of files only')
    .option('--raw', 'the patch of one change, byte for byte, for git apply; not to a terminal')
    .option('--run <run>', 'only changes of this run')
    .option('--skill <name>', 'only changes of this skill')
    .option('--json', 'as JSON')
    .option('--content', 'with --json: also patches and what the model wrote')
    .action(async (changes, options) =>
      setExitCode(await (await import('./commands/diff.ts')).diff(io, changes, options)),
    );
  addDecisionOptions(
    command(
      'accept [changes...]',
      'say that changes may leave; nothing leaves before: deliver',
      `orchestrator accept readme-generator/api
       orchestrator accept 'acme/*' --yes
       orchestrator accept --all --skill journal --yes`,
    ),
  )
    .option('--flagged', 'with a pattern or --all: also changes with findings')
    .action(async (changes, options) =>
      setExitCode(await (await import('./commands/decide.ts')).accept(io, changes, options)),
    );
  addDecisionOptions(
    command(
      'reject [changes...]',
      'say that changes may not leave; the same change is not proposed again',
      `orchestrator reject readme-generator/api --why wrong --text "npm start does exist"
       orchestrator reject --all --skill journal --why unwanted --yes`,
    ),
  )
    .option('--why <reason>', 'wrong, unwanted, style or risky', 'unwanted')
    .option('--text <text>', 'in your own words')
    .action(async (changes, options) =>
      setExitCode(await (await import('./commands/decide.ts')).reject(io, changes, options)),
    );
  command(
    'deliver [changes...]',
    'deliver what was accepted',
    `orchestrator deliver
     orchestrator deliver api --deliver branch
     orchestrator deliver --dry-run`,
  )
    .option('--deliver <kind>', 'files, branch or pull-request; default: as the job says, a patch into the files')
    .option('--run <run>', 'only changes of this run')
    .option('--skill <name>', 'only changes of this skill')
    .option('--yes', 'ask nothing')
    .option('--dry-run', 'only say what would be delivered where')
    .option('--json', 'as JSON')
    .action(async (changes, options) =>
      setExitCode(await (await import('./commands/deliver.ts')).deliver(io, changes, options)),
    );
  command(
    'failures [run]',
    'causes of failure of a run: how many repos, whether a retry helps, what to do',
    'orchestrator failures\norchestrator failures r-20251201-020000-7f3a --json',
  )
    .option('--json', 'as JSON')
    .action(async (run, options) =>
      setExitCode(await (await import('./commands/failures.ts')).failures(io, run, options)),
    );
  command(
    'serve',
    'the local web page: last night, review, costs; first line on stdout is its address',
    'orchestrator serve\norchestrator serve --port 7400 --run r-20251201-020000-7f3a',
  )
    .option('--port <n>', 'default: any that is free')
    .option('--host <address>', 'loopback only: 127.0.0.1')
    .option('--run <run>', 'open this run')
    .option('--json', 'the address as JSON')
    .action(async options => setExitCode(await (await import('./commands/serve.ts')).serve(io, options)));
  command(
    'worker',
    "one machine's workers: takes jobs of the queue",
    'orchestrator worker --queue postgres://orchestrator@db/orchestrator --max-workers 8\norchestrator worker --labels gpu,eu',
  )
    .option('--max-workers <n>', 'jobs at once', '5')
    .option('--labels <a,b>', 'also take jobs whose tasks need these')
    .option('--fleet <file>', 'fleet file with the repos that this machine has by path')
    .option('--grace <seconds>', 'how long jobs under way may go on after SIGTERM', '60')
    .action(async options => setExitCode(await (await import('./commands/worker.ts')).worker(io, options)));
  addSchedule(command, setExitCode, () => io);
  addSelectionPlaces(
    command(
      'explain <repo>',
      'why a repo would run or be skipped, or the very text that is sent for it',
      `orchestrator explain mcp-fleet
       orchestrator explain mcp-fleet --skill journal
       orchestrator explain mcp-fleet --skill journal --prompt
       orchestrator explain mcp-fleet --prompt --run r-20251201-020000-7f3a`,
    ),
  )
    .option('-s, --skill <name>', 'only this skill')
    .option('--prompt', 'print what is sent to the model; nothing is sent')
    .option('--run <run>', 'with --prompt: what was sent in this run')
    .option('--json', 'as JSON')
    .action(async (repo, options) =>
      setExitCode(await (await import('./commands/explain.ts')).explain(io, repo, options)),
    );
  addSelectionPlaces(
    command(
      'list <what>',
      'list repos, groups, tags, skills, models or runs',
      'orchestrator list repos\norchestrator list models --json',
    ),
  )
    .option('--json', 'as JSON')
    .action(async (what, options) => setExitCode(await (await import('./commands/list.ts')).list(io, what, options)));

  command(
    'init',
    'find repositories and write config/repos.json and config/tasks.json',
    'orchestrator init --directory ~/code\norchestrator init --directory ~/code --yes',
  )
    .option('--directory <dir...>', 'where to look for repositories')
    .option('--skills <name...>', 'skills of the first task configuration')
    .option('--model <id>', 'model to write into it')
    .option('--budget <usd>', 'budget of a run')
    .option('--yes', 'ask nothing')
    .action(async options => setExitCode(await (await import('./commands/init.ts')).init(io, options)));
  command('doctor', 'check this machine: Node, git, keys, state folder, models', 'orchestrator doctor')
    .option('--json', 'as JSON')
    .action(async options => setExitCode(await (await import('./commands/doctor.ts')).doctor(io, options)));
  command('demo', 'the main job on a small fleet of real repositories, without a key', 'orchestrator demo')
    .option('--directory <dir>', 'where to make the fleet; default: a new temporary folder')
    .action(async options => setExitCode(await (await import('./commands/demo.ts')).demo(io, options)));
  command(
    'notify <test>',
    'send a test message to every address in "notify"',
    'orchestrator notify test --config config/overnight.json',
  )
    .requiredOption('-c, --config <file>', 'task configuration')
    .action(async (what, options) =>
      setExitCode(await (await import('./commands/notify.ts')).notify(io, what, options)),
    );
  command('gc', 'forget runs that are older than a while', 'orchestrator gc --keep 90d')
    .option('--keep <age>', 'how long to keep runs, such as 90d', '90d')
    .option('--dry-run', 'only name the runs and mirrors that would go')
    .action(async options => setExitCode(await (await import('./commands/gc.ts')).gc(io, options)));
  command(
    'schema [name]',
    'print a JSON Schema: tasks, repos, models or results',
    'orchestrator schema tasks > tasks.schema.json',
  ).action(async name => setExitCode(await (await import('./commands/schema.ts')).schema(io, name)));
  command(
    'completion <shell>',
    'print a completion script: bash, zsh or fish',
    'orchestrator completion bash > ~/.local/share/bash-completion/completions/orchestrator',
  ).action(async shell => setExitCode(await (await import('./commands/completion.ts')).completion(io, shell, program)));
  for (const {name, queue} of queueUsers) {
    const user = program.commands.find(known => known.name() === name);
    user?.option('--queue <url>', queue ?? 'look at the runs of this queue; default: ORCHESTRATOR_QUEUE');
  }
  return program;
}

/** Commands that also work on the queue of several machines; `run` has the option among its own. */
const queueUsers: readonly {name: string; queue?: string}[] = [
  {name: 'worker', queue: 'PostgreSQL that holds the queue; default: ORCHESTRATOR_QUEUE'},
  ...[
    'resume',
    'retry',
    'stop',
    'pause',
    'set',
    'status',
    'logs',
    'history',
    'report',
    'serve',
    'review',
    'diff',
    'accept',
    'reject',
    'deliver',
    'failures',
    'explain',
    'list',
  ].map(name => ({name})),
  {name: 'doctor', queue: 'also check this queue; default: ORCHESTRATOR_QUEUE'},
  {name: 'gc', queue: 'forget runs of this queue; default: ORCHESTRATOR_QUEUE'},
];

function examplesText(examples: string): string {
  const lines = examples.split('\n').map(line => `  ${line.trim()}`);
  return `\nExamples:\n${lines.join('\n')}\n`;
}

function addDecisionOptions(command: Command): Command {
  return command
    .option('--all', 'everything that waits')
    .option('--run <run>', 'only changes of this run')
    .option('--skill <name>', 'only changes of this skill')
    .option('--yes', 'ask nothing')
    .option('--json', 'as JSON');
}

function addSchedule(
  command: (usage: string, description: string, examples: string) => Command,
  setExitCode: SetExitCode,
  io: () => Io,
): void {
  const load = (): Promise<typeof import('./commands/schedule.ts')> => import('./commands/schedule.ts');
  const schedule = command(
    'schedule',
    'start a configuration at its times: install, next, remove',
    `orchestrator schedule install "30 22 * * 1-5" --config config/overnight.json
     orchestrator schedule install "weekdays at 22:30" --as cron
     orchestrator schedule next
     orchestrator schedule remove overnight`,
  );
  schedule
    .command('install <when>')
    .description('give it to the scheduler of this machine, after a check with its environment')
    .exitOverride()
    .addHelpText(
      'after',
      examplesText(
        `orchestrator schedule install "30 22 * * 1-5" --config config/overnight.json
         orchestrator schedule install "weekdays at 22:30" --as cron --name overnight`,
      ),
    )
    .option('-c, --config <file>', 'task configuration; default: config/overnight.json, config/tasks.json')
    .option('--as <scheduler>', 'systemd, cron, launchd or github-actions; default: what the machine has')
    .option('--name <name>', 'default: the name of the configuration')
    .option('--zone <zone>', 'time zone, such as Europe/Berlin; default: that of the machine')
    .option('--queue <url>', 'keep it in the queue: one start for all workers')
    .action(async (when, options) => setExitCode(await (await load()).installSchedule(io(), when, options)));
  schedule
    .command('next')
    .description('when schedules start next')
    .exitOverride()
    .addHelpText('after', examplesText('orchestrator schedule next\norchestrator schedule next --count 3 --json'))
    .option('--count <n>', 'starts to show', '5')
    .option('--json', 'as JSON')
    .option('--queue <url>', 'schedules of the queue')
    .action(async options => setExitCode(await (await load()).showSchedules(io(), options)));
  schedule
    .command('remove [name]')
    .description('take a schedule away')
    .exitOverride()
    .addHelpText('after', examplesText('orchestrator schedule remove overnight'))
    .option('--queue <url>', 'schedules of the queue')
    .action(async name => setExitCode(await (await load()).removeSchedule(io(), name)));
}

function addSelectionPlaces(command: Command): Command {
  return command
    .option('--fleet <file>', 'fleet file')
    .option('--skills-dir <dir>', 'folder of skills')
    .option('-c, --config <file>', 'task configuration');
}

function addRunOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'task configuration')
    .option('-s, --skill <name>', 'skill; default repo-summarizer')
    .option('-r, --repos <path...>', 'repos by path or glob')
    .option('--repo-names <name...>', 'repos by name in the fleet file')
    .option('-g, --group <name>', 'repos of a group')
    .option('-t, --tag <name>', 'repos with a tag')
    .option('--select <expression>', 'repos by tags: "python and not legacy"')
    .option('--exclude <glob...>', 'leave these repos out')
    .addOption(new Option('--simple', 'one model call per repo (default)').conflicts(['agent', 'script']))
    .addOption(new Option('--agent', 'a model with tools').conflicts('script'))
    .option('--script', "the skill's own script, no model")
    .option('-o, --output <file>', 'file to write in each repo')
    .option('--model <id>', 'provider/model; offline needs no key')
    .option('--deliver <kind>', 'files, branch, pull-request or patch')
    .addOption(new Option('-p, --parallel', 'several repos at once (default)').conflicts('sequential'))
    .option('--sequential', 'one repo at a time, in the listed order')
    .option('--max-workers <n>', 'jobs at once')
    .option('--budget <usd>', 'the most that the run may cost')
    .option('--deadline <hh:mm>', 'start nothing after this local time')
    .option('--batch', "use the provider's batch prices where there are any")
    .option('--force', 'run also where nothing changed')
    .option('--log-file <path>', 'also write the log there')
    .option('--dry-run', 'show the plan; call nothing, write nothing')
    .option('--shard <i/n>', "this machine's stable share of the repos")
    .option('--queue <url>', 'hand the jobs to workers through PostgreSQL')
    .option('--detach', 'return once the run has started and is recorded')
    .option('--json', 'JSON lines on stdout')
    .option('--results-dir <dir>', 'where the results file goes; default: home')
    .option('--fleet <file>', 'fleet file')
    .option('--skills-dir <dir>', 'folder of skills')
    .option('--env-file <file>', 'set these variables first, one NAME=value a line; what a schedule does');
}

const topExamples = `
Examples:
  orchestrator demo                                          try it, no key needed
  orchestrator init                                          find your repositories
  orchestrator --config config/overnight.json --dry-run      what tonight would do and cost
  nohup orchestrator --config config/overnight.json &        the night
  orchestrator status; orchestrator logs -f                  while it runs
  orchestrator review; orchestrator deliver                  the morning after: decide, then let it leave
  orchestrator retry                                         run again what failed

Exit codes: 0 every job ended well, 1 some job failed or was left undone, 2 could not start, 130/143 interrupted.
`;
