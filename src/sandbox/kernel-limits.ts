import {readFileSync} from 'node:fs';
import type {SandboxLimits} from '../domain/sandbox.ts';

const openFiles = 16_384;

/** What the kernel holds each process to, as options of prlimit. Never more than we may have ourselves: only root could give it. */
export function kernelLimits(
  {memoryBytes, diskBytes}: Pick<SandboxLimits, 'memoryBytes' | 'diskBytes'>,
  own = readFileSync('/proc/self/limits', 'latin1'),
): string[] {
  const most = (name: string, wanted: number): number => {
    const hard = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(own)?.[1];
    return hard === undefined ? wanted : Math.min(wanted, Number(hard));
  };
  return [
    `--data=${most('Max data size', memoryBytes)}`,
    `--fsize=${most('Max file size', diskBytes)}`,
    `--nofile=${most('Max open files', openFiles)}`,
    '--core=0',
  ];
}
