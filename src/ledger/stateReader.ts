import { decode } from "../codec/schema.js";
import type { TableDeclaration } from "../declarations/tables.js";
import type { KeyedRow, RowSource } from "./rowSource.js";

/** Typed reading of one state: the current one, or the last final one. */
export interface StateReader extends RowSource {
  /** The decoded row. Callers treat it as immutable: it may be shared. */
  read<T>(table: TableDeclaration<T>, key: Uint8Array): T | undefined;
}

/** A typed reader over any rows. */
export function readerOf(source: RowSource): StateReader {
  return {
    get: (table, key) => source.get(table, key),
    scan: (table, prefix, after, limit): readonly KeyedRow[] =>
      source.scan(table, prefix, after, limit),
    read: (table, key) => {
      const row = source.get(table.id, key);
      return row === undefined ? undefined : decode(table.row, row);
    },
  };
}
