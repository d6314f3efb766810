import {JobFailure} from '../domain/outcome.ts';
import {isObjectId} from '../util/git-blob-id.ts';
import {gitEnvironment} from '../util/git-environment.ts';
import {type CommandResult, runCommand} from '../util/run-command.ts';
import {alternateObjects} from './own-git.ts';
import {pushFault, remoteFault} from './remote-fault.ts';
import type {RemoteUrl} from './remote-url.ts';

/** What a token is sent as, to the one origin it belongs to. */
export interface RemoteCredential {
  readonly username: string;
  readonly password: string;
}

export interface RemoteGitOptions {
  readonly gitPath?: string | undefined;
  /** The operator's own environment: where the home is, how ssh and proxies are reached. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The token for an origin such as `https://github.com`, if there is one. */
  readonly credential?: (origin: string) => RemoteCredential | undefined;
  /** Of one git command, default 10 minutes. */
  readonly timeoutMs?: number;
}

/**
 * git on its way to a remote: never with a prompt, a hook, another protocol or a redirect, always with an end. It runs in a git dir of
 * ours with the operator's own ~/.gitconfig, so that credential helpers, proxies and ssh settings work as in a shell.
 */
export class RemoteGit {
  readonly #options: RemoteGitOptions;

  constructor(options: RemoteGitOptions) {
    this.#options = options;
  }

