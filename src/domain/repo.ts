import type {ForgeHost} from './forge.ts';

/** One git repository of the fleet. */
export interface Repo {
  /** Unique in the fleet; what people type. */
  readonly name: string;
  /** Absolute path of the work tree (or bare repository) on this machine; it need not exist. */
  readonly path?: string;
  readonly url?: string;
  /** Web address, for people; may be unknown. */
  readonly github?: string;
  readonly branch?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Inactive repos are never selected by group, tag, `all` or `select`. */
  readonly active: boolean;
}

/** The repos a person owns, and the names for subsets of them. */
export interface Fleet {
  /** Where it was read from, for messages; absent when no fleet file was found. */
  readonly file?: string;
  readonly repos: readonly Repo[];
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Every forge that is known, with those that the fleet file lists. */
  readonly forges?: readonly ForgeHost[];
  /** Worth telling whoever uses the fleet. */
  readonly notes?: readonly string[];
}
