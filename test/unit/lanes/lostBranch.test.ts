// Goal: whatever branch of a lane becomes final, its author goes on above it and loses no transaction,
// the others ack it again, and nobody acks what is not on disk.
import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { LIMITS } from "../../../src/base/limits.js";
import { PINNED_KEYS_MAX } from "../../../src/lanes/lane.js";
import { readBatch } from "../../../src/types/batch.js";
import { TestNetwork } from "../validator/harness.js";
import { makeTransaction, prepare } from "../validator/records.js";
import { Bench, type Chained, cutOf, give, laneOf, last } from "./bench.js";

function commit(bench: Bench, batches: readonly Chained[], fromSeq = 1): void {
  const first = present(batches[0], "some batches");
  const heads = bench.lanes.emptyHeads().map((head, author) => {
    if (author !== first.author || fromSeq === 1) return head;
    return { seq: fromSeq - 1, headHash: first.batch.prevHash, key: "" };
  });
  const after = bench.lanes.advance(heads, cutOf(batches, fromSeq));
  bench.lanes.committed(present(after, "it continues"), bench.nowMs, []);
}

/** Ids of transactions in own batches that were asked to be signed from the `from`th on. */
function sealed(bench: Bench, from = 0) {
  return bench
    .of("signBatch")
    .slice(from)
    .flatMap(({ transactions }) => transactions);
}

