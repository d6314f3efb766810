import type {Sandbox, SandboxResult} from './sandbox.ts';

export type NoteNetwork = (network: NonNullable<SandboxResult['network']>) => void;

/** The same sandbox, of whose commands somebody is told what they asked of the network. */
export function notingNetwork(sandbox: Sandbox, note: NoteNetwork): Sandbox {
  return {
    ...sandbox,
    async run(command) {
      const result = await sandbox.run(command);
      if (result.network !== undefined) note(result.network);
      return result;
    },
  };
}
