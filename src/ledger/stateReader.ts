import type { TableDeclaration } from "../declarations/tables.js";
import type { RowSource } from "./rowSource.js";

/** Typed reading of one state: the current one, or the last final one. */
export interface StateReader extends RowSource {
  /** The decoded row. Callers treat it as immutable: it may be shared. */
  read<T>(table: TableDeclaration<T>, key: Uint8Array): T | undefined;
}
