import { buildKeyTables, KEY_TABLES_BYTES } from "./comb";
import { NIELS_BYTES } from "./point";

/*
 * Keys that made valid signatures: their decoded points, how often they were used, and for the busiest ones
 * tables (comb.ts). Bounded: 512 sets of 8 keys by a hash that starts from a secret, so that nobody can
 * choose keys which crowd out a certain other one; and as many pairs of tables as `reserveTables` was given.
 * Nothing here changes a verdict.
 */

const WAYS: u32 = 8;
const SET_MASK: u32 = 511;

/*
 * An entry of 256 bytes: the key, 32 bytes; then its last use u32, uses without tables u32, address of its
 * tables or 0 u32, their number u32; at 64 the table record of the point.
 */
const ENTRY_SHIFT: u32 = 8;
const LAST_USE: usize = 32;
const USES: usize = 36;
const TABLES: usize = 40;
const SLOT: usize = 44;
const RECORD: usize = 64;
const ENTRIES = memory.data(1048576, 64);
/** Tag of each entry (u32), 0 for a free one. */
const TAGS = memory.data(16384, 64);

/** Valid signatures of a key in the batch tier after which tables pay: building costs what some 15 checks save. */
const PROMOTION_USES: u32 = 12;
/** Tables that a newcomer may look at for an idle one. */
const LOOKED_AT: u32 = 8;

/** By slot: the entry that owns the tables (u32), and its uses since the hand passed (u8). */
const SLOT_OWNERS = memory.data(16384, 16);
const SLOT_USES = memory.data(4096, 16);
const MAX_SLOTS: u32 = 4096;

let slots: u32 = 0;
let usedSlots: u32 = 0;
let slotBase: usize = 0;
let hand: u32 = 0;
let time: u32 = 0;
let seed: u64 = 0;
let buildsLeft: u32 = 0;

/** Tables built, and tables taken from an idle key, since the start. */
export let builds: u32 = 0;
export let evictions: u32 = 0;

/**
 * Makes room for the tables of `count` keys behind all else; gives for how many there is room. The only
 * function that grows the memory: to be called once, before views of it are made.
 */
export function reserveTables(count: u32): u32 {
  if (slots != 0) return slots;
  const wanted = min(count, MAX_SLOTS);
  const pages = memory.grow(<i32>((<usize>wanted * KEY_TABLES_BYTES + 65535) >> 16));
  if (pages < 0) return 0;
  slotBase = (<usize>pages) << 16;
  slots = wanted;
  return slots;
}

/** A new call with `count` signatures; `secret` is 8 random bytes of it. */
export function beginCall(count: u32, secret: u64): void {
  if (seed == 0) seed = secret;
  time++;
  // Tables take 0.2 ms each, so a call is delayed by that, or by a share of what it costs anyway.
  buildsLeft = 1 + (count >> 6);
}

function hashKey(key: usize): u64 {
  let h = seed;
  for (let i: usize = 0; i < 32; i += 8) {
    h = (h ^ load<u64>(key + i)) * 0x9e3779b97f4a7c15;
    h ^= h >> 29;
  }
  return h;
}

function entryAt(index: u32): usize {
  return ENTRIES + ((<usize>index) << ENTRY_SHIFT);
}

/** The entry of a key, or 0. */
export function findKey(key: usize): usize {
  const h = hashKey(key);
  const set = (<u32>h & SET_MASK) * WAYS;
  const tag = <u32>(h >> 32) | 1;
  for (let way: u32 = 0; way < WAYS; way++) {
    if (load<u32>(TAGS + ((<usize>(set + way)) << 2)) != tag) continue;
    const entry = entryAt(set + way);
    if (memory.compare(entry, key, 32) == 0) return entry;
  }
  return 0;
}

/** Address of an entry's tables, or 0. */
export function tablesOf(entry: usize): usize {
  return <usize>load<u32>(entry, TABLES);
}

export function recordOf(entry: usize): usize {
  return entry + RECORD;
}

