import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import type { FinalisedBlock } from "../../../src/execution/interface.js";
import type { RowStore, RowStoreChange } from "../../../src/ports/rowStore.js";
import { HISTORY_PAGE_PLACES_MAX } from "../../../src/storage/accountHistory.js";
import {
  type Applied,
  type BlockLocations,
  CHECKPOINT_TABLES,
  Checkpoint,
  openCheckpoint,
  type Place,
  stateChanges,
} from "../../../src/storage/checkpoint.js";
import { IndexPortion } from "../../../src/storage/indexPortion.js";
import { LmdbRowStore } from "../../../src/storage/lmdbRowStore.js";
import { NetRows } from "../../../src/storage/netRows.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { OUTCOME, type Outcome } from "../../../src/types/receipt.js";
import { temporaryHome } from "../../support/homes.js";
import { MemoryRowDisk } from "../../support/memoryRowStore.js";
import { seededRandom, VirtualTime } from "../../support/virtualTime.js";
import { codeThrown, GENESIS, hashOf } from "./storageFixtures.js";

const ALICE = hashOf(11);
const BOB = hashOf(12);

/** A final block with what its index entries need. */
interface CheckpointBlock {
  readonly block: FinalisedBlock;
  readonly locations: BlockLocations;
  readonly validUntilMs: readonly number[];
}

function indexChanges(blocks: readonly CheckpointBlock[], indexedHeight = 0): RowStoreChange[] {
  const portion = new IndexPortion(indexedHeight);
  for (const { block, locations, validUntilMs } of blocks) {
    const { height } = block.header;
    portion.addBlock(height, { blockHash: block.summary.blockHash, ...locations });
    portion.addOutcome(height, block.executed, validUntilMs);
  }
  return portion.changes();
}

function netRowsOf(blocks: readonly CheckpointBlock[]): NetRows {
  const rows = new NetRows();
  for (const { block } of blocks) rows.add(block);
  return rows;
}

const checkpointChanges = (
  genesis: Uint8Array,
  blocks: readonly CheckpointBlock[],
  now: Applied,
) => [...stateChanges(genesis, netRowsOf(blocks), now), ...indexChanges(blocks)];

function blockAt(
  height: number,
  outcomes: readonly Outcome[],
  changes: CheckpointBlock["block"]["changes"],
): CheckpointBlock {
  const blockHash = hashOf(1000 + height);
  const receiptOf = (index: number, txId: Uint8Array, outcome: Outcome) => ({
    txId,
    position: { height, index, event: 0 },
    outcome,
    code: 0,
    failedOperation: 255,
    eventsRoot: ZERO_HASH,
    eventCount: 0,
    cost: 1n,
  });
  const location = { segment: height, offset: 128, length: 7 };
  return {
    block: {
      summary: {
        blockHash,
        resultHash: hashOf(2000 + height),
        result: {
          blockHash,
          stateRoot: hashOf(3000 + height),
          receiptsRoot: ZERO_HASH,
          eventsRoot: ZERO_HASH,
          cost: 0n,
          validatorsNextHash: ZERO_HASH,
        },
        isNonEmpty: true,
        nextTimerDeadlineMs: undefined,
        hasTimerBacklog: false,
      },
      header: {
        protocolVersion: 1,
        genesisHash: GENESIS,
        epoch: 0,
        view: height,
        height,
        parentView: height - 1,
        parentHash: hashOf(999 + height),
        proposer: 0,
        timeMs: height,
        cutRoot: ZERO_HASH,
        transactionCount: outcomes.length,
        parentResult: ZERO_HASH,
        historyRoot: ZERO_HASH,
        flags: 0,
        nextEpochHash: ZERO_HASH,
        evidenceRoot: ZERO_HASH,
      },
      executed: [
        { receipt: receiptOf(0, ZERO_HASH, OUTCOME.applied), events: [], accounts: [BOB] },
        ...outcomes.map((outcome, i) => ({
          receipt: receiptOf(i + 1, hashOf(height * 100 + i + 1), outcome),
          events: [],
          accounts: [ALICE, BOB],
        })),
      ],
      changes,
    },
    locations: {
      block: location,
      batches: [location, location],
      final: location,
      executed: location,
    },
    validUntilMs: outcomes.map((_, i) => 50_000 + i),
  };
}

function appliedAt(height: number): Applied {
  return {
    height,
    blockHash: hashOf(1000 + height),
    resultHash: hashOf(2000 + height),
    stateRoot: hashOf(3000 + height),
    logSegment: height,
    includedTips: [{ author: 1, seq: 5, headHash: hashOf(5) }],
    historySize: height + 1,
    historyEdge: [hashOf(6), hashOf(7)],
  };
}

