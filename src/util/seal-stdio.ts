import {closeSync, openSync, readdirSync, readFileSync} from 'node:fs';

type Entry = 'ignore' | 'pipe' | 'ipc' | number;

export interface SealedStdio {
  readonly stdio: Entry[];
  /** To be called once the program has been started. */
  close(): void;
}

/**
 * What a program gets as its open files, and nothing beside them. Files that we were started with ourselves, by a shell or a service,
 * would be handed on: Node marks only its own, and those below 16.
 */
export function sealStdio(own: readonly Entry[]): SealedStdio {
  const stdio = [...own];
  const inherited = inheritedDescriptors().filter(descriptor => descriptor >= own.length);
  if (inherited.length === 0) return {stdio, close() {}};
  const nothing = openSync('/dev/null', 'r+');
  // A place that is left out is not touched.
  for (const descriptor of inherited) {
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio[descriptor] = nothing;
  }
  return {stdio, close: () => closeSync(nothing)};
}

const closedOnExec = 0o2000000;

/** In order. None are found where the system does not tell, which is where there is no sandbox. */
function inheritedDescriptors(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter(descriptor => {
      try {
        const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1] ?? '0';
        return (Number.parseInt(flags, 8) & closedOnExec) === 0;
      } catch {
        // Opened for this very list.
        return false;
      }
    })
    .sort((one, other) => one - other);
}
