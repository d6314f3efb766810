/** An object as it lies in a store. Nothing says yet that it has the id under which it was found. */
export interface StoredObject {
  readonly type: string;
  readonly size: number;
  /** Absent when it is larger than was asked for. */
  readonly content?: Buffer;
}

export const objectTypes: readonly string[] = ['commit', 'tree', 'blob', 'tag'];
