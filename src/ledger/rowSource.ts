/** Rows as bytes, wherever they come from. */

export interface KeyedRow {
  readonly key: Uint8Array;
  readonly row: Uint8Array;
}

/**
 * The rows below the overlay, for example those of the last checkpoint. It may stand at any final
 * state between the last one that was reported as checkpointed and the newest: rows that changed
 * since are shadowed by the overlay.
 */
export interface RowSource {
  /** The caller never writes to the answer. */
  get(table: number, key: Uint8Array): Uint8Array | undefined;
  /** Ascending by key: at most `limit` keys that start with `prefix` and lie after `after`. */
  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedRow[];
}

/** A source without rows. */
export const NO_ROWS: RowSource = { get: () => undefined, scan: () => [] };
