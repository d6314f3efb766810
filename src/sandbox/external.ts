import type {ChildProcess} from 'node:child_process';
import {chown, rm} from 'node:fs/promises';
import {constants} from 'node:os';
import path from 'node:path';
import type {SandboxSettings} from '../domain/sandbox.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {programFile} from '../util/find-program.ts';
import {once} from '../util/once.ts';
import {makeTemporaryFolder} from '../util/temporary-folder.ts';
import {quietEnvironment} from './bubblewrap-arguments.ts';
import {findControlGroups} from './find-control-groups.ts';
import {launchAs, stageFolder} from './launch-as.ts';
import {SandboxesHere} from './machine-memory.ts';
import {runLimited} from './run-limited.ts';
import {type Sandbox, workspaceMount} from './sandbox.ts';

/**
 * For a machine that is a sandbox itself, as its operator says: commands run beside us, without our environment, as root under another
 * user, within the same limits. What the machine itself lets them read and reach, they can.
 */
export function createExternal(settings: Omit<SandboxSettings, 'minimum'>): Sandbox {
  const isRoot = effectiveUserId() === 0;
  const {uid} = settings;
  const sandboxes = new SandboxesHere();
  const groups = once(findControlGroups);
  return {
    tier: 'external',
    ...(isRoot ? {owner: {uid, gid: uid}} : {}),
    seenAt: ({source, at}) => (isRoot ? `${stageFolder()}${at}` : source),
    async run(command) {
      const limits = {...settings.limits, ...command.limits};
      const home = makeTemporaryFolder('home');
      if (isRoot) await chown(home, uid, uid);
      const mounts = [{source: command.workspace, at: workspaceMount, writable: true}, ...(command.mounts ?? [])];
      const directory = `${stageFolder()}${workspaceMount}`;
      const prefix = isRoot ? launchAs(uid, mounts, {directory, owned: true}).prefix : [];
      try {
        return await runLimited({
          command,
          writable: [home, ...mounts.flatMap(({source, writable}) => (writable ? [source] : []))],
          limits,
          argv: [...prefix, programFile('setpriv', process.env), '--pdeathsig', 'KILL', '--', ...command.argv],
          cwd: isRoot ? '/' : command.workspace,
          env: {
            ...quietEnvironment(settings.tools, path.dirname(process.execPath)),
            HOME: home,
            TMPDIR: home,
            ...command.env,
          },
          // Root has a namespace for that.
          marked: !isRoot,
          descriptors: 0,
          temporary: [],
          groups: await groups(),
          ownNetwork: false,
          sandboxes,
          attach(child, watch) {
            if (child.pid !== undefined) watch(child.pid);
            return {exitCode: () => codeOf(child), told: Promise.resolve()};
          },
        });
      } finally {
        await rm(home, {recursive: true, force: true});
      }
    },
  };
}

/** As shells tell it: 128 and the number of the signal that ended it. */
function codeOf({exitCode, signalCode}: ChildProcess): number | undefined {
  if (exitCode !== null) return exitCode;
  return signalCode === null ? undefined : 128 + constants.signals[signalCode];
}