function author(count: number) {
  const bench = new Bench();
  const own = Array.from({ length: count }, (_, i) => makeTransaction(i));
  for (const transaction of own) {
    bench.lanes.submit([transaction], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    bench.work();
  }
  return { bench, own };
}

describe("LAN-12: another branch of the own lane becomes final", () => {
  it("its transactions are sealed again above what is final, though more were sealed than are final", () => {
    const { bench, own } = author(3);
    expect(bench.of("signBatch")).toHaveLength(3);
    // Before its log was lost it had sealed another first batch, which the others hold.
    const other = laneOf(0, 1, 9);
    const heads = bench.lanes.emptyHeads();
    expect(bench.lanes.inspect(heads, cutOf(other)).kind).toBe("missing");
    give(bench, 1, other);
    bench.work();
    commit(bench, other);
    bench.progress(LIMITS.batchSealDelayMs);
    const [again] = bench.of("signBatch").slice(3);
    const read = readBatch(
      Uint8Array.from([...present(again, "sealed").bodyBytes, ...new Uint8Array(64)]),
    );
    expect(read.ok && [read.value.seq, read.value.prevHash]).toEqual([2, last(other).hash]);
    expect(sealed(bench, 3).map(({ txId }) => txId)).toEqual(own.map(({ txId }) => txId));
    bench.work();
    expect(bench.lanes.ownTips()).toMatchObject([{ author: 0, seq: 2 }]);
    expect(bench.lanes.ownBatchesInFlight).toBe(1);
    // It is sent although three were sent before.
    const sent = bench.of("send").flatMap(({ message }) => {
      const batch = message.kind === "batch" ? readBatch(message.value) : undefined;
      return batch?.ok === true ? [batch.value.seq] : [];
    });
    expect(sent).toEqual([1, 2, 3, 2]);
  });

  it("what was sealed and not yet signed is sealed again too; what is final there is not", () => {
    const { bench } = author(0);
    const twice = makeTransaction(1);
    const other = laneOf(0, 1, 9);
    const inOther = present(other[0], "one").batch.transactions[0];
    bench.lanes.submit([twice], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    expect(inOther).toBeDefined();
    bench.lanes.inspect(bench.lanes.emptyHeads(), cutOf(other));
    give(bench, 1, other);
    const check = present(bench.of("checkBatch")[0], "checked");
    expect(check.author).toBe(0);
    bench.effects.splice(0, bench.effects.length, check);
    bench.work();
    commit(bench, other);
    bench.progress(LIMITS.batchSealDelayMs);
    expect(sealed(bench).map(({ txId }) => txId)).toEqual([twice.txId]);
  });

  it("a validator that lost its log and took a payment at once: it is final, and so are later ones", () => {
    const network = new TestNetwork();
    network.start();
    for (let i = 0; i < 4; i++) {
      network.submit(0, i);
      network.run(400);
    }
    network.crash(0);
    const { disk } = network.node(0);
    disk.final = [];
    disk.batches.clear();
    disk.blocks.clear();
    network.restart(0);
    for (const nonce of [50, 51, 52, 53, 54, 55]) {
      network.submit(0, nonce);
      network.run(15);
    }
    const count = (total: number) => () =>
      network.nodes.every(({ index }) => new Set(network.finalTransactions(index)).size === total);
    expect(network.run(20_000, count(10))).toBe(true);
    network.submit(0, 60);
    expect(network.run(20_000, count(11))).toBe(true);
    network.check();
  });
});

describe("LAN-12: a transaction that waits again", () => {
  it("is not sealed twice into one batch: everybody would refuse the lane for good", () => {
    const { bench, own } = author(1);
    const [payment] = own;
    // The client sent it again after a restart, which knows nothing of the time before.
    bench.lanes.submit([present(payment, "one")], bench.nowMs);
    const other = laneOf(0, 1, 9);
    bench.lanes.inspect(bench.lanes.emptyHeads(), cutOf(other));
    give(bench, 1, other);
    bench.work();
    commit(bench, other);
    bench.progress(LIMITS.batchSealDelayMs);
    expect(sealed(bench, 1).map(({ txId }) => txId)).toEqual(own.map(({ txId }) => txId));
  });
});

describe("LAN-10: after a start", () => {
  /** Two branches of one lane in the log, the block that ended one of them below the other's rest. */
  function recovered(author: number) {
    const bench = new Bench();
    const won = laneOf(author, 1, 2);
    const batches = [...laneOf(author, 2, 1).slice(1), ...laneOf(author, 2, 3, last(won))];
    const included = [{ author, seq: 1, headHash: last(won).hash }];
    bench.lanes.recover(
      included,
      batches.map(({ batch }) => ({ batch, transactions: batch.transactions.map(prepare) })),
    );
    return { bench, head: last(batches) };
  }

  it("a branch that can never be final stops no acks", () => {
    const { bench, head } = recovered(1);
    expect(bench.lanes.ownTips()).toEqual([{ author: 1, seq: 3, headHash: head.hash }]);
  });

  it("nor does it keep the own lane from being sent", () => {
    const { bench, head } = recovered(0);
    expect(bench.lanes.ownTips()).toEqual([{ author: 0, seq: 3, headHash: head.hash }]);
    bench.lanes.submit([makeTransaction(1)], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    bench.work();
    const sent = bench.of("send").filter(({ message }) => message.kind === "batch");
    expect(sent.length).toBeGreaterThan(0);
  });
});

describe("LAN-10: after a branch became final", () => {
  it("what stands on the lost one is dropped, so that acks go on", () => {
    const bench = new Bench();
    const lost = laneOf(1, 4, 1);
    const won = laneOf(1, 1, 2);
    give(bench, 1, lost);
    bench.work();
    bench.lanes.inspect(bench.lanes.emptyHeads(), cutOf(won));
    give(bench, 2, won);
    bench.work();
    commit(bench, won);
    const next = laneOf(1, 3, 3, last(won));
    give(bench, 1, next);
    bench.work();
    expect(bench.lanes.ownTips()).toEqual([{ author: 1, seq: 4, headHash: last(next).hash }]);
  });

  it("a second batch with a number that is final stops no acks: the author lost its log", () => {
    const bench = new Bench();
    const lane = laneOf(1, 2);
    give(bench, 1, lane);
    bench.work();
    commit(bench, lane);
    give(bench, 1, laneOf(1, 1, 5));
    expect(bench.of("reportPeer").map(({ code }) => code)).toEqual(["LANE_FORK"]);
    const next = laneOf(1, 1, 6, last(lane));
    give(bench, 1, next);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.seq).toBe(3);
  });

  it("nobody is asked for ever for what the lost branch lacks", () => {
    const bench = new Bench();
    const lost = laneOf(1, 3, 1);
    const won = laneOf(1, 1, 2);
    // The first of the lost branch never comes, so the others wait for it.
    give(bench, 1, lost.slice(1));
    bench.lanes.inspect(bench.lanes.emptyHeads(), cutOf(won));
    give(bench, 2, won);
    bench.work();
    commit(bench, won);
    bench.progress();
    for (let i = 0; i < 20; i++) bench.progress(500);
    expect(bench.fetched).toEqual([]);
  });
});

describe("LAN-6 (CON-W7): what became final", () => {
  it("is not acked before its batches are stored", () => {
    const bench = new Bench();
    const lane = laneOf(1, 2);
    give(bench, 1, lane);
    for (let i = 0; i < bench.effects.length; i++) {
      const effect = present(bench.effects[i], "an effect");
      if (effect.kind === "checkBatch") bench.check(effect);
    }
    commit(bench, lane);
    bench.progress(10);
    expect(bench.lanes.ownTips()).toEqual([]);
    expect(bench.of("send")).toEqual([]);
    bench.lanes.batchStored(present(lane[0], "two").hash);
    expect(bench.lanes.ownTips()[0]?.seq).toBe(1);
    const heads = bench.lanes.advance(bench.lanes.emptyHeads(), cutOf(lane));
    bench.lanes.finalStored(present(heads, "it continues"));
    expect(bench.lanes.ownTips()).toEqual([{ author: 1, seq: 2, headHash: last(lane).hash }]);
  });
});

describe("LAN-11: batches that blocks name", () => {
  it("are remembered up to a number while their lane never becomes final", () => {
    const bench = new Bench();
    const heads = bench.lanes.emptyHeads();
    for (let i = 0; i < PINNED_KEYS_MAX + 100; i++) {
      const headHash = new Uint8Array(32);
      new DataView(headHash.buffer).setUint32(0, i);
      bench.lanes.inspect(heads, [{ author: 1, fromSeq: 1, toSeq: 1, headHash }]);
    }
    expect(bench.lanes.pinnedCount(1)).toBe(PINNED_KEYS_MAX);
  });
});

describe("CON-V2: a cut with more bytes than a block holds", () => {
  it("is invalid as soon as what is here shows it: the rest is not fetched", () => {
    const bench = new Bench({ maxBlockSizeBytes: 1_000 });
    const lane = laneOf(1, 8);
    const heads = bench.lanes.emptyHeads();
    let fetched = 0;
    for (const batch of [...lane].reverse()) {
      if (bench.lanes.inspect(heads, cutOf(lane)).kind === "invalid") break;
      give(bench, 1, [batch]);
      bench.work();
      fetched++;
    }
    expect(bench.lanes.inspect(heads, cutOf(lane)).kind).toBe("invalid");
    expect(fetched).toBeLessThan(lane.length);
  });
});
