import { multiplyAdd } from "../generated/scalar";
import { buildBaseTables } from "./comb";
import { verifyWithTables } from "./combVerify";
import { decompress, decompressFour } from "./decompress";
import { RECORDS, SCALAR_BYTES, SCALARS } from "./digits";
import {
  beginCall,
  enterWithTables,
  findKey,
  noteTableUse,
  noteUses,
  recordOf,
  tablesOf,
} from "./keyCache";
import {
  COEFFICIENT_BYTES,
  COEFFICIENTS,
  encodingsOf,
  ITEM_S,
  itemAt,
  listed,
  VERDICTS,
} from "./layout";
import { sumTimes8IsNeutral } from "./multiscalar";
import { addScalar, challenge, isBelowOrder, shorten, subScalar } from "./order";
import { NIELS_BYTES } from "./point";

/*
 * ZIP-215: valid iff s < L, A and R decode to points, and 8 (s B - k A - R) is the neutral element, where k is
 * SHA-512(R || A || M) modulo L. A batch checks one random combination of such equations,
 *
 *   8 (sum z R + sum over keys (sum z k) A - (sum z s) B) = neutral,
 *
 * which a wrong signature among them satisfies with a chance of 2^-127. (Multiplying by 8 makes the group
 * that is left one of prime order, and odd z between -2^127 and 2^127 are units there.) When the combination fails it is
 * halved, so a verdict is always that of the equation of the one signature.
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
const BASE_RECORD = memory.data(160, 16);
const UNUSED_RECORD = memory.data(160, 16);
const UNUSED_FLAG = memory.data(4, 16);

/** Table records of the Rs by item, and of the distinct keys. */
const R_RECORDS = memory.data(163840, 16);
const KEY_RECORDS = memory.data(163840, 16);
/** Address of each distinct key's encoding, and whether it is a point. */
const KEY_ENCODINGS = memory.data(4096, 16);
const KEY_VALID = memory.data(1024, 16);
/** Address of each distinct key's table record (u32), and its valid signatures in this call (u16). */
const KEY_POINTS = memory.data(4096, 16);
const KEY_USES = memory.data(2048, 16);
/** Key index of each item (u16). */
const ITEM_KEYS = memory.data(2048, 16);
/** Open addressing over the keys: index + 1 (u16), 0 for a free place. */
const KEY_TABLE = memory.data(4096, 16);
const KEY_TABLE_MASK: u32 = 2047;

/** |z| k and |z| s of each item, 32 bytes each. */
const ZK = memory.data(32768, 16);
const ZS = memory.data(32768, 16);
/** Sums over a range: z k by key, and where each key's sum is in the order of the points. */
const KEY_POSITIONS = memory.data(2048, 16);

/** Items whose keys have no tables, those whose keys have, and where those tables are (u16, u16, u32 by item). */
const PENDING = memory.data(2048, 16);
const WITH_TABLES = memory.data(2048, 16);
const ITEM_TABLES = memory.data(4096, 16);
/** Items that take part in the sums (u16), in order. */
const ACTIVE = memory.data(2048, 16);

const K = memory.data(32, 16);
const WIDE_Z = memory.data(32, 16);
const ZERO = memory.data(32, 16);

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

function coefficientOf(item: u32): usize {
  return COEFFICIENTS + <usize>item * COEFFICIENT_BYTES;
}

/** Whether z is negative: the highest of its 128 bits is the sign. */
function isNegative(item: u32): bool {
  return load<u8>(coefficientOf(item), 15) >> 7 != 0;
}

/** The first 16 bytes at `out` = |z| < 2^127. */
function copyMagnitude(out: usize, z: usize): void {
  store<u64>(out, load<u64>(z));
  store<u64>(out, load<u64>(z, 8) & 0x7fffffffffffffff, 8);
}

/** |z| k and |z| s of one item. */
function combineScalars(item: u32, input: usize): void {
  challenge(K, item, input);
  const z = coefficientOf(item);
  store<u8>(z, load<u8>(z) | 1);
  copyMagnitude(WIDE_Z, z);
  multiplyAdd(ZK + ((<usize>item) << 5), WIDE_Z, K, ZERO);
  multiplyAdd(ZS + ((<usize>item) << 5), WIDE_Z, itemAt(item) + ITEM_S, ZERO);
}

/** sum += z times something modulo L, of which `value` is |z| times that. */
function accumulate(sum: usize, value: usize, item: u32): void {
  if (isNegative(item)) subScalar(sum, value);
  else addScalar(sum, value);
}

/** Notes that the scalar of a point counts negative. */
function negate(point: u32): void {
  const record = RECORDS + ((<usize>point) << 2);
  store<u32>(record, load<u32>(record) | 1);
}

/** Whether the combined equation of the active items [low, high) holds. */
function holds(low: u32, high: u32): bool {
  // Points in order: the base point, the distinct keys of the range, then the Rs.
  memory.fill(KEY_POSITIONS, 0, 2048);
  memory.fill(SCALARS, 0, SCALAR_BYTES);
  store<u32>(RECORDS, <u32>BASE_RECORD);
  let full: u32 = 1;
  for (let i = low; i < high; i++) {
    const item = listed(ACTIVE, i);
    accumulate(SCALARS, ZS + ((<usize>item) << 5), item);
    const key = listed(ITEM_KEYS, item);
    let position = listed(KEY_POSITIONS, key);
    if (position == 0) {
      position = full++;
      store<u16>(KEY_POSITIONS + ((<usize>key) << 1), <u16>position);
      store<u32>(RECORDS + ((<usize>position) << 2), load<u32>(KEY_POINTS + ((<usize>key) << 2)));
      memory.fill(SCALARS + <usize>position * SCALAR_BYTES, 0, SCALAR_BYTES);
    }
    accumulate(SCALARS + <usize>position * SCALAR_BYTES, ZK + ((<usize>item) << 5), item);
  }
  for (let i: u32 = 0; i < full; i++) {
    if (shorten(SCALARS + <usize>i * SCALAR_BYTES)) negate(i);
  }
  for (let i = low; i < high; i++) {
    const item = listed(ACTIVE, i);
    const position = full + (i - low);
    store<u32>(RECORDS + ((<usize>position) << 2), <u32>(R_RECORDS + <usize>item * NIELS_BYTES));
    const scalar = SCALARS + <usize>position * SCALAR_BYTES;
    memory.fill(scalar, 0, SCALAR_BYTES);
    copyMagnitude(scalar, coefficientOf(item));
    if (isNegative(item)) negate(position);
  }
  return sumTimes8IsNeutral(full, high - low);
}

/** Writes the verdicts of the active items [low, high). `fails` says that their equation is known to fail. */
function judge(low: u32, high: u32, fails: bool): bool {
  const valid = !fails && holds(low, high);
  if (valid || high - low == 1) {
    for (let i = low; i < high; i++) {
      store<u8>(VERDICTS + <usize>listed(ACTIVE, i), <u8>valid);
    }
    return valid;
  }
  const middle = (low + high) >> 1;
  const leftValid = judge(low, middle, false);
  // If the left half is fine the fault is in the right half, and asking for it would be a waste.
  judge(middle, high, leftValid);
  return false;
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
    for (let i: u32 = 0; i < active; i++) judge(i, i + 1, false);
  } else if (active > 0) judge(0, active, false);
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
