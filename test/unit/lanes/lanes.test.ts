import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { mapKey } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { encode } from "../../../src/codec/schema.js";
import { batchBody } from "../../../src/types/batch.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import {
  GENESIS_HASH,
  hasher,
  makeTransaction,
  PARAMETERS,
  signBatch,
} from "../validator/records.js";
import { Bench, type Chained, cutOf, give, laneOf, last, SEATS } from "./bench.js";

/** With the most batches in flight. */
const LONGEST_DELAY_MS =
  (LIMITS.batchSealDelayMs * LIMITS.batchesInFlightMax) / LIMITS.batchesUnhurried;

describe("the own lane", () => {
  it("LAN-1: seals after 10 ms, or 1,024 transactions, or 256 KiB", () => {
    const bench = new Bench();
    bench.lanes.submit([makeTransaction(1)], bench.nowMs);
    expect(bench.progress()).toBe(bench.nowMs + LIMITS.batchSealDelayMs);
    expect(bench.of("signBatch")).toHaveLength(0);
    bench.progress(LIMITS.batchSealDelayMs);
    expect(bench.of("signBatch")).toHaveLength(1);
    const many = Array.from({ length: 1_500 }, (_, i) => makeTransaction(10 + i));
    bench.lanes.submit(many, bench.nowMs);
    bench.progress();
    // 1,024 transactions are larger than 256 KiB here, so size seals first.
    const sizes = bench
      .of("signBatch")
      .map(({ transactions }) =>
        transactions.reduce((sum, { transaction }) => sum + transaction.bytes.length, 0),
      );
    for (const size of sizes) expect(size).toBeLessThanOrEqual(LIMITS.batchSealSizeBytes);
    bench.progress(LIMITS.batchSealDelayMs);
    const sealed = bench.of("signBatch").flatMap(({ transactions }) => transactions);
    expect(sealed).toHaveLength(1_501);
  });

  it("LAN-1: a transaction above 256 KiB is alone in its batch", () => {
    const bench = new Bench();
    const large = makeTransaction(2, 600_000);
    bench.lanes.submit([makeTransaction(1), large, makeTransaction(3)], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    const counts = bench.of("signBatch").map(({ transactions }) => transactions.length);
    expect(counts).toEqual([1, 1, 1]);
  });

  it("LAN-2: at most 64 batches are in flight; a final block makes room", () => {
    const bench = new Bench();
    for (let i = 0; i < 70; i++) {
      bench.lanes.submit([makeTransaction(i)], bench.nowMs);
      bench.progress(LONGEST_DELAY_MS);
      bench.work();
    }
    expect(bench.of("signBatch")).toHaveLength(64);
    expect(bench.lanes.ownBatchesInFlight).toBe(64);
    expect(bench.lanes.unsealedTransactions).toBe(6);
    const stored = bench.of("storeBatch");
    const first = present(stored[9], "ten are stored");
    const head = { seq: 10, headHash: first.batchHash, key: mapKey(first.batchHash) };
    bench.lanes.committed(
      bench.lanes.emptyHeads().map((h, i) => (i === 0 ? head : h)),
      bench.nowMs,
      [],
    );
    bench.progress(LONGEST_DELAY_MS);
    expect(bench.lanes.unsealedTransactions).toBe(0);
    expect(bench.lanes.ownBatchesInFlight).toBe(55);
  });

  it("LAN-2: above 8 batches in flight a batch waits longer, in proportion, and so gets larger", () => {
    const bench = new Bench();
    for (let i = 0; i < 16; i++) {
      bench.lanes.submit([makeTransaction(i)], bench.nowMs);
      bench.progress(LONGEST_DELAY_MS);
      bench.work();
    }
    expect(bench.lanes.ownBatchesInFlight).toBe(16);
    for (let i = 16; i < 19; i++) bench.lanes.submit([makeTransaction(i)], bench.nowMs);
    bench.progress(2 * LIMITS.batchSealDelayMs - 1);
    expect(bench.lanes.unsealedTransactions).toBe(3);
    bench.progress(1);
    expect(bench.lanes.unsealedTransactions).toBe(0);
    expect(bench.lanes.ownBatchesInFlight).toBe(17);
  });

  it("LAN-3 (CON-W9): a batch is sent when it is stored, not before, and in order", () => {
    const bench = new Bench();
    for (const nonce of [1, 2]) {
      bench.lanes.submit([makeTransaction(nonce)], bench.nowMs);
      bench.progress(LIMITS.batchSealDelayMs);
    }
    const [first, second] = bench.of("signBatch");
    const seat = present(SEATS[0], "seat");
    bench.lanes.batchSigned(signBatch(seat, present(second, "two").bodyBytes));
    bench.lanes.batchSigned(signBatch(seat, present(first, "two").bodyBytes));
    const stores = bench.of("storeBatch");
    bench.lanes.batchStored(present(stores[0], "the second").batchHash);
    expect(bench.of("send")).toHaveLength(0);
    bench.lanes.batchStored(present(stores[1], "the first").batchHash);
    const seqs = bench.of("send").map(({ message }) => message.kind);
    expect(seqs).toEqual(["batch", "batch"]);
  });

  it("says admitted once f + 1 validators hold the batch", () => {
    const bench = new Bench();
    const transaction = makeTransaction(1);
    bench.lanes.submit([transaction], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    bench.work();
    expect(bench.of("admitted")).toHaveLength(0);
    const { batchHash: hash } = present(bench.of("storeBatch")[0], "stored");
    bench.ack(2, { author: 0, seq: 1, hash: hasher.sha256(hash) });
    expect(bench.of("admitted")).toHaveLength(0);
    bench.ack(1, { author: 0, seq: 1, hash });
    expect(bench.of("admitted")).toEqual([{ kind: "admitted", txIds: [transaction.txId] }]);
  });

  it("LAN-4: sends again to a connected peer whose ack does not move for t_r", () => {
    const bench = new Bench();
    bench.lanes.connected(1, bench.nowMs);
    bench.lanes.submit([makeTransaction(1)], bench.nowMs);
    bench.progress(LIMITS.batchSealDelayMs);
    bench.work();
    bench.progress(500);
    expect(bench.of("send").filter(({ to }) => to === 1)).toHaveLength(0);
    bench.progress(600);
    expect(bench.of("send").filter(({ to }) => to === 1)).toHaveLength(1);
    const { batchHash: hash } = present(bench.of("storeBatch")[0], "stored");
    bench.ack(1, { author: 0, seq: 1, hash });
    bench.progress(5_000);
    expect(bench.of("send").filter(({ to }) => to === 1)).toHaveLength(1);
  });
});

describe("lanes of others", () => {
  it("LAN-6 (CON-W7): acks what is stored and contiguous, coalesced within 5 ms", () => {
    const bench = new Bench();
    const lane = laneOf(1, 3);
    give(bench, 1, [lane[0]!, lane[2]!]);
    const checks = bench.of("checkBatch");
    expect(checks.map(({ batch }) => batch.seq)).toEqual([1]);
    bench.work();
    expect(bench.lanes.ownTips()).toEqual([{ author: 1, seq: 1, headHash: lane[0]!.hash }]);
    give(bench, 1, [lane[1]!]);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.seq).toBe(3);
    bench.progress();
    const acks = bench.of("send").filter(({ message }) => message.kind === "laneTips");
    expect(acks).toHaveLength(1);
    give(bench, 1, laneOf(1, 1, 0, lane[2]));
    bench.work();
    expect(bench.progress(1)).toBeLessThanOrEqual(bench.nowMs + 5);
    expect(bench.of("send")).toHaveLength(acks.length);
    bench.progress(5);
    expect(bench.of("send")).toHaveLength(acks.length + 1);
  });

  it("LAN-11: refuses batches of another chain, too large ones, and those far ahead", () => {
    const bench = new Bench();
    bench.lanes.receiveBatch(1, new Uint8Array([1, 2, 3]));
    const foreign = encode(batchBody, {
      genesisHash: ZERO_HASH,
      validatorId: SEATS[1]!.validatorId,
      epoch: 0,
      seq: 1,
      prevHash: ZERO_HASH,
      createdMs: 0,
      transactions: [makeTransaction(1).transaction.bytes],
    });
    bench.lanes.receiveBatch(1, signBatch(SEATS[1]!, foreign).bytes);
    expect(bench.of("reportPeer").map(({ code }) => code)).toEqual(["BAD_BATCH", "BAD_BATCH"]);
    give(bench, 1, laneOf(1, 70).slice(65));
    expect(bench.of("checkBatch")).toHaveLength(0);
  });

  it("LAN-11: batches that one peer makes up do not keep out what the author sends", () => {
    const bench = new Bench();
    const lane = laneOf(1, 3);
    // Well-formed, unsigned by validator 1, above a batch that does not exist: never checkable.
    for (let i = 0; i < 300; i++) give(bench, 2, laneOf(1, 2, 100 + i).slice(1));
    give(bench, 1, lane);
    bench.work();
    expect(bench.lanes.ownTips()).toEqual([{ author: 1, seq: 3, headHash: last(lane).hash }]);
  });

  it("LAN-11: what is far ahead makes way for the batch that is missing", () => {
    const bench = new Bench();
    const largeAt = (seq: number, prevHash: Hash) => {
      const bodyBytes = encode(batchBody, {
        genesisHash: GENESIS_HASH,
        validatorId: SEATS[1]!.validatorId,
        epoch: 0,
        seq,
        prevHash,
        createdMs: 0,
        transactions: [makeTransaction(seq, 900_000).transaction.bytes],
      });
      bench.lanes.receiveBatch(1, signBatch(SEATS[1]!, bodyBytes).bytes);
    };
    // 63 large batches wait for the first: more than the bytes that may wait.
    for (let seq = 2; seq <= 64; seq++) largeAt(seq, new Uint8Array(32).fill(seq));
    largeAt(1, ZERO_HASH);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.seq).toBe(1);
  });

  it("LAN-11: of a lane that forks again and again two branches are kept, and what blocks pin", () => {
    const bench = new Bench();
    const branches = Array.from({ length: 40 }, (_, i) => laneOf(1, 1, 1 + i)[0] as Chained);
    for (const branch of branches) {
      give(bench, 1, [branch]);
      bench.work();
    }
    expect(bench.of("storeBatch")).toHaveLength(2);
    const heads = bench.lanes.emptyHeads();
    const pinned = branches.slice(30, 31);
    expect(bench.lanes.inspect(heads, cutOf(pinned)).kind).toBe("missing");
    give(bench, 2, pinned);
    bench.work();
    expect(bench.lanes.inspect(heads, cutOf(pinned)).kind).toBe("complete");
  });

  it("LAN-11: what blocks pinned that no chain holds any more is dropped when another is final", () => {
    const bench = new Bench();
    const heads = bench.lanes.emptyHeads();
    const kept = () => bench.lanes.batchesFor(1, 1, 1).length;
    const pin = (branch: readonly Chained[]) => {
      expect(bench.lanes.inspect(heads, cutOf(branch)).kind).toBe("missing");
      give(bench, 1, branch);
      bench.work();
      expect(bench.lanes.inspect(heads, cutOf(branch)).kind).toBe("complete");
    };
    const [own] = laneOf(2, 1) as [Chained];
    give(bench, 2, [own]);
    bench.work();
    // An author that leads may show another branch in each of its views, and have none accepted.
    const live = laneOf(1, 1, 1);
    for (let i = 0; i < 300; i++) pin(i === 0 ? live : laneOf(1, 1, 1 + i));
    expect(kept()).toBe(300);
    const after = present(bench.lanes.advance(heads, cutOf([own])), "it continues");
    const waiting = laneOf(1, 1, 301);
    pin(waiting);
    bench.lanes.committed(after, bench.nowMs, [cutOf(waiting), []]);
    expect(kept()).toBe(2);
    expect(bench.of("dropBatches").map(({ batchHashes }) => batchHashes.length)).toEqual([299]);
    expect(bench.lanes.inspect(after, cutOf(waiting)).kind).toBe("complete");
    expect(bench.lanes.inspect(after, cutOf(live)).kind).toBe("complete");
    pin(laneOf(1, 1, 20));
  });

  it("blames the sender of a batch that does not verify, and takes it from another", () => {
    const bench = new Bench();
    const [one] = laneOf(1, 1) as [Chained];
    give(bench, 2, [one]);
    bench.lanes.batchChecked(one.hash, { ok: false, reason: "a wrong signature" });
    expect(bench.of("reportPeer").map(({ peer }) => peer)).toEqual([2]);
    give(bench, 1, [one]);
    bench.effects.splice(0, 1);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.seq).toBe(1);
  });

  it("LAN-5: pulls what others acked: after 2 Delta, or a quarter when f + 1 did", () => {
    const bench = new Bench();
    const lane = laneOf(1, 3);
    bench.ack(2, last(lane));
    const wakeMs = bench.progress();
    expect(wakeMs).toBe(bench.nowMs + 2 * PARAMETERS.deltaMs);
    expect(bench.fetched).toHaveLength(0);
    bench.ack(1, last(lane));
    bench.progress(PARAMETERS.deltaMs / 4);
    expect(bench.fetched).toEqual([{ author: 1, fromSeq: 1, toSeq: 3 }]);
  });

  it("LAN-6: acks count along one hash chain only", () => {
    const bench = new Bench();
    const mine = laneOf(1, 2);
    const fork = laneOf(1, 2, 7);
    give(bench, 1, mine);
    bench.work();
    const heads = bench.lanes.emptyHeads();
    bench.ack(2, last(fork));
    expect(bench.lanes.isIncludable(heads)).toBe(false);
    // A number beyond the local branch under the hash of the final head is on no chain.
    bench.lanes.receiveTips(3, [{ author: 1, seq: 9, headHash: ZERO_HASH }], bench.nowMs);
    expect(bench.lanes.isIncludable(heads)).toBe(false);
    bench.ack(3, last(mine));
    expect(bench.lanes.isIncludable(heads)).toBe(true);
    expect(bench.lanes.isWaiting(heads, "timer")).toBe(false);
    bench.ack(1, last(mine));
    expect(bench.lanes.isWaiting(heads, "timer")).toBe(true);
  });

  it("LAN-10: a fork is named and not acked; the branch that becomes final replaces the local one", () => {
    const bench = new Bench();
    const [base] = laneOf(1, 1) as [Chained];
    const mine = laneOf(1, 1, 1, base);
    const fork = laneOf(1, 2, 2, base);
    give(bench, 1, [base, ...mine]);
    bench.work();
    give(bench, 1, fork);
    expect(bench.of("notice").map(({ code }) => code)).toEqual(["LANE_FORK"]);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.headHash).toEqual(last(mine).hash);
    // A block with the other branch is judged by its parent's state all the same (V2).
    const heads = bench.lanes.emptyHeads();
    const cut = cutOf(fork);
    if (bench.lanes.inspect(heads, cut).kind === "missing") {
      give(bench, 2, fork);
      bench.work();
      bench.lanes.inspect(heads, cut);
      give(bench, 2, fork);
      bench.work();
    }
    expect(bench.lanes.inspect(heads, cut).kind).toBe("complete");
    const after = present(bench.lanes.advance(heads, cut), "it continues");
    bench.lanes.committed(after, bench.nowMs, []);
    expect(bench.lanes.ownTips()[0]).toEqual({ author: 1, seq: 3, headHash: last(fork).hash });
    const next = laneOf(1, 1, 3, last(fork));
    give(bench, 1, next);
    bench.work();
    expect(bench.lanes.ownTips()[0]?.seq).toBe(4);
  });
});

