/**
 * Tabs hand the token on among themselves, so that a link can be opened in a new one. Only pages of this very origin hear the channel,
 * and all of these come from the server that the token is for; the address bar, the history and the server's log never hold it.
 */
const channelName = 'orchestrator-token';

/** A tab that has been asked answers at once, also when nobody looks at it. */
const waitMs = 400;

interface Said {
  readonly token?: string;
  readonly asks?: true;
}

/** Answers tabs that ask, and tells those that wait for one, until it is called. */
export function offerToken(token: string): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({data}: MessageEvent<Said>) => {
    if (data.asks) channel.postMessage({token} satisfies Said);
  });
  channel.postMessage({token} satisfies Said);
  return () => channel.close();
}

/** Asks until `take` takes the token of another tab; `none` is called after a while without one, though one may still come. */
export function askForToken(take: (token: string) => boolean, none: () => void): void {
  const channel = new BroadcastChannel(channelName);
  const timer = setTimeout(none, waitMs);
  channel.addEventListener('message', ({data}: MessageEvent<Said>) => {
    if (typeof data.token !== 'string' || data.token === '' || !take(data.token)) return;
    clearTimeout(timer);
    channel.close();
  });
  channel.postMessage({asks: true} satisfies Said);
}
