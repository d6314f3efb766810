import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {BatchModels} from '../models/batch-models.ts';
import type {Models} from '../models/models.ts';
import {systemClock} from '../util/clock.ts';
import type {Env} from './env.ts';

export async function openModels(env: Env, configuration: ModelsConfiguration): Promise<Models> {
  const [{createModels}, {createOfflineModel}] = await Promise.all([
    import('../models/models.ts'),
    import('../models/offline-model.ts'),
  ]);
  return createModels({env, configuration, clock: systemClock, offline: createOfflineModel()});
}

export async function openBatchModels(env: Env, configuration: ModelsConfiguration): Promise<BatchModels> {
  const {createBatchModels} = await import('../models/batch-models.ts');
  return createBatchModels({env, configuration, clock: systemClock});
}
