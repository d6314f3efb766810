import {OrchestratorError} from '../domain/errors.ts';
import type {Io} from './io.ts';

/** A whole number that the environment may give instead of the standard. @throws OrchestratorError when it is none, or out of bounds. */
export function environmentCount(
  env: Io['env'],
  name: string,
  standard: number,
  bounds: {readonly unit: string; readonly least: number; readonly most: number},
): number {
  const text = env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  const {unit, least, most} = bounds;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OrchestratorError('bad-environment', `${name} is ${JSON.stringify(text)}`, {
    hint: `give whole ${unit}, from ${least} to ${most}`,
  });
}
