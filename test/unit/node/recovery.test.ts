// Goal: a start reads from the log what the checkpoint does not hold, and no more; whatever part of
// the last writes a power cut kept, the validator starts.
// Method: the real log, checkpoint store and recovery over a simulated disk; an executor that hashes.
import { describe, expect, test } from "vitest";
import { present } from "../../../src/base/assert.js";
import { encode } from "../../../src/codec/schema.js";
import { batchHash } from "../../../src/crypto/digests.js";
import type { ExecutorEffect, ExecutorEvent } from "../../../src/execution/interface.js";
import { executionOrder } from "../../../src/lanes/executionOrder.js";
import { HistoryLog } from "../../../src/merkle/historyLog.js";
import { ChainStore } from "../../../src/node/chainStore.js";
import { recover, validUntilOf } from "../../../src/node/recovery.js";
import { ChainLog } from "../../../src/storage/chainLog.js";
import { type Applied, genesisChanges, openCheckpoint } from "../../../src/storage/checkpoint.js";
import { batchBody } from "../../../src/types/batch.js";
import type { Block } from "../../../src/types/block.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { OUTCOME } from "../../../src/types/receipt.js";
import { MemoryRowDisk } from "../../support/memoryRowStore.js";
import { certificateOf, finalize, Machine } from "../storage/storageFixtures.js";
import {
  GENESIS_HASH,
  GENESIS_RESULT,
  hasher,
  makeTransaction,
  prepare,
  resultOf,
  seats,
  signBatch,
} from "../validator/records.js";
import { blockAbove, type Named } from "./storeFixtures.js";

const SEATS = seats(4);

const bare = (hash: Hash) => ({
  blockHash: hash,
  stateRoot: ZERO_HASH,
  receiptsRoot: ZERO_HASH,
  eventsRoot: ZERO_HASH,
  cost: 0n,
  validatorsNextHash: ZERO_HASH,
});
const summaryOf = (hash: Hash) => ({
  blockHash: hash,
  result: bare(hash),
  resultHash: resultOf(hash),
  isNonEmpty: false,
  nextTimerDeadlineMs: undefined,
  hasTimerBacklog: false,
});

/** One validator's files, and the process that has them open. */
class Home {
  readonly machine = new Machine();
  readonly rows = new MemoryRowDisk(this.machine.time.schedule);
  log!: ChainLog;
  store!: ChainStore;
  recovered!: ReturnType<typeof recover>;
  failures: Error[] = [];
  checkpoints: number[] = [];
  readonly executedHeights: number[] = [];

  constructor() {
    this.start();
  }

  start(): void {
    const rowStore = this.rows.open();
    const genesis: Applied = {
      height: 0,
      blockHash: GENESIS_HASH,
      resultHash: GENESIS_RESULT,
      stateRoot: ZERO_HASH,
      logSegment: 0,
      includedTips: [],
      historySize: 1,
      historyEdge: HistoryLog.empty(hasher).append(GENESIS_HASH).edge,
    };
    let checkpoint = openCheckpoint(rowStore, GENESIS_HASH);
    if (checkpoint.applied === undefined) {
      this.machine.completed((done) =>
        rowStore.commit(genesisChanges(GENESIS_HASH, [], genesis), done),
      );
      checkpoint = openCheckpoint(rowStore, GENESIS_HASH);
    }
    const applied = present(checkpoint.applied, "the checkpoint was founded");
    this.log = this.machine.opened<ChainLog>((answer) =>
      ChainLog.open({ ...this.machine.options(), directory: "/home/log" }, answer),
    );
    this.store = new ChainStore({
      log: this.log,
      checkpoint,
      rowStore,
      genesisHash: GENESIS_HASH,
      hasher,
      applied,
      executionOrder: ({ header, cut }, batches) => executionOrder(4, header.view, cut, batches),
      failed: (error) => this.failures.push(error),
      checkpointed: (height) => this.checkpoints.push(height),
    });
    this.executedHeights.length = 0;
    this.recovered = recover({
      log: this.log,
      store: this.store,
      executor: {
        initial: { summary: summaryOf(applied.blockHash) },
        step: (event) => this.#execute(event),
      },
      applied,
      hasher,
      prepare: (bytes) => ({ ok: true, value: prepare(bytes) }),
      indexOfValidator: (id) =>
        SEATS.find(({ validatorId }) => Buffer.compare(validatorId, id) === 0)?.index,
      validatorCount: 4,
      safety: { votes: [], certificates: [] },
      replayed: () => {},
    });
  }

