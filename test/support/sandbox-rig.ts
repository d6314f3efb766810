import {chownSync, mkdirSync} from 'node:fs';
import path from 'node:path';
import {defaultSandboxSettings, type SandboxSettings} from '../../src/domain/sandbox.ts';
import {createBubblewrap, type MachineParts} from '../../src/sandbox/bubblewrap.ts';
import type {Sandbox, SandboxCommand, SandboxResult} from '../../src/sandbox/sandbox.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {findProgram} from '../../src/util/find-program.ts';

/** Why tests of the sandbox are left out here; goes into their names. */
export const noSandbox = process.platform !== 'linux' || findProgram('bwrap', process.env) === undefined;
export const sandboxNeed = noSandbox ? ' (left out: apt-get install -y bubblewrap)' : '';

export interface SandboxRig extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Holds everything below. */
  readonly directory: string;
  readonly workspace: string;
  /** Runs a shell command in the workspace. */
  run(command: string, options?: Partial<SandboxCommand>): Promise<SandboxResult>;
}

export async function openSandboxRig(
  settings: Partial<SandboxSettings> = {},
  machine: MachineParts = {},
): Promise<SandboxRig> {
  const temporary = await makeTemporaryDirectory();
  const workspace = path.join(temporary.path, 'workspace');
  mkdirSync(workspace);
  const sandbox = createBubblewrap({...defaultSandboxSettings, ...settings}, machine);
  if (sandbox.owner !== undefined) chownSync(workspace, sandbox.owner.uid, sandbox.owner.gid);
  return {
    sandbox,
    directory: temporary.path,
    workspace,
    run: (command, options = {}) =>
      sandbox.run({argv: ['/bin/sh', '-c', command], workspace, timeoutMs: 20_000, ...options}),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
