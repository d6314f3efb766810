import {noUsage} from '../domain/usage.ts';
import type {Model} from './model.ts';

/** `offline` as a model among others: it reads what the request was made from, costs nothing and reaches nobody. */
export function createOfflineModel(): Model {
  return {
    async call({source}) {
      if (source === undefined) throw new Error('an offline request needs its source');
      const {renderOffline} = await import('./offline.ts');
      const {output, ...rest} = source;
      return {
        text: renderOffline({...rest, ...(output === undefined ? {} : {output})}),
        finishReason: 'stop',
        readOff: true,
        usage: {...noUsage, requests: 0},
      };
    },
  };
}
