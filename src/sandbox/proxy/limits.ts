export interface ProxyLimits {
  /** At once. npm opens 15, a browser some 30. */
  readonly connections: number;
  /** From one command to all hosts together. Requests and an upload of a report; more is a repo on its way out. */
  readonly sentBytes: number;
  /** As much as a command may write to the disk by default. */
  readonly receivedBytes: number;
  /** A registry that makes an index, or a slow mirror, is silent for less. */
  readonly idleMs: number;
  /** Of one request, what Node takes by default: cookies and tokens of registries fit. */
  readonly headerBytes: number;
  /** A browser sends 2 kB, with keys that outlive quantum computers in it. */
  readonly helloBytes: number;
  /** Until the request of a connection is there: nobody types it. */
  readonly startMs: number;
  /** To find an address, and to each address: clients themselves give up after 10 to 30 s. */
  readonly connectMs: number;
  /** Addresses of one name that are tried: large sites have eight. */
  readonly addresses: number;
}

export const proxyLimits: ProxyLimits = {
  connections: 64,
  sentBytes: 256 * 1024 ** 2,
  receivedBytes: 4 * 1024 ** 3,
  idleMs: 120_000,
  headerBytes: 16 * 1024,
  helloBytes: 32 * 1024,
  startMs: 15_000,
  connectMs: 10_000,
  addresses: 8,
};
