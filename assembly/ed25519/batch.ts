import { buildBaseTables } from "./comb";
import { verifyWithTables } from "./combVerify";
import { decompress, decompressFour } from "./decompress";
import { ACTIVE, BASE_RECORD, combineScalars, ITEM_KEYS, KEY_POINTS, R_RECORDS } from "./equation";
import {
  beginCall,
  enterWithTables,
  findKey,
  noteTableUse,
  noteUses,
  recordOf,
  tablesOf,
} from "./keyCache";
import { COEFFICIENTS, encodingsOf, ITEM_S, itemAt, listed, VERDICTS } from "./layout";
import { isBelowOrder } from "./order";
import { NIELS_BYTES } from "./point";
import { findWrong } from "./search";

/*
 * ZIP-215: valid iff s < L, A and R decode to points, and 8 (s B - k A - R) is the neutral element, where k is
 * SHA-512(R || A || M) modulo L. A batch checks one random combination of such equations,
 *
 *   8 (sum z R + sum over keys (sum z k) A - (sum z s) B) = neutral,
 *
 * which a wrong signature among them satisfies with a chance of 2^-127. (Multiplying by 8 makes the group
 * that is left one of prime order, and odd z between -2^127 and 2^127 are units there.) When the combination fails it is
 * halved (search.ts), so a verdict is always that of the equation of the one signature.
 *
 * Keys that were used before need not be decoded (keyCache.ts), and signatures of those used often are not in
 * the combination at all (combVerify.ts).
 */

/** The base point with the sign bit set: -B. */
const NEGATIVE_BASE = memory.data<u8>(
  [
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0xe6,
  ],
  16,
);
const BASE = memory.data<u8>(
  [
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
  ],
  16,
);
const UNUSED_RECORD = memory.data(160, 16);
const UNUSED_FLAG = memory.data(4, 16);

/** Table records of the distinct keys that are not remembered. */
const KEY_RECORDS = memory.data(163840, 16);
/** Address of each distinct key's encoding, and whether it is a point. */
const KEY_ENCODINGS = memory.data(4096, 16);
const KEY_VALID = memory.data(1024, 16);
/** Valid signatures of each distinct key in this call (u16). */
const KEY_USES = memory.data(2048, 16);
/** Open addressing over the keys: index + 1 (u16), 0 for a free place. */
const KEY_TABLE = memory.data(4096, 16);
const KEY_TABLE_MASK: u32 = 2047;

/** Items whose keys have no tables, those whose keys have, and where those tables are (u16, u16, u32 by item). */
const PENDING = memory.data(2048, 16);
const WITH_TABLES = memory.data(2048, 16);
const ITEM_TABLES = memory.data(4096, 16);
let keyCount: u32 = 0;

/*
 * How a call checks. Each key by the tier it has reached; or everything in one way: all in one combination, with
 * tables that are built at once, or each signature in an equation of its own. The two that use no tables
 * neither read nor change what is remembered of keys.
 */
const AUTO: u32 = 0;
const BATCH: u32 = 1;
const COMB: u32 = 2;
const SINGLE: u32 = 3;
let tier: u32 = AUTO;

/** Signatures that were checked with tables and in combinations, since the start. */
export let checkedByTables: u32 = 0;
export let checkedInBatches: u32 = 0;

/** Index of the key at `encoding`, entered if it is new. */
function keyIndex(encoding: usize): u32 {
  let place = load<u32>(encoding, 8) & KEY_TABLE_MASK;
  for (;;) {
    const entry = <u32>load<u16>(KEY_TABLE + ((<usize>place) << 1));
    if (entry == 0) break;
    const known = <usize>load<u32>(KEY_ENCODINGS + ((<usize>(entry - 1)) << 2));
    if (memory.compare(known, encoding, 32) == 0) return entry - 1;
    place = (place + 1) & KEY_TABLE_MASK;
  }
  store<u32>(KEY_ENCODINGS + ((<usize>keyCount) << 2), <u32>encoding);
  keyCount++;
  store<u16>(KEY_TABLE + ((<usize>place) << 1), <u16>keyCount);
  return keyCount - 1;
}

/** Encodings that wait until there are four, with their records (u32) and where it is said whether they decode (u32). */
const WAITING = memory.data(16, 16);
const WAITING_RECORDS = memory.data(16, 16);
const WAITING_FLAGS = memory.data(16, 16);
let waiting: usize = 0;

/** Decodes a point to `record`, and says in the byte at `flag` whether it is one; at the latest with `decodeLast`. */
function decode(encoding: usize, record: usize, flag: usize): void {
  const at = waiting << 2;
  store<u32>(WAITING + at, <u32>encoding);
  store<u32>(WAITING_RECORDS + at, <u32>record);
  store<u32>(WAITING_FLAGS + at, <u32>flag);
  waiting++;
  if (waiting == 4) decodeWaiting(decompressFour(WAITING, WAITING_RECORDS));
}

/** Notes which of those that wait are points. */
function decodeWaiting(valid: u32): void {
  for (let i: usize = 0; i < waiting; i++) {
    store<u8>(load<u32>(WAITING_FLAGS + (i << 2)), <u8>((valid >> <u32>i) & 1));
  }
  waiting = 0;
}