/** Notes a use of the tables of an entry that has them; nobody takes them before the next call. */
export function noteTableUse(entry: usize): void {
  store<u32>(entry, time, LAST_USE);
  const uses = SLOT_USES + <usize>load<u32>(entry, SLOT);
  const before = load<u8>(uses);
  if (before < 255) store<u8>(uses, before + 1);
}

/** Notes `uses` valid signatures of a key without tables, whose point has the given record. */
export function noteUses(key: usize, record: usize, uses: u32): void {
  let entry = findKey(key);
  if (entry == 0) entry = enter(key, record);
  if (entry == 0) return;
  store<u32>(entry, time, LAST_USE);
  const total = load<u32>(entry, USES) + uses;
  store<u32>(entry, total, USES);
  if (total < PROMOTION_USES || buildsLeft == 0) return;
  const before = builds;
  promote(entry);
  buildsLeft -= builds - before;
}

/**
 * Tables for a key at once, however few signatures it made; `record` is that of its point, read if the key is new. Gives its entry, or 0
 * if the cache or the memory for tables has no room that is not used by this call.
 */
export function enterWithTables(key: usize, record: usize): usize {
  let entry = findKey(key);
  if (entry == 0) entry = enter(key, record);
  if (entry == 0) return 0;
  promote(entry);
  return tablesOf(entry) == 0 ? 0 : entry;
}

/** Enters a key in place of the one of its set that was not used for longest; 0 if all of those have tables. */
function enter(key: usize, record: usize): usize {
  const h = hashKey(key);
  const set = (<u32>h & SET_MASK) * WAYS;
  let chosen: u32 = u32.MAX_VALUE;
  let oldest: u32 = 0;
  for (let way: u32 = 0; way < WAYS; way++) {
    const index = set + way;
    if (load<u32>(TAGS + ((<usize>index) << 2)) == 0) {
      chosen = index;
      break;
    }
    const entry = entryAt(index);
    if (tablesOf(entry) != 0) continue;
    const age = time - load<u32>(entry, LAST_USE);
    if (chosen == u32.MAX_VALUE || age > oldest) {
      chosen = index;
      oldest = age;
    }
  }
  if (chosen == u32.MAX_VALUE) return 0;
  const entry = entryAt(chosen);
  store<u32>(TAGS + ((<usize>chosen) << 2), <u32>(h >> 32) | 1);
  memory.copy(entry, key, 32);
  store<u32>(entry, 0, USES);
  store<u32>(entry, 0, TABLES);
  memory.copy(entry + RECORD, record, NIELS_BYTES);
  return entry;
}

/** Builds the tables of a key, in a free place or in that of an idle key. */
function promote(entry: usize): void {
  const slot = findSlot();
  if (slot == u32.MAX_VALUE) {
    // All tables are in use. The key earns the next attempt with new signatures.
    store<u32>(entry, 0, USES);
    return;
  }
  const tables = slotBase + <usize>slot * KEY_TABLES_BYTES;
  buildKeyTables(recordOf(entry), tables);
  store<u32>(entry, <u32>tables, TABLES);
  store<u32>(entry, slot, SLOT);
  store<u32>(SLOT_OWNERS + ((<usize>slot) << 2), <u32>entry);
  store<u8>(SLOT_USES + slot, 1);
  builds++;
}

/**
 * A free slot, or one that was not used since the hand passed it, nor in this call. The hand halves what it passes, so that tables in
 * steady use stay although more keys than there are tables want some.
 */
function findSlot(): u32 {
  if (usedSlots < slots) return usedSlots++;
  for (let looked: u32 = 0; looked < min(LOOKED_AT, slots); looked++) {
    const slot = hand;
    hand = hand + 1 == slots ? 0 : hand + 1;
    const uses = load<u8>(SLOT_USES + slot);
    store<u8>(SLOT_USES + slot, uses >> 1);
    const owner = <usize>load<u32>(SLOT_OWNERS + ((<usize>slot) << 2));
    if (uses != 0 || load<u32>(owner, LAST_USE) == time) continue;
    store<u32>(owner, 0, TABLES);
    store<u32>(owner, 0, USES);
    evictions++;
    return slot;
  }
  return u32.MAX_VALUE;
}
