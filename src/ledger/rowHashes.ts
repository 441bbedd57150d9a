import { present } from "../base/assert.js";
import { concatBytes } from "../base/bytes.js";
import { TREE_TAGS } from "../crypto/domainTags.js";
import type { Hasher } from "../crypto/interfaces.js";
import { KEYS, TABLES, tableById } from "../declarations/tables.js";
import { BLIND_SIZE_BYTES, createStateHashes, ZERO_BLIND } from "../merkle/statePath.js";
import type { Hash } from "../types/primitives.js";
import type { RowSource } from "./rowSource.js";
import type { RowPlace } from "./rows.js";

/** Where a row lies in the state tree and what its leaf holds (declarations/README.md, DEC-5). */
export class RowHashes {
  readonly #hasher: Hasher;
  readonly #hashes: ReturnType<typeof createStateHashes>;
  readonly #blindKey: Uint8Array;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#hashes = createStateHashes(hasher);
    this.#blindKey = hasher.sha256(TREE_TAGS.blind);
  }

  path(table: number, key: Uint8Array): Hash {
    return this.#hashes.path(table, key);
  }

  valueHash(blind: Uint8Array, row: Uint8Array): Hash {
    return this.#hashes.valueHash(blind, row);
  }

  /**
   * 16 bytes: zero for public rows, else made from the owner's secret. A row is looked at only to
   * find its owner; `rows` must hold the owner's secret.
   */
  blind(rows: RowSource, table: number, key: Uint8Array, row: Uint8Array, path: Hash): Uint8Array {
    const { owner } = present(tableById(table), "rows belong to declared tables");
    if (owner.part === "none") return ZERO_BLIND;
    const holder = owner.part === "key" ? key : row;
    const secret = this.#secret(rows, holder.subarray(owner.offset, owner.offset + 32));
    return this.#hasher
      .blake3Keyed(this.#blindKey, concatBytes(secret, path))
      .slice(0, BLIND_SIZE_BYTES);
  }

  /** Place of a row that exists; see {@link blind}. */
  place(rows: RowSource, table: number, key: Uint8Array, row: Uint8Array): RowPlace {
    const path = this.path(table, key);
    return { path, blind: this.blind(rows, table, key, row, path) };
  }

  /** Head of a balance's chain before its first event: nobody can guess it without the secret. */
  firstHead(rows: RowSource, account: Uint8Array, asset: number): Hash {
    const path = this.path(TABLES.balance.id, KEYS.balance(account, asset));
    const secret = this.#secret(rows, account);
    return this.#hasher.blake3Keyed(this.#blindKey, concatBytes(secret, path, Uint8Array.of(1)));
  }

  #secret(rows: RowSource, account: Uint8Array): Uint8Array {
    return present(
      rows.get(TABLES.secret.id, KEYS.secret(account)),
      "every account has a secret for its blinds",
    );
  }
}
