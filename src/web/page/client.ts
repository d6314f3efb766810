import {createContext} from 'preact';
import {useContext} from 'preact/hooks';

/** Talks to the server that the page came from, with the token of its address. */
export interface Client {
  readonly hasToken: boolean;
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  post<Answer>(path: string, body: object): Promise<Answer>;
  /** The answer as it comes, for events. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

/** Why there is no answer. */
export interface Fault {
  readonly message: string;
  /** What the server said; absent when it said nothing at all. */
  readonly status?: number;
}

/** What the server refused, in its words. */
export class Refused extends Error implements Fault {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const place = 'token';

/** Takes the token out of the address, so that it is in no history, and keeps it for this tab. */
export function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return sessionStorage.getItem(place) ?? '';
  sessionStorage.setItem(place, token);
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Keeps it for this tab. False when it is the one that the tab has. */
export function keepToken(token: string): boolean {
  if (sessionStorage.getItem(place) === token) return false;
  sessionStorage.setItem(place, token);
  return true;
}

/** What the server says to the token; each is called once. */
export interface TokenFate {
  accepted(): void;
  /** It does not take it, or not any more. */
  refused(): void;
}

export function createClient(token: string, fate: TokenFate): Client {
  const headers = {authorization: `Bearer ${token}`};
  let last: keyof TokenFate | undefined;
  const tell = (now: keyof TokenFate): void => {
    if (last === now || last === 'refused') return;
    last = now;
    fate[now]();
  };
  const read = async <Answer>(response: Response): Promise<Answer> => {
    tell(response.status === 401 ? 'refused' : 'accepted');
    if (response.ok) return (await response.json()) as Answer;
    throw new Refused(response.status, messageOf(await response.text()));
  };
  return {
    hasToken: token !== '',
    get: async (path, signal) => await read(await fetch(path, {headers, ...(signal === undefined ? {} : {signal})})),
    post: async (path, body) =>
      await read(
        await fetch(path, {
          method: 'POST',
          headers: {...headers, 'content-type': 'application/json'},
          body: JSON.stringify(body),
        }),
      ),
    open: async (path, more, signal) => await fetch(path, {headers: {...headers, ...more}, signal}),
  };
}

function messageOf(text: string): string {
  try {
    const {error, hint} = JSON.parse(text) as {error: string; hint?: string};
    return hint === undefined ? error : `${error}; ${hint}`;
  } catch {
    // A refusal before the routes is plain text.
    return text.trim();
  }
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  return useContext(ClientContext)!;
}
