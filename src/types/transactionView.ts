/**
 * A transaction that is read where it lies: its form is checked once, in one pass that allocates
 * nothing, and parts are made when somebody asks for them. A validator holds tens of thousands of
 * them until they are final; decoded, each would be a dozen arrays and objects for the collector.
 * The schemas of transaction.ts are the format; tests hold this reader against them.
 */

import { LIMITS } from "../base/limits.js";
import { u32At, u64At } from "../base/words.js";
import type { Operation, Transaction, TransactionBody, Witness } from "./transaction.js";

/** Where the fields of a body lie; operations follow the parties. */
const OFFSET = {
  chainTag: 2,
  channel: 10,
  nonce: 14,
  validUntilMs: 22,
  salt: 30,
  partyCount: 46,
  parties: 47,
} as const;
const ID_SIZE_BYTES = 32;
const KEY_SIZE_BYTES = 32;
const WITNESS_SIZE_BYTES = 1 + KEY_SIZE_BYTES + 64;
/** Highest upper half of a number that is at most 2^53 - 1. */
const COUNT_HIGH_MAX = 0x1f_ffff;
/** As `readLength` answers where there is no length. */
const NONE = -1;

/** End of the ULEB128 length at `at`: it has at most three bytes here. */
function afterLength(bytes: Uint8Array, at: number): number {
  if ((bytes[at] as number) < 0x80) return at + 1;
  return (bytes[at + 1] as number) < 0x80 ? at + 2 : at + 3;
}

/** The ULEB128 length at `at` in its shortest form, at most `max` (below 2^21), or `NONE`. */
function readLength(bytes: Uint8Array, at: number, max: number): number {
  // Beyond the end a byte is undefined, and no comparison with it holds.
  const first = bytes[at] as number;
  if (first < 0x80) return first <= max ? first : NONE;
  const second = bytes[at + 1] as number;
  if (second < 0x80) {
    const length = (first & 0x7f) | (second << 7);
    return second > 0 && length <= max ? length : NONE;
  }
  const third = bytes[at + 2] as number;
  if (!(third > 0 && third < 0x80)) return NONE;
  const length = (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
  return length <= max ? length : NONE;
}

function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** Lexicographic order of two stretches of the same bytes. */
function compareAt(bytes: Uint8Array, a: number, b: number, sizeBytes: number): number {
  for (let i = 0; i < sizeBytes; i++) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** End of the parties, or `NONE` where their number is wrong or one is named twice. */
function skimParties(bytes: Uint8Array): number {
  const count = bytes[OFFSET.partyCount] as number;
  if (!(count >= 1 && count <= LIMITS.partiesMax)) return NONE;
  const end = OFFSET.parties + count * ID_SIZE_BYTES;
  if (end > bytes.length) return NONE;
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [OFFSET.parties + i * ID_SIZE_BYTES, OFFSET.parties + j * ID_SIZE_BYTES];
      if (compareAt(bytes, a, b, ID_SIZE_BYTES) === 0) return NONE;
    }
  }
  return end;
}

function skimOperations(bytes: Uint8Array, start: number): number {
  const count = bytes[start] as number;
  if (!(count >= 1 && count <= LIMITS.operationsMax)) return NONE;
  let at = start + 1;
  for (let i = 0; i < count; i++) {
    at += 2;
    const length = readLength(bytes, at, LIMITS.operationBodySizeBytesMax);
    if (length === NONE) return NONE;
    at = afterLength(bytes, at) + length;
    if (at > bytes.length) return NONE;
  }
  return at;
}

/** End of the witnesses: each of a party, in ascending order of (party, key). */
function skimWitnesses(bytes: Uint8Array, start: number): number {
  const count = bytes[start] as number;
  if (!(count >= 1 && count <= LIMITS.witnessesMax)) return NONE;
  const end = start + 1 + count * WITNESS_SIZE_BYTES;
  if (end > bytes.length) return NONE;
  const partyCount = bytes[OFFSET.partyCount] as number;
  for (let i = 0; i < count; i++) {
    const at = start + 1 + i * WITNESS_SIZE_BYTES;
    if ((bytes[at] as number) >= partyCount) return NONE;
    // The party is the byte before the key: both are compared as one.
    const isAfter =
      i === 0 || compareAt(bytes, at, at - WITNESS_SIZE_BYTES, 1 + KEY_SIZE_BYTES) > 0;
    if (!isAfter) return NONE;
  }
  return end;
}

function skimAttachment(bytes: Uint8Array, start: number): number {
  if (bytes[start] === 0) return start + 1;
  if (bytes[start] !== 1) return NONE;
  const length = readLength(bytes, start + 1, LIMITS.transactionSizeBytesMax);
  return length === NONE ? NONE : afterLength(bytes, start + 1) + length;
}

/** Until when a transaction is valid, from its bytes alone: they were read before. */
export function validUntilMsOf(bytes: Uint8Array): number {
  const high = u32At(bytes, OFFSET.validUntilMs + 4);
  return high * 0x1_0000_0000 + u32At(bytes, OFFSET.validUntilMs);
}