  #execute(event: ExecutorEvent): ExecutorEffect[] {
    if (event.kind === "execute") {
      const { blockHash: hash, header, transactions } = event.block;
      this.executedHeights.push(header.height);
      this.#finals.set(Buffer.from(hash).toString("hex"), outcomeOf(hash, header, transactions));
      return [{ kind: "executed", summary: summaryOf(hash) }];
    }
    if (event.kind !== "finalise") return [];
    const block = this.#finals.get(Buffer.from(event.blockHash).toString("hex"));
    return [{ kind: "finalised", block: present(block, "executed before") }];
  }
  readonly #finals = new Map<string, ReturnType<typeof outcomeOf>>();

  flush(): void {
    expect(this.machine.completed((done) => this.log.flush(done))).toBeUndefined();
  }

  storeBatch(author: number, seq: number, prevHash: Hash, nonce: number): Hash {
    const bodyBytes = encode(batchBody, {
      genesisHash: GENESIS_HASH,
      validatorId: present(SEATS[author], "a seat").validatorId,
      epoch: 0,
      seq,
      prevHash,
      createdMs: 0,
      transactions: [makeTransaction(nonce).transaction.bytes],
    });
    const batch = signBatch(present(SEATS[author], "a seat"), bodyBytes);
    const hash = batchHash(hasher, bodyBytes);
    this.store.storeBatch(
      hash,
      batch,
      batch.transactions.map((bytes) => validUntilOf(prepare(bytes))),
    );
    return hash;
  }

  /** Makes blocks final with one certificate, and tells the store what they did. */
  finalise(blocks: readonly Named[]): void {
    const last = present(blocks.at(-1), "one block at least");
    const view = last.block.header.view;
    this.store.storeFinal(
      blocks,
      certificateOf(finalize(view, last.blockHash, resultOf(last.blockHash))),
    );
    for (const { blockHash: hash, block } of blocks) {
      const count = block.header.transactionCount;
      const transactions = Array.from({ length: count }, (_, i) => makeTransaction(i));
      this.store.finalised(outcomeOf(hash, block.header, transactions));
    }
  }

  checkpoint(): void {
    let isDone = false;
    this.store.writeCheckpoint(() => {
      isDone = true;
    });
    this.machine.time.runUntil(() => isDone);
  }

  restart(): void {
    this.machine.end();
    this.start();
  }
}

function outcomeOf(hash: Hash, header: Block["header"], transactions: readonly { txId: Hash }[]) {
  const receiptOf = (index: number, txId: Hash) => ({
    txId,
    position: { height: header.height, index, event: 0 },
    outcome: OUTCOME.applied,
    code: 0,
    failedOperation: 255,
    eventsRoot: ZERO_HASH,
    eventCount: 0,
    cost: 0n,
  });
  const executed = [ZERO_HASH, ...transactions.map(({ txId }) => txId)].map((txId, index) => ({
    receipt: receiptOf(index, txId),
    events: [],
    accounts: [],
  }));
  return { summary: summaryOf(hash), header, executed, changes: [] };
}

function chainOf(count: number, from?: Named): Named[] {
  const blocks: Named[] = [];
  for (let i = 0; i < count; i++) blocks.push(blockAbove(blocks.at(-1) ?? from));
  return blocks;
}

describe("a group of final blocks", () => {
  test.each([0, 1])(
    "whose end a power cut took (%i groups before) counts as not final",
    (before) => {
      const home = new Home();
      const sure = chainOf(before * 2);
      if (sure.length > 0) home.finalise(sure);
      const torn = chainOf(3, sure.at(-1));
      // What a power cut kept of `storeFinal`: finality of the first block, without the certificate.
      for (const { blockHash: hash, block } of torn) home.store.storeBlock(hash, block);
      const [first] = torn as [Named];
      home.log.appendFinal(
        first.block.header.height,
        first.block.header.view,
        first.blockHash,
        undefined,
      );
      home.flush();
      home.restart();
      const { finalized, blocks } = home.recovered;
      expect(finalized?.blockHash).toEqual(sure.at(-1)?.blockHash);
      expect(finalized?.certificate.blockHash).toEqual(sure.at(-1)?.blockHash);
      expect(blocks.map(({ header }) => header.height)).toEqual(
        torn.map(({ block }) => block.header.height),
      );
      // It is stated again, and the start after that takes each block once.
      home.finalise(torn);
      home.flush();
      home.restart();
      expect(home.executedHeights).toEqual(
        [...sure, ...torn].map(({ block }) => block.header.height),
      );
      expect(home.recovered.finalized?.blockHash).toEqual(torn.at(-1)?.blockHash);
    },
  );
});