const row = (...values: number[]): Uint8Array => new Uint8Array(values);

function twoBlocks(): CheckpointBlock[] {
  return [
    blockAt(
      1,
      [OUTCOME.applied, OUTCOME.void],
      [
        { table: 3, key: row(1), row: row(10), path: hashOf(31), valueHash: hashOf(41) },
        { table: 3, key: row(2), row: row(20), path: hashOf(32), valueHash: hashOf(42) },
        { table: 4, key: row(1), row: row(30), path: hashOf(33), valueHash: hashOf(43) },
      ],
    ),
    blockAt(
      2,
      [OUTCOME.failed],
      [
        { table: 3, key: row(1), row: row(11), path: hashOf(31), valueHash: hashOf(51) },
        { table: 3, key: row(2), row: undefined, path: hashOf(32), valueHash: undefined },
      ],
    ),
  ];
}

const newStore = (): { store: RowStore; disk: MemoryRowDisk; time: VirtualTime } => {
  const time = new VirtualTime();
  const disk = new MemoryRowDisk(time.schedule);
  return { store: disk.open(), disk, time };
};

describe("the checkpoint", () => {
  it("holds rows, leaves, transactions, history and blocks as of its last block", () => {
    const { store } = newStore();
    expect(openCheckpoint(store, GENESIS).applied).toBeUndefined();
    store.commit(checkpointChanges(GENESIS, twoBlocks(), appliedAt(2)), () => {});
    const checkpoint = openCheckpoint(store, GENESIS);
    expect(checkpoint.applied).toEqual(appliedAt(2));
    const { rowSource } = checkpoint;
    expect(rowSource.get(3, row(1))).toEqual(row(11));
    expect(rowSource.get(3, row(2))).toBeUndefined();
    expect(rowSource.scan(3, row(), undefined, 9)).toEqual([{ key: row(1), row: row(11) }]);
    expect(rowSource.scan(3, row(), row(1), 9)).toEqual([]);
    expect(rowSource.scan(4, row(), row(0), 9)).toEqual([{ key: row(1), row: row(30) }]);
    expect(checkpoint.leaves(undefined, 9)).toEqual([
      { path: hashOf(31), valueHash: hashOf(51) },
      { path: hashOf(33), valueHash: hashOf(43) },
    ]);
    expect(checkpoint.leaves(hashOf(31), 9)).toHaveLength(1);
    expect(checkpoint.transaction(hashOf(101))).toEqual({
      height: 1,
      index: 1,
      validUntilMs: 50_000,
    });
    // Void: it may still be applied, so it has no place.
    expect(checkpoint.transaction(hashOf(102))).toBeUndefined();
    expect(checkpoint.transaction(hashOf(201))?.height).toBe(2);
    expect(checkpoint.heightOf(hashOf(1002))).toBe(2);
    expect(checkpoint.heightOf(hashOf(1003))).toBeUndefined();
    expect(checkpoint.block(2)?.batches).toHaveLength(2);
    expect(checkpoint.block(2)?.final).toEqual({ segment: 2, offset: 128, length: 7 });
    const places = (entries: { height: number; index: number }[]) =>
      entries.map(({ height, index }) => [height, index]);
    expect(places(checkpoint.history(ALICE, undefined, 9))).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(places(checkpoint.history(BOB, { height: 2, index: 0 }, 2, true))).toEqual([
      [2, 0],
      [1, 2],
    ]);
    expect(places(checkpoint.history(BOB, { height: 2, index: 1 }, 2))).toEqual([[2, 1]]);
  });

  it("is the same when its indexes were committed before its state, block by block", () => {
    const whole = newStore().store;
    whole.commit(checkpointChanges(GENESIS, twoBlocks(), appliedAt(2)), () => {});
    const { store } = newStore();
    for (const block of twoBlocks()) store.commit(indexChanges([block]), () => {});
    expect(openCheckpoint(store, GENESIS).applied).toBeUndefined();
    expect(new Checkpoint(store, undefined).heightOf(hashOf(1002))).toBe(2);
    store.commit(stateChanges(GENESIS, netRowsOf(twoBlocks()), appliedAt(2)), () => {});
    for (const table of Object.values(CHECKPOINT_TABLES)) {
      // Pages of histories begin with the commits; what they say is the same.
      if (table === CHECKPOINT_TABLES.history) continue;
      expect(store.scan(table, { limit: 100 })).toEqual(whole.scan(table, { limit: 100 }));
    }
    for (const account of [ALICE, BOB]) {
      const historyIn = (rows: RowStore) =>
        new Checkpoint(rows, undefined).history(account, undefined, 99);
      expect(historyIn(store)).toEqual(historyIn(whole));
    }
  });

  it("takes no block's entries twice when a start executes again what was indexed ahead", () => {
    const { store } = newStore();
    const blocks = Array.from({ length: 6 }, (_, i) => blockAt(i + 1, [OUTCOME.applied], []));
    const checkpoint = new Checkpoint(store, undefined);
    expect(checkpoint.indexedHeight).toBe(0);
    store.commit(indexChanges(blocks.slice(0, 2)), () => {});
    store.commit(indexChanges(blocks.slice(2, 4)), () => {});
    expect(checkpoint.indexedHeight).toBe(4);
    // A start from an older state, which stops in the middle, and another one that goes on.
    store.commit(indexChanges(blocks.slice(1, 3), checkpoint.indexedHeight), () => {});
    expect(checkpoint.indexedHeight).toBe(4);
    store.commit(indexChanges(blocks.slice(1), checkpoint.indexedHeight), () => {});
    expect(checkpoint.indexedHeight).toBe(6);
    const heights = (reverse: boolean) =>
      checkpoint.history(ALICE, undefined, 99, reverse).map(({ height }) => height);
    expect(heights(false)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(heights(true)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(checkpoint.transaction(hashOf(601))?.height).toBe(6);
    expect(checkpoint.block(6)?.blockHash).toEqual(hashOf(1006));
  });

  it("reads a history from any place in both directions, over pages and commits", () => {
    const { store } = newStore();
    const all: Place[] = [];
    let height = 0;
    // Pages of all sizes: some commits give one place, one gives more than a page holds.
    for (const count of [1, 3, HISTORY_PAGE_PLACES_MAX + 2, ...Array(40).fill(1), 2]) {
      const portion = new IndexPortion();
      for (let i = 0; i < count; i++) {
        if (i % 3 === 0) height += 1 + i;
        const place = { height, index: i % 3 };
        all.push(place);
        portion.addBlock(height, {
          blockHash: hashOf(height),
          ...blockAt(height, [], []).locations,
        });
        portion.addHistory(ALICE, place);
        portion.addHistory(BOB, { height, index: 7 });
      }
      store.commit(portion.changes(), () => {});
    }
    const checkpoint = new Checkpoint(store, undefined);
    expect(checkpoint.history(ALICE, undefined, 9_999)).toEqual(all);
    expect(checkpoint.history(ALICE, undefined, 9_999, true)).toEqual([...all].reverse());
    for (const limit of [1, 2, 600]) {
      for (let at = 0; at < all.length; at += limit === 600 ? 37 : 5) {
        const from = all[at]!;
        expect(checkpoint.history(ALICE, from, limit)).toEqual(all.slice(at, at + limit));
        const below = all.slice(Math.max(0, at + 1 - limit), at + 1).reverse();
        expect(checkpoint.history(ALICE, from, limit, true)).toEqual(below);
        const between = { height: from.height, index: from.index + 1_000 };
        const later = all.filter((place) => place.height > from.height);
        expect(checkpoint.history(ALICE, between, limit)).toEqual(later.slice(0, limit));
      }
    }
    expect(checkpoint.history(hashOf(99), all[4], 9)).toEqual([]);
  });

  it("CON-W6: after a power cut is of one block, whole, and never older than what was answered", () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const { disk, time } = newStore();
      let answered = 0;
      for (let life = 0; life < 4; life++) {
        const store = disk.open();
        const height = openCheckpoint(store, GENESIS).applied?.height ?? 0;
        expect(height).toBeGreaterThanOrEqual(answered);
        expect(openCheckpoint(store, GENESIS).rowSource.get(3, row(1))).toEqual(
          height === 0 ? undefined : row(height),
        );
        for (let next = height + 1; next < height + 4; next++) {
          const path = hashOf(31);
          const change = { table: 3, key: row(1), row: row(next), path, valueHash: hashOf(next) };
          const blocks = [blockAt(next, [], [change])];
          store.commit(checkpointChanges(GENESIS, blocks, appliedAt(next)), () => {
            answered = next;
          });
          if (random() < 0.5) time.step();
        }
        disk.powerCut(random);
      }
    }
  });

  it("keeps heights and times above 2^32", () => {
    const { store } = newStore();
    const height = 2 ** 40 + 5;
    const block = blockAt(1, [OUTCOME.applied], []);
    const moved = { ...block, validUntilMs: [1_700_000_000_123] };
    const header = { ...block.block.header, height };
    const changes = indexChanges([{ ...moved, block: { ...block.block, header } }]);
    store.commit(changes, () => {});
    const checkpoint = new Checkpoint(store, undefined);
    const place = { height, index: 1 };
    expect(checkpoint.transaction(hashOf(101))).toEqual({
      ...place,
      validUntilMs: 1_700_000_000_123,
    });
    expect(checkpoint.history(ALICE, place, 9)).toEqual([place]);
  });

  it("refuses another chain and an unknown format with one sentence", () => {
    const { store } = newStore();
    store.commit(checkpointChanges(GENESIS, twoBlocks(), appliedAt(2)), () => {});
    expect(codeThrown(() => openCheckpoint(store, hashOf(9)))).toBe("WRONG_CHAIN");
    expect(() => openCheckpoint(store, hashOf(9), "/home/store")).toThrow(
      "/home/store belongs to another chain than the genesis file of this home",
    );
    store.commit([{ table: "meta", key: row(1), value: row(1, 0) }], () => {});
    expect(codeThrown(() => openCheckpoint(store, GENESIS))).toBe("STORE_FORMAT");
    store.commit([{ table: "meta", key: row(1), value: row(2, 0) }], () => {});
    store.commit([{ table: "meta", key: row(3), value: undefined }], () => {});
    expect(codeThrown(() => openCheckpoint(store, GENESIS))).toBe("STORE_CORRUPT");
  });
});