function operationsAt(bytes: Uint8Array): number {
  return OFFSET.parties + (bytes[OFFSET.partyCount] as number) * ID_SIZE_BYTES;
}

function attachmentAt(bytes: Uint8Array, bodyEnd: number): number {
  return bodyEnd + 1 + (bytes[bodyEnd] as number) * WITNESS_SIZE_BYTES;
}

/** The transaction of these bytes, or undefined where they are not exactly one. */
export function viewTransaction(bytes: Uint8Array): TransactionView | undefined {
  if (bytes.length < OFFSET.parties) return undefined;
  if (u32At(bytes, OFFSET.validUntilMs + 4) > COUNT_HIGH_MAX) return undefined;
  const partiesEnd = skimParties(bytes);
  if (partiesEnd === NONE) return undefined;
  const bodyEnd = skimOperations(bytes, partiesEnd);
  if (bodyEnd === NONE) return undefined;
  const witnessesEnd = skimWitnesses(bytes, bodyEnd);
  if (witnessesEnd === NONE) return undefined;
  const end = skimAttachment(bytes, witnessesEnd);
  return end === bytes.length ? new TransactionView(bytes, bodyEnd) : undefined;
}

/** Parts are views of `bytes`, made anew each time: take what is used twice into a variable. */
export class TransactionView implements Transaction, TransactionBody {
  /** @param bodyEnd Where the body ends and the witnesses begin. */
  constructor(
    readonly bytes: Uint8Array,
    readonly bodyEnd: number,
  ) {}

  /** The fields of the body are its own. */
  get body(): TransactionBody {
    return this;
  }

  get bodyBytes(): Uint8Array {
    return this.bytes.subarray(0, this.bodyEnd);
  }

  get version(): number {
    return u16At(this.bytes, 0);
  }

  get chainTag(): Uint8Array {
    return this.bytes.subarray(OFFSET.chainTag, OFFSET.channel);
  }

  /** Whether the tag is that of a network: the first bytes of its genesis hash. */
  isForChain(genesisHash: Uint8Array): boolean {
    for (let i = OFFSET.chainTag; i < OFFSET.channel; i++) {
      if (this.bytes[i] !== genesisHash[i - OFFSET.chainTag]) return false;
    }
    return true;
  }

  get partyCount(): number {
    return this.bytes[OFFSET.partyCount] as number;
  }

  get channel(): number {
    return u32At(this.bytes, OFFSET.channel);
  }

  get nonce(): bigint {
    return u64At(this.bytes, OFFSET.nonce);
  }

  get validUntilMs(): number {
    return validUntilMsOf(this.bytes);
  }

  get salt(): Uint8Array {
    return this.bytes.subarray(OFFSET.salt, OFFSET.partyCount);
  }

  get parties(): readonly Uint8Array[] {
    const parties: Uint8Array[] = [];
    const end = operationsAt(this.bytes);
    for (let at: number = OFFSET.parties; at < end; at += ID_SIZE_BYTES) {
      parties.push(this.bytes.subarray(at, at + ID_SIZE_BYTES));
    }
    return parties;
  }

  get operations(): readonly Operation[] {
    const { bytes } = this;
    const operations: Operation[] = [];
    for (let at = operationsAt(bytes) + 1; at < this.bodyEnd; ) {
      const code = u16At(bytes, at);
      const length = readLength(bytes, at + 2, LIMITS.operationBodySizeBytesMax);
      const start = afterLength(bytes, at + 2);
      at = start + length;
      operations.push({ code, body: bytes.subarray(start, at) });
    }
    return operations;
  }

  isWitnessedBy(party: number, publicKey: Uint8Array): boolean {
    const { bytes } = this;
    const end = attachmentAt(bytes, this.bodyEnd);
    for (let at = this.bodyEnd + 1; at < end; at += WITNESS_SIZE_BYTES) {
      if (bytes[at] !== party) continue;
      let i = 0;
      while (i < KEY_SIZE_BYTES && bytes[at + 1 + i] === publicKey[i]) i++;
      if (i === KEY_SIZE_BYTES) return true;
    }
    return false;
  }

  get witnesses(): readonly Witness[] {
    const { bytes } = this;
    const witnesses: Witness[] = [];
    const end = attachmentAt(bytes, this.bodyEnd);
    for (let at = this.bodyEnd + 1; at < end; at += WITNESS_SIZE_BYTES) {
      const signatureAt = at + 1 + KEY_SIZE_BYTES;
      witnesses.push({
        party: bytes[at] as number,
        publicKey: bytes.subarray(at + 1, signatureAt),
        signature: bytes.subarray(signatureAt, at + WITNESS_SIZE_BYTES),
      });
    }
    return witnesses;
  }

  get witnessCount(): number {
    return this.bytes[this.bodyEnd] as number;
  }

  get attachment(): Uint8Array | undefined {
    const { bytes } = this;
    const at = attachmentAt(bytes, this.bodyEnd);
    return bytes[at] === 0 ? undefined : bytes.subarray(afterLength(bytes, at + 1));
  }

  get hasAttachment(): boolean {
    return this.bytes[attachmentAt(this.bytes, this.bodyEnd)] !== 0;
  }
}