describe("cuts", () => {
  function ready(bench: Bench, author: number, batches: readonly Chained[], peers = [1, 2, 3]) {
    give(bench, author, batches);
    bench.work();
    for (const peer of peers) bench.ack(peer, last(batches));
  }

  it("CON-V2: complete, missing and invalid", () => {
    const bench = new Bench();
    const lane = laneOf(1, 3);
    const heads = bench.lanes.emptyHeads();
    expect(bench.lanes.inspect(heads, cutOf(lane))).toEqual({
      kind: "missing",
      batches: [{ author: 1, fromSeq: 1, toSeq: 3 }],
    });
    give(bench, 1, lane);
    bench.work();
    expect(bench.lanes.inspect(heads, cutOf(lane))).toEqual({
      kind: "complete",
      transactionCount: 3,
    });
    const wrongStart = [{ ...cutOf(lane)[0]!, fromSeq: 2 }];
    expect(bench.lanes.advance(heads, wrongStart)).toBeUndefined();
    const wrongEnd = [{ ...cutOf(lane)[0]!, toSeq: 2 }];
    expect(bench.lanes.inspect(heads, wrongEnd).kind).toBe("invalid");
  });

  it("CON-V2: more bytes or cost than a block holds are invalid, one batch alone is not", () => {
    const lane = laneOf(1, 3);
    for (const limits of [{ maxBlockCost: 15n }, { maxBlockSizeBytes: 400 }]) {
      const bench = new Bench(limits);
      give(bench, 1, lane);
      bench.work();
      const heads = bench.lanes.emptyHeads();
      expect(bench.lanes.inspect(heads, cutOf(lane)).kind).toBe("invalid");
      expect(bench.lanes.inspect(heads, cutOf(lane.slice(0, 1))).kind).toBe("complete");
    }
  });

  it("LAN-8: a full block is shared evenly between lanes", () => {
    const bench = new Bench({ maxBlockCost: 200n });
    ready(bench, 1, laneOf(1, 30));
    ready(bench, 2, laneOf(2, 6));
    ready(bench, 3, laneOf(3, 30));
    const { cut, transactionCount } = bench.lanes.makeCut(bench.lanes.emptyHeads(), 5);
    expect(transactionCount).toBe(20);
    expect(cut.map(({ author, toSeq }) => [author, toSeq])).toEqual([
      [1, 7],
      [2, 6],
      [3, 7],
    ]);
    expect(bench.lanes.inspect(bench.lanes.emptyHeads(), cut).kind).toBe("complete");
  });

  it("LAN-7: nothing that fewer than f + 1 acked, and at most 1 MiB that fewer than q did", () => {
    const bench = new Bench();
    const lane = laneOf(1, 12, 0, undefined, 1);
    give(bench, 1, lane);
    bench.work();
    const heads = bench.lanes.emptyHeads();
    expect(bench.lanes.makeCut(heads, 1).cut).toEqual([]);
    bench.ack(1, lane[4]!);
    expect(bench.lanes.makeCut(heads, 1).cut[0]?.toSeq).toBe(5);
  });

  it("LAN-9: lanes are rotated by the view, then one batch of each in turn", () => {
    const bench = new Bench();
    const one = laneOf(1, 3);
    const three = laneOf(3, 1);
    give(bench, 1, one);
    give(bench, 3, three);
    bench.work();
    const heads = bench.lanes.emptyHeads();
    const cut = [...cutOf(one), ...cutOf(three)];
    const sealers = (view: number): string =>
      bench.lanes
        .transactions(heads, cut, view)
        .map(({ sealer }) => sealer)
        .join("");
    expect(sealers(4)).toBe("1311");
    expect(sealers(5)).toBe("1311");
    expect(sealers(6)).toBe("3111");
    expect(sealers(7)).toBe("3111");
  });
});