function decodeLast(): void {
  if (waiting == 0) return;
  if ((waiting & 1) != 0) decode(load<u32>(WAITING), <usize>UNUSED_RECORD, <usize>UNUSED_FLAG);
  if (waiting == 0) return;
  const valid = decompress(
    load<u32>(WAITING),
    load<u32>(WAITING, 4),
    load<u32>(WAITING_RECORDS),
    load<u32>(WAITING_RECORDS, 4),
  );
  decodeWaiting(valid);
}

/** Points of the distinct keys, from the cache or by `decode`. */
function findPoints(): void {
  for (let i: u32 = 0; i < keyCount; i++) {
    const encoding = <usize>load<u32>(KEY_ENCODINGS + ((<usize>i) << 2));
    const entry = findKey(encoding);
    let record: usize;
    if (entry == 0) {
      record = KEY_RECORDS + <usize>i * NIELS_BYTES;
      decode(encoding, record, KEY_VALID + i);
    } else {
      record = recordOf(entry);
      store<u8>(KEY_VALID + i, 1);
    }
    store<u32>(KEY_POINTS + ((<usize>i) << 2), <u32>record);
  }
}

/** Checks the `count` items of PENDING by random combinations. */
function verifyPending(count: u32, input: usize): void {
  keyCount = 0;
  memory.fill(KEY_TABLE, 0, 4096);
  for (let i: u32 = 0; i < count; i++) {
    const item = listed(PENDING, i);
    // Until `judge` VERDICTS says whether the R of an item is a point.
    decode(encodingsOf(item, input), R_RECORDS + <usize>item * NIELS_BYTES, VERDICTS + item);
    const key = keyIndex(encodingsOf(item, input) + 32);
    store<u16>(ITEM_KEYS + ((<usize>item) << 1), <u16>key);
  }
  findPoints();
  decodeLast();

  let active: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const item = listed(PENDING, i);
    const key = <usize>listed(ITEM_KEYS, item);
    const decodes = load<u8>(VERDICTS + item) != 0 && load<u8>(KEY_VALID + key) != 0;
    store<u8>(VERDICTS + item, 0);
    if (!decodes) continue;
    combineScalars(item, input);
    store<u16>(ACTIVE + ((<usize>active) << 1), <u16>item);
    active++;
  }
  if (tier == SINGLE) {
    for (let i: u32 = 0; i < active; i++) findWrong(i, i + 1);
  } else if (active > 0) findWrong(0, active);
  if (tier == AUTO) learn(active);
}

/** Tells the cache which keys made valid signatures. */
function learn(active: u32): void {
  memory.fill(KEY_USES, 0, 2048);
  for (let i: u32 = 0; i < active; i++) {
    const item = listed(ACTIVE, i);
    const uses = KEY_USES + ((<usize>listed(ITEM_KEYS, item)) << 1);
    store<u16>(uses, load<u16>(uses) + <u16>load<u8>(VERDICTS + item));
  }
  // First those that are known, whose points lie in the cache where a new key may take their place.
  for (let pass = 0; pass < 2; pass++) {
    for (let key: u32 = 0; key < keyCount; key++) {
      const uses = listed(KEY_USES, key);
      const record = <usize>load<u32>(KEY_POINTS + ((<usize>key) << 2));
      const isNew = record == KEY_RECORDS + <usize>key * NIELS_BYTES;
      if (uses == 0 || isNew != (pass == 1)) continue;
      noteUses(<usize>load<u32>(KEY_ENCODINGS + ((<usize>key) << 2)), record, uses);
    }
  }
}

function prepareBase(): void {
  decompress(NEGATIVE_BASE, BASE, BASE_RECORD, UNUSED_RECORD);
  buildBaseTables(UNUSED_RECORD);
}

/** Entry of the key at `encoding` if it has tables, or is given some now because the call asks for them; else 0. */
function entryWithTables(encoding: usize): usize {
  if (tier == BATCH || tier == SINGLE) return 0;
  const entry = findKey(encoding);
  if (entry != 0 && tablesOf(entry) != 0) return entry;
  if (tier != COMB) return 0;
  if (entry == 0 && decompress(encoding, encoding, KEY_RECORDS, UNUSED_RECORD) == 0) return 0;
  return enterWithTables(encoding, KEY_RECORDS);
}

/** Checks the first `count` items (layout.ts) in the way `asked`; one byte each in VERDICTS. */
export function verify(count: u32, input: usize, asked: u32): void {
  tier = asked;
  if (load<u64>(BASE_RECORD) == 0) prepareBase();
  beginCall(count, load<u64>(COEFFICIENTS));
  let pending: u32 = 0;
  let withTables: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    store<u8>(VERDICTS + i, 0);
    if (!isBelowOrder(itemAt(i) + ITEM_S)) continue;
    const entry = entryWithTables(encodingsOf(i, input) + 32);
    if (entry != 0) {
      noteTableUse(entry);
      store<u32>(ITEM_TABLES + ((<usize>i) << 2), <u32>tablesOf(entry));
      store<u16>(WITH_TABLES + ((<usize>withTables) << 1), <u16>i);
      withTables++;
    } else {
      store<u16>(PENDING + ((<usize>pending) << 1), <u16>i);
      pending++;
    }
  }
  if (withTables > 0) verifyWithTables(WITH_TABLES, withTables, ITEM_TABLES, input);
  if (pending > 0) verifyPending(pending, input);
  checkedByTables += withTables;
  checkedInBatches += pending;
}
