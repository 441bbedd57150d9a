import { present } from "../base/assert.js";
import { concatBytes } from "../base/bytes.js";
import { ByteSlab } from "../base/slab.js";
import { setSafe64At, setU32At } from "../base/words.js";
import { TREE_TAGS } from "../crypto/domainTags.js";
import type { Hasher } from "../crypto/interfaces.js";
import { blake3KeyedInto } from "../crypto/placedHashes.js";
import { KEYS, TABLES, tableById } from "../declarations/tables.js";
import {
  BLIND_SIZE_BYTES,
  createStateHashes,
  type StateHashes,
  type StateTreeKeys,
  ZERO_BLIND,
} from "../merkle/statePath.js";
import { HASH_SIZE_BYTES, type Hash } from "../types/primitives.js";
import { EVENT_BLIND_SIZE_BYTES, type Position } from "../types/receipt.js";
import type { RowSource } from "./rowSource.js";
import type { RowPlace } from "./rows.js";

const SCRATCH_SIZE_BYTES = 1024;
const SLAB_SIZE_BYTES = 4_096;
/** Inputs up to this size are kept by their size. */
const KEPT_INPUT_SIZE_BYTES = 255;
/** From here on the ULEB128 length of a key has two bytes. */
const LONG_KEY_SIZE_BYTES = 0x80;

/** Where a row lies in the state tree and what its leaf holds (declarations/README.md, DEC-5). */
export class RowHashes {
  readonly #hasher: Hasher;
  readonly #hashes: StateHashes;
  readonly #keys: StateTreeKeys;
  readonly #blindKey: Uint8Array;
  readonly #eventBlindKey: Uint8Array;
  /** Input of a hash: written anew for each call, and hashed before it returns. */
  readonly #scratch = new Uint8Array(SCRATCH_SIZE_BYTES);
  /** Value hashes of one checkpoint stay and go together. */
  readonly #slab = new ByteSlab(SLAB_SIZE_BYTES);
  /** Its first bytes, by their number: made once, since most inputs have one of a few sizes. */
  readonly #inputs = new Array<Uint8Array | undefined>(KEPT_INPUT_SIZE_BYTES + 1);

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#hashes = createStateHashes(hasher);
    this.#keys = this.#hashes.keys;
    this.#blindKey = hasher.sha256(TREE_TAGS.blind);
    this.#eventBlindKey = hasher.sha256(TREE_TAGS.eventBlind);
  }

  path(table: number, key: Uint8Array): Hash {
    // Readers may ask for the absence of any key; those of rows are short.
    if (key.length >= LONG_KEY_SIZE_BYTES) return this.#hashes.path(table, key);
    const input = this.#scratch;
    input[0] = table & 0xff;
    input[1] = table >> 8;
    // The ULEB128 length of a short key is one byte.
    input[2] = key.length;
    input.set(key, 3);
    return this.#hasher.blake3Keyed(this.#keys.path, this.#input(3 + key.length));
  }

  valueHash(blind: Uint8Array, row: Uint8Array): Hash {
    const sizeBytes = BLIND_SIZE_BYTES + row.length;
    const input =
      sizeBytes <= SCRATCH_SIZE_BYTES ? this.#input(sizeBytes) : new Uint8Array(sizeBytes);
    input.set(blind);
    input.set(row, BLIND_SIZE_BYTES);
    const hash = this.#slab.take(HASH_SIZE_BYTES);
    blake3KeyedInto(this.#hasher, this.#keys.value, input, hash, 0);
    return hash;
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
    this.#scratch.set(secret);
    this.#scratch.set(path, secret.length);
    return this.#hasher
      .blake3Keyed(this.#blindKey, this.#input(secret.length + path.length))
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

  /**
   * Writes the blind of the event at a position to the start of `target` (declarations/README.md,
   * DEC-7): one compression, since secret and BCS(position) have 48 bytes.
   */
  writeEventBlind(
    rows: RowSource,
    account: Uint8Array,
    { height, index, event }: Position,
    target: Uint8Array,
  ): void {
    this.#scratch.set(this.#secret(rows, account));
    setSafe64At(this.#scratch, 32, height);
    setU32At(this.#scratch, 40, index);
    setU32At(this.#scratch, 44, event);
    const input = this.#input(48);
    blake3KeyedInto(this.#hasher, this.#eventBlindKey, input, target, 0, EVENT_BLIND_SIZE_BYTES);
  }

  #input(sizeBytes: number): Uint8Array {
    let input = this.#inputs[sizeBytes];
    if (input === undefined) {
      if (sizeBytes > KEPT_INPUT_SIZE_BYTES) return this.#scratch.subarray(0, sizeBytes);
      input = this.#scratch.subarray(0, sizeBytes);
      this.#inputs[sizeBytes] = input;
    }
    return input;
  }

  #secret(rows: RowSource, account: Uint8Array): Uint8Array {
    return present(
      rows.get(TABLES.secret.id, KEYS.secret(account)),
      "every account has a secret for its blinds",
    );
  }
}