describe("LmdbRowStore", () => {
  it("refuses a damaged file with a sentence instead of a signal", async () => {
    const home = temporaryHome();
    const store = LmdbRowStore.open(home);
    const key = row(1);
    await new Promise((done) => store.commit([{ table: "a", key, value: row(2) }], done));
    await new Promise<void>((closed) => store.close(closed));
    const whole = readFileSync(join(home, "data.mdb"));
    const garbage = Buffer.alloc(8192, 0x5a);
    const otherPages = Buffer.from(whole);
    otherPages.writeUInt32LE(8192, 24 + 24);
    const second = Buffer.from(whole);
    second.writeUInt8(0, 4096 + 24);
    for (const bytes of [
      garbage,
      whole.subarray(0, 4100),
      whole.subarray(0, 8192),
      otherPages,
      second,
    ]) {
      const other = temporaryHome();
      writeFileSync(join(other, "data.mdb"), bytes);
      expect(codeThrown(() => LmdbRowStore.open(other))).toBe("STORE_CORRUPT");
    }
    const other = temporaryHome();
    writeFileSync(join(other, "data.mdb"), whole);
    const again = LmdbRowStore.open(other);
    expect([...again.get("a", key)!]).toEqual([2]);
    await new Promise<void>((closed) => again.close(closed));
  });

  it("says that the disk is full before LMDB finds out, and takes nothing more", () => {
    const full = { freeBytes: () => 1_000 };
    expect(codeThrown(() => LmdbRowStore.open(temporaryHome(), full))).toBe("DISK_FULL");
    let freeBytes = 1e9;
    const store = LmdbRowStore.open(temporaryHome(), { freeBytes: () => freeBytes });
    const answers: (string | undefined)[] = [];
    const commit = () =>
      store.commit([{ table: "a", key: row(1), value: row(2) }], (error) => {
        answers.push((error as { code?: string } | undefined)?.code);
      });
    freeBytes = 1_000;
    commit();
    freeBytes = 1e9;
    commit();
    expect(answers).toEqual(["DISK_FULL", "DISK_FULL"]);
  });

  it("takes a checkpoint of many rows, in several commits under way, and scans it in order", async () => {
    const home = temporaryHome();
    const store = LmdbRowStore.open(home);
    expect(LmdbRowStore.exists(home)).toBe(true);
    const random = seededRandom(5);
    const keys = Array.from({ length: 5_000 }, () =>
      new Uint8Array(20).map(() => Math.floor(random() * 256)),
    );
    const commits = [keys.slice(0, 3_000), keys.slice(3_000)].map(
      (part) =>
        new Promise<Error | undefined>((done) => {
          store.commit(
            part.map((key) => ({ table: "rows", key, value: key.slice(0, 4) })),
            done,
          );
        }),
    );
    const sorted = keys.map(toHex).sort();
    const scanned = () => store.scan("rows", { limit: 9_999 }).map(({ key }) => toHex(key));
    expect(scanned()).toEqual(sorted);
    expect(await Promise.all(commits)).toEqual([undefined, undefined]);
    expect(scanned()).toEqual(sorted);
    await new Promise<void>((closed) => store.close(closed));
    const again = LmdbRowStore.open(home);
    expect(again.get("rows", keys[4_000]!)).toEqual(keys[4_000]!.slice(0, 4));
    await new Promise<void>((closed) => again.close(closed));
  });
});