  /** Commit ids by ref name; with `HEAD`, also where it leads. Throws `JobFailure` for what a remote can do. */
  async list(
    remote: RemoteUrl,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<{readonly refs: ReadonlyMap<string, string>; readonly head?: string}> {
    const args = ['ls-remote', '--symref', '--end-of-options', remote.url, ...names];
    const result = await this.#run(remote, '/nonexistent', [], args, signal);
    if (result.exitCode !== 0) throw this.#failure(remote, result);
    const refs = new Map<string, string>();
    let head: string | undefined;
    for (const line of result.stdout.toString('utf8').split('\n')) {
      const [value = '', name = ''] = line.split('\t');
      if (value.startsWith('ref: ') && name === 'HEAD') head = value.slice('ref: '.length);
      else if (isObjectId(value)) refs.set(name, value);
    }
    return {refs, ...(head === undefined ? {} : {head})};
  }

  /** Fetches refs into a git dir of ours, checked as they come, `depth` commits deep; without blobs where the remote can do that. */
  async fetch(
    remote: RemoteUrl,
    gitDirectory: string,
    refspecs: readonly string[],
    {depth, blobs}: {readonly depth: number; readonly blobs: boolean},
    signal?: AbortSignal,
  ): Promise<void> {
    const args = [
      ...['-c', 'fetch.fsckObjects=true', '-c', 'fetch.recurseSubmodules=false'],
      ...oldMistakes.flatMap(name => ['-c', `fetch.fsck.${name}=ignore`]),
      ...['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--force'],
      ...[`--depth=${depth}`, ...(blobs ? [] : ['--filter=blob:none']), '--end-of-options', remote.url, ...refspecs],
    ];
    const result = await this.#run(remote, gitDirectory, [], args, signal);
    if (result.exitCode !== 0) throw this.#failure(remote, result);
  }

  /** Pushes one commit to one branch that is where it is expected to be (undefined: nowhere). Throws `push-rejected` when it is not. */
  async push(
    remote: RemoteUrl,
    from: {readonly gitDirectory: string; readonly objectDirectories: readonly string[]},
    move: {readonly branch: string; readonly expected: string | undefined; readonly commit: string},
    signal?: AbortSignal,
  ): Promise<void> {
    const ref = `refs/heads/${move.branch}`;
    const args = [
      ...['push', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'],
      ...[`--force-with-lease=${ref}:${move.expected ?? ''}`, '--end-of-options', remote.url, `${move.commit}:${ref}`],
    ];
    const result = await this.#run(remote, from.gitDirectory, from.objectDirectories, args, signal);
    if (result.exitCode === 0) return;
    const fault = pushFault(result.stdout.toString('utf8'), result.stderr);
    if (fault === undefined) throw this.#failure(remote, result, true);
    throw new JobFailure(fault.reason, `${remote.shown} did not take the branch ${move.branch}: ${fault.said}`);
  }

  #failure(remote: RemoteUrl, result: CommandResult, isPush = false): JobFailure {
    const {reason, said} = remoteFault(result.stderr, result.exitCode === null);
    return new JobFailure(
      isPush || reason !== 'push-denied' ? reason : 'remote-denied',
      `${remote.shown} cannot be reached${said === '' ? '' : `: ${said}`}`,
    );
  }

  async #run(
    remote: RemoteUrl,
    gitDirectory: string,
    objectDirectories: readonly string[],
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<CommandResult> {
    const {gitPath = 'git', timeoutMs = 600_000} = this.#options;
    const result = await runCommand(gitPath, args, {
      env: this.#environment(remote, gitDirectory, objectDirectories),
      cwd: '/',
      timeoutMs,
      group: true,
      ...(signal === undefined ? {} : {signal}),
    });
    signal?.throwIfAborted();
    return result;
  }

  #environment(remote: RemoteUrl, gitDirectory: string, objectDirectories: readonly string[]): NodeJS.ProcessEnv {
    const {env} = this.#options;
    const kept = Object.fromEntries(
      keptVariables.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])),
    );
    const environment = gitEnvironment({
      ...kept,
      GIT_DIR: gitDirectory,
      GIT_ALLOW_PROTOCOL: remote.kind,
      GIT_ASKPASS: '',
      SSH_ASKPASS: '',
      GCM_INTERACTIVE: 'never',
      GIT_SSH_COMMAND: `${env['GIT_SSH_COMMAND'] ?? 'ssh'} -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15`,
      ...alternateObjects(objectDirectories),
      ...asEnvironment(this.#settings(remote)),
    });
    // The operator's own settings count here, and only here.
    if (env['GIT_CONFIG_GLOBAL'] === undefined) delete environment['GIT_CONFIG_GLOBAL'];
    delete environment['GIT_CONFIG_NOSYSTEM'];
    return environment;
  }

  /** Stronger than any file. In the environment, because other users can read a command line. */
  #settings(remote: RemoteUrl): [string, string][] {
    const credential = remote.origin === undefined ? undefined : this.#options.credential?.(remote.origin);
    const token = Buffer.from(`${credential?.username}:${credential?.password}`).toString('base64');
    return [
      ['core.hooksPath', '/dev/null'],
      ['core.fsmonitor', 'false'],
      ['core.askPass', ''],
      ['credential.interactive', 'false'],
      ['http.followRedirects', 'false'],
      ['http.lowSpeedLimit', '1'],
      ['http.lowSpeedTime', '60'],
      ['protocol.ext.allow', 'never'],
      ['push.gpgSign', 'false'],
      ['gc.auto', '0'],
      ['maintenance.auto', 'false'],
      ...(credential === undefined
        ? []
        : [[`http.${remote.origin}/.extraHeader`, `Authorization: Basic ${token}`] as [string, string]]),
    ];
  }
}

/** Faults of old tools that stand in honest histories and harm nobody who reads. */
const oldMistakes = [
  ...['badTimezone', 'missingSpaceBeforeDate', 'missingSpaceBeforeEmail', 'missingEmail', 'zeroPaddedFilemode'],
  ...['missingNameBeforeEmail', 'badEmail', 'zeroPaddedDate', 'badDate', 'badDateOverflow', 'missingTaggerEntry'],
];

const keptVariables = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'TMPDIR'],
  ...['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'GIT_CONFIG_GLOBAL', 'GNUPGHOME'],
];

function asEnvironment(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const entries = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(entries)};
}
