/** Why a message did not arrive, in words that show no address, no key and nothing a server said. */
export class SendError extends Error {
  readonly retryable: boolean;

  constructor(message: string, {retryable}: {readonly retryable: boolean}) {
    super(message);
    this.retryable = retryable;
  }
}
