import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import {openBatchModels} from '../orchestrator/open-models.ts';
import {batchBounds} from './batch-bounds.ts';
import type {Io} from './io.ts';

/** @throws OrchestratorError when some job of a run with batch prices cannot have them; nothing has run then. */
export async function checkBatch(io: Io, configuration: ModelsConfiguration, jobs: readonly Job[]): Promise<void> {
  const refuse = (message: string, hint: string): never => {
    throw new OrchestratorError('no-batch', message, {hint});
  };
  batchBounds(io.env);
  const models = await openBatchModels(io.env, configuration);
  for (const job of jobs) {
    if (job.mode === 'script') continue;
    if (job.mode !== 'simple') {
      refuse(
        `task "${job.task}": mode "${job.mode}" cannot use batch prices, since it waits for each of many replies`,
        'use --simple for it, or leave --batch and "batch" out',
      );
    }
    const [model = ''] = job.models;
    const problem = model === 'offline' ? undefined : models.check(model);
    if (problem !== undefined) {
      refuse(`task "${job.task}": ${problem}`, 'use such a model, or leave --batch and "batch" out');
    }
  }
}
