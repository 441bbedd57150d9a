import { ByteSlab } from "../base/slab.js";
import { encode } from "../codec/schema.js";
import { ulebSizeBytes, writeUleb } from "../codec/uleb.js";
import type { Hasher } from "../crypto/interfaces.js";
import { sha256Into } from "../crypto/placedHashes.js";
import type { EventDeclaration } from "../declarations/events.js";
import { listRootOfPackedHashes } from "../merkle/listTree.js";
import { type AccountId, HASH_SIZE_BYTES, type Hash } from "../types/primitives.js";
import { EVENT_BLIND_SIZE_BYTES, type LedgerEvent } from "../types/receipt.js";
import type { RowHashes } from "./rowHashes.js";
import type { RowSource } from "./rowSource.js";

/** Bytes of the RFC 9162 leaf input before an event's body: 0x00, code u16, ULEB128 length. */
function prefixSizeBytes(bodySizeBytes: number): number {
  return 3 + ulebSizeBytes(bodySizeBytes);
}

/** Events of one block stay and go together, so their bytes lie together. */
const EVENTS_SLAB_SIZE_BYTES = 16_384;

/**
 * Room for an event whose body has `bodySizeBytes` bytes, laid out as its leaf input
 * (0x00, BCS(event)) so that nothing is copied again: the body is the view to fill. The blind's
 * bytes stand at the end and are zero.
 */
function eventBuffer(
  slab: ByteSlab,
  code: number,
  bodySizeBytes: number,
): { readonly leafInput: Uint8Array; readonly body: Uint8Array } {
  const prefix = prefixSizeBytes(bodySizeBytes);
  const leafInput = slab.take(prefix + bodySizeBytes + EVENT_BLIND_SIZE_BYTES);
  leafInput[1] = code & 0xff;
  leafInput[2] = code >> 8;
  writeUleb(leafInput, 3, bodySizeBytes);
  return { leafInput, body: leafInput.subarray(prefix, prefix + bodySizeBytes) };
}

/** The events of one index of a block, their leaf hashes and the accounts that they name. */
export class EventLog {
  readonly #hasher: Hasher;
  readonly #hashes: RowHashes;
  readonly #rows: RowSource;
  readonly #slab = new ByteSlab(EVENTS_SLAB_SIZE_BYTES);
  /** Where the next event stands, but for its number among the events of the index. */
  #height = 0;
  #index = 0;
  #events: LedgerEvent[] = [];
  /** Leaf hashes of the events, one after another: written anew for each index. */
  #leafHashes = new Uint8Array(16 * HASH_SIZE_BYTES);
  #accounts: AccountId[] = [];

  /** `rows` hold the secrets from which blinds are made. */
  constructor(hasher: Hasher, hashes: RowHashes, rows: RowSource) {
    this.#hasher = hasher;
    this.#hashes = hashes;
    this.#rows = rows;
  }

  get events(): readonly LedgerEvent[] {
    return this.#events;
  }

  /** Root of the list tree over the events (RFC 9162); zero without events. */
  get root(): Hash {
    const sizeBytes = this.#events.length * HASH_SIZE_BYTES;
    return listRootOfPackedHashes(this.#hasher, this.#leafHashes.subarray(0, sizeBytes));
  }

  /** Copies the leaf hash of the last event to `at` of `target`. */
  copyLastHash(target: Uint8Array, at: number): void {
    const start = (this.#events.length - 1) * HASH_SIZE_BYTES;
    for (let i = 0; i < HASH_SIZE_BYTES; i++) target[at + i] = this.#leafHashes[start + i]!;
  }

  /** Accounts that events name; they may repeat. */
  get accounts(): readonly AccountId[] {
    return this.#accounts;
  }

  /** Begins the events of an index of a block: without any. */
  start(height: number, index: number): void {
    this.#height = height;
    this.#index = index;
    this.clear();
  }

  /** Forgets everything, after a failure. What was handed out stays. */
  clear(): void {
    this.#events = [];
    this.#accounts = [];
  }

  emit<T>(declaration: EventDeclaration<T>, value: T): void {
    const encoded = encode(declaration.body.schema, value);
    const { leafInput, body } = this.buffer(declaration.code, encoded.length);
    body.set(encoded);
    const accounts = declaration.accounts.map(
      (name) => (value as Record<string, unknown>)[name] as AccountId,
    );
    const [reader] = declaration.readers;
    const owner =
      reader === undefined ? undefined : ((value as Record<string, unknown>)[reader] as AccountId);
    this.append(declaration.code, leafInput, body, owner);
    for (const account of accounts) this.#accounts.push(account);
  }

  /** Room for an event, to be filled and then appended. */
  buffer(code: number, bodySizeBytes: number): ReturnType<typeof eventBuffer> {
    return eventBuffer(this.#slab, code, bodySizeBytes);
  }

  /**
   * Adds an event that lies in a {@link buffer}, blinded by the secret of its owner; a public
   * one has no owner. Accounts that it names are told apart ({@link named}).
   */
  append(
    code: number,
    leafInput: Uint8Array,
    body: Uint8Array,
    owner: AccountId | undefined,
  ): void {
    const blind = leafInput.subarray(leafInput.length - EVENT_BLIND_SIZE_BYTES);
    if (owner !== undefined) {
      const position = { height: this.#height, index: this.#index, event: this.#events.length };
      this.#hashes.writeEventBlind(this.#rows, owner, position, blind);
    }
    const at = this.#events.length * HASH_SIZE_BYTES;
    if (at === this.#leafHashes.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#leafHashes);
      this.#leafHashes = grown;
    }
    sha256Into(this.#hasher, leafInput, this.#leafHashes, at);
    this.#events.push({ code, body, blind });
  }

  /** Adds an account that the last event names. */
  named(account: AccountId): void {
    this.#accounts.push(account);
  }
}