describe("where a start reads from", () => {
  test("after a restart checkpoints go on: batches that are final hold the log's start no more", () => {
    const home = new Home();
    const hash = home.storeBatch(1, 1, ZERO_HASH, 0);
    // The same lane forked: this branch is in no block.
    home.storeBatch(1, 1, ZERO_HASH, 77);
    const first = blockAbove(undefined, [{ author: 1, fromSeq: 1, toSeq: 1, headHash: hash }]);
    home.finalise([first]);
    home.checkpoint();
    const segments: number[] = [];
    let head = first;
    for (let i = 0; i < 3; i++) {
      home.restart();
      expect(home.recovered.batches).toEqual([]);
      expect(home.executedHeights).toEqual([]);
      head = blockAbove(head);
      home.finalise([head]);
      home.checkpoint();
      const rowStore = home.rows.open();
      segments.push(present(openCheckpoint(rowStore, GENESIS_HASH).applied, "written").logSegment);
      expect(segments.at(-1)).toBe(home.log.lastSegment());
    }
    expect(segments[2]).toBeGreaterThan(segments[0] as number);
  });
});

describe("a batch that no block takes up", () => {
  test("and that is dropped is neither found again nor holds the log's start", () => {
    const home = new Home();
    const hash = home.storeBatch(2, 1, ZERO_HASH, 5);
    let head: Named | undefined;
    for (let i = 0; i < 3; i++) {
      // A start that reads its part of the log meets it once more, and drops it once more.
      home.store.dropBatches([hash]);
      head = blockAbove(head);
      home.finalise([head]);
      home.checkpoint();
      home.restart();
    }
    expect(home.recovered.batches).toEqual([]);
    const { applied } = openCheckpoint(home.rows.open(), GENESIS_HASH);
    // The last start began a segment of its own.
    expect(present(applied, "written").logSegment).toBe(home.log.lastSegment() - 1);
    // Named once more, it is stored once more.
    expect(home.store.hasBatch(hash)).toBe(false);
    expect(home.storeBatch(2, 1, ZERO_HASH, 5)).toEqual(hash);
    expect(home.store.hasBatch(hash)).toBe(true);
  });

  test("is there after every start, and holds the log's start for 16 segments and no longer", () => {
    const home = new Home();
    const hash = home.storeBatch(2, 1, ZERO_HASH, 5);
    let head: Named | undefined;
    for (let i = 0; i < 40; i++) {
      head = blockAbove(head);
      home.finalise([head]);
      home.checkpoint();
      home.restart();
      const [batch] = home.recovered.batches;
      expect(home.recovered.batches).toHaveLength(1);
      expect(batchHash(hasher, present(batch, "one").batch.bodyBytes)).toEqual(hash);
    }
    const { applied } = openCheckpoint(home.rows.open(), GENESIS_HASH);
    const behind = home.log.lastSegment() - present(applied, "written").logSegment;
    expect(behind).toBeLessThanOrEqual(18);
    // Its block finds it where it lies now.
    const cut = [{ author: 2, fromSeq: 1, toSeq: 1, headHash: hash }];
    const last = blockAbove(head, cut);
    home.finalise([last]);
    home.checkpoint();
    home.restart();
    expect(home.recovered.batches).toEqual([]);
    const { height } = last.block.header;
    expect(home.store.blocks.finalBlock(height)?.blockHash).toEqual(last.blockHash);
  });
});

describe("a checkpoint that cannot be written", () => {
  const broken: [string, (home: Home) => void][] = [
    ["because the commit fails", (home) => home.rows.failCommits(1)],
    ["because the log's flush fails", (home) => home.machine.disk.failFlushes(1)],
  ];
  test.each(broken)("%s ends the validator, and nobody waits for it", (_, breakDisk) => {
    const home = new Home();
    home.finalise(chainOf(3));
    breakDisk(home);
    // The second one is asked for while the first is being written, as `stop` may do.
    let first = false;
    let second = false;
    home.store.writeCheckpoint(() => {
      first = true;
    });
    home.store.writeCheckpoint(() => {
      second = true;
    });
    home.machine.time.runUntil(() => second);
    expect([first, second]).toEqual([true, true]);
    expect(home.failures).toHaveLength(1);
    expect(home.checkpoints).toEqual([]);
    expect(home.store.appliedHeight).toBe(0);
    // Later ones have nothing to wait for, and write nothing.
    let third = false;
    home.store.writeCheckpoint(() => {
      third = true;
    });
    expect(third).toBe(true);
  });
});
