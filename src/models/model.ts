import type {ModelReply, ModelRequest} from '../domain/model.ts';

/** Reaches one model of one provider. */
export interface Model {
  /**
   * Makes exactly one attempt: one HTTP request, no hidden retry, no redirect followed. Throws `ModelCallError` for whatever goes wrong
   * with it, an abort included. A reply is returned as it came: whether it is a whole answer says `finishReason`.
   */
  call(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
}
