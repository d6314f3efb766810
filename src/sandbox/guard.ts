import type {ChildProcess} from 'node:child_process';
import type {Writable} from 'node:stream';
import {startTick} from '../util/process-identity.ts';
import {killGroup} from '../util/run-command.ts';

/** Number of the file by which the guard is told things: it is open as long as we live. */
export const lifeline = 3;

/**
 * The program, with a guard in its process group that kills all of it when we are no more. Bubblewrap binds its life to ours by itself,
 * but not at every moment of its start, and its inner half leaves the group. That half is known by when it was started: a command of
 * the same user may have given it another name, and freed it from its parent. `descriptors` more files are for the program alone.
 */
export function guarded(argv: readonly string[], descriptors: number): string[] {
  const others = Array.from({length: descriptors}, (_, index) => `${lifeline + 1 + index}<&-`).join(' ');
  const script = `(${guard}) </dev/null >/dev/null 2>&1 ${others} &
exec ${lifeline}<&-
exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh', ...argv];
}

/** Stands in the environment of a program outside of the sandbox, and of whatever it starts. */
export const leashVariable = 'ORCHESTRATOR_LEASH';

const guard = `unset ${leashVariable}
first= tick= stat= group= mark=
while read -r word value rest; do
  case $word in
    first) first=$value tick=$rest ;;
    group) group=$value ;;
    mark) mark=$value ;;
  esac
done <&${lifeline}
if [ -n "$first" ]; then
  while IFS= read -r line; do stat="$stat $line"; done < "/proc/$first/stat"
  set -- \${stat##*) }
  [ "\${20}" = "$tick" ] && kill -9 "$first"
fi
if [ -n "$group" ]; then
  for try in 1 2 3 4 5 6 7 8 9 10; do
    echo 1 > "$group/cgroup.kill" || while read -r pid; do kill -9 "$pid"; done < "$group/cgroup.procs"
    rmdir "$group" || [ ! -d "$group" ] && break
    sleep 0.1
  done
fi
if [ -n "$mark" ]; then
  read -r self rest < /proc/self/stat
  for try in 1 2 3 4 5 6 7 8 9 10; do
    found=
    for file in $(grep -lsaF "${leashVariable}=$mark" /proc/[0-9]*/environ); do
      pid=\${file#/proc/} pid=\${pid%/environ}
      [ "$pid" != "$self" ] && kill -9 "$pid" && found=1
    done
    [ -z "$found" ] && break
  done
fi
kill -9 0`;

/** All processes of a program that was started with its guard, which is told whatever we are. */
export class GuardedProcesses {
  readonly #child: ChildProcess;
  #first: {readonly pid: number; readonly tick: string} | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    // Its other end may be gone already.
    child.stdio[lifeline]?.on('error', () => {});
  }

  /** The process with which all of a sandbox ends. False when it has ended by now. */
  setFirst(pid: number): boolean {
    const tick = startTick(pid);
    if (tick === undefined) return false;
    this.#first = {pid, tick};
    this.#tell(`first ${pid} ${tick}`);
    return true;
  }

  /** The control group that holds all of them. */
  setGroup(directory: string): void {
    this.#tell(`group ${directory}`);
  }

  /** What stands in the environment of those that may have left the group. */
  setMark(mark: string): void {
    this.#tell(`mark ${mark}`);
  }

  kill(): void {
    // The guard dies with the group, so what it would kill goes first.
    if (this.#first !== undefined) killProcess(this.#first.pid, this.#first.tick);
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  /** To be called when there is nothing left to guard. */
  release(): void {
    this.#child.stdio[lifeline]?.destroy();
  }

  #tell(word: string): void {
    (this.#child.stdio[lifeline] as Writable).write(`${word}\n`);
  }
}

/** A number that belongs to somebody else by now is left alone. */
function killProcess(pid: number, tick: string): void {
  if (startTick(pid) !== tick) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
}
