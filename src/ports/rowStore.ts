/**
 * The checkpoint: ordered byte keys to byte values in named tables, written atomically. What
 * `commit` took is visible at once and durable when `done` is called.
 */
export interface RowStore {
  get(table: string, key: Uint8Array): Uint8Array | undefined;
  /** Ascending from `from` (inclusive) while keys start with `prefix`; at most `limit`. */
  scan(
    table: string,
    range: {
      readonly prefix?: Uint8Array;
      readonly from?: Uint8Array;
      readonly limit: number;
      readonly reverse?: boolean;
    },
  ): { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** All changes or none; `done` when they survive a power cut. */
  commit(changes: readonly RowStoreChange[], done: (error: Error | undefined) => void): void;
  close(done: () => void): void;
}

export interface RowStoreChange {
  readonly table: string;
  readonly key: Uint8Array;
  /** Undefined removes the key. */
  readonly value: Uint8Array | undefined;
}
