// Goal: what catching up holds is bounded by bytes, and no grouping of final blocks makes it hold all.
// Method: a peer that serves made-up blocks, certified in groups; "execution" is what a test says it is.
import { expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { LIMITS } from "../../../src/base/limits.js";
import { encode } from "../../../src/codec/schema.js";
import { batchHash } from "../../../src/crypto/digests.js";
import { CatchUp } from "../../../src/sync/catchUp.js";
import { PeerBook } from "../../../src/sync/peerBook.js";
import { batchBody } from "../../../src/types/batch.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { chainOf, finalization, type MadeUpBlock } from "../consensus/madeUpChain.js";
import {
  GENESIS_HASH,
  hasher,
  makeTransaction,
  PARAMETERS,
  seats,
  signBatch,
} from "../validator/records.js";

interface RangeRequest {
  readonly fromHeight: number;
  readonly toHeight: number;
}

/** Validator 3 of four, which catches up from validator 0. */
class Laggard {
  readonly catchUp: CatchUp;
  readonly asked: RangeRequest[] = [];
  inserted = 0;
  insertedSizeBytes = 0;
  committedHeight = 0;
  nowMs = 0;

  constructor(
    readonly chain: readonly MadeUpBlock[],
    readonly batchAt: (height: number) => readonly Uint8Array[],
    /** Blocks that became final together. */
    readonly group: number,
    report = (code: string, detail: string): void => expect.fail(`${code}: ${detail}`),
  ) {
    const peers = new PeerBook(4, 3);
    peers.connection(0, true);
    const finalizedHeight = chain.length;
    const status = { epoch: 0, view: finalizedHeight + 1, finalizedView: finalizedHeight };
    const rest = { finalizedHash: ZERO_HASH, laneTips: [], clockMs: 0, quarantined: false };
    peers.status(0, { ...status, ...rest, finalizedHeight, lowestHeight: 1 }, 0);
    this.catchUp = new CatchUp({
      hasher,
      deltaMs: PARAMETERS.deltaMs,
      maxBlockSizeBytes: PARAMETERS.maxBlockSizeBytes,
      maxUnfinalized: PARAMETERS.maxUnfinalized,
      peers,
      send: (_to, message) => {
        if (message.kind === "rangeRequest") this.asked.push(message.value);
      },
      report: (_peer, code, detail) => report(code, detail),
      holdCertificate: () => "held",
      insertFinal: (_from, blocks) => {
        this.inserted += blocks.length;
        for (const { sizeBytes } of blocks) this.insertedSizeBytes += sizeBytes;
      },
    });
  }

  /** Answers every request as a peer does: whole blocks as far as a page takes them. */
  serve(): void {
    const held = { hash: GENESIS_HASH, height: 0, view: 0 };
    for (;;) {
      this.catchUp.progress(this.committedHeight, held, this.nowMs++);
      const requests = this.asked.splice(0);
      if (requests.length === 0) return;
      for (const request of requests) this.#answer(request);
    }
  }

  #answer({ fromHeight, toHeight }: RangeRequest): void {
    const blocks = [];
    let left = LIMITS.rangePageSizeBytesMax;
    for (let height = fromHeight; height <= toHeight; height++) {
      const batches = this.batchAt(height);
      left -= batches.reduce((sum, { length }) => sum + length, 8_192);
      if (left < 0) break;
      blocks.push({
        block: present(this.chain[height - 1], "asked of what there is").block,
        batches,
      });
    }
    const lastHeight = fromHeight + blocks.length - 1;
    const end = Math.min(this.chain.length, Math.ceil(lastHeight / this.group) * this.group);
    const certificate = finalization(present(this.chain[end - 1], "the group ends"));
    this.catchUp.receive(0, { fromHeight, blocks, certificate });
  }
}

/** One batch of about 900 kB a block, all of lane 1. */
function fullChain(count: number) {
  const seat = present(seats(4)[1], "a seat");
  const batches: Uint8Array[] = [];
  const hashes: Hash[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const bodyBytes = encode(batchBody, {
      genesisHash: GENESIS_HASH,
      validatorId: seat.validatorId,
      epoch: 0,
      seq,
      prevHash: hashes.at(-1) ?? ZERO_HASH,
      createdMs: 0,
      transactions: [makeTransaction(seq, 900_000).transaction.bytes],
    });
    batches.push(signBatch(seat, bodyBytes).bytes);
    hashes.push(batchHash(hasher, bodyBytes));
  }
  const chain = chainOf(count, (height) => [
    { author: 1, fromSeq: height, toSeq: height, headHash: present(hashes[height - 1], "made") },
  ]);
  return { chain, batchAt: (height: number) => [present(batches[height - 1], "made")] };
}

it("SYN-3: fetched blocks that wait for execution are bounded by bytes; the rest comes as they are executed", () => {
  const count = 100;
  const { chain, batchAt } = fullChain(count);
  const laggard = new Laggard(chain, batchAt, 1);
  const most = LIMITS.catchUpAheadSizeBytesMax + 4 * LIMITS.rangePageSizeBytesMax;
  let executedSizeBytes = 0;
  for (let executed = 0; executed < count; executed++) {
    laggard.committedHeight = executed;
    laggard.serve();
    expect(laggard.insertedSizeBytes - executedSizeBytes).toBeLessThanOrEqual(most);
    executedSizeBytes += present(batchAt(executed + 1)[0], "one").length + 4;
  }
  expect(laggard.inserted).toBe(count);
});

it("SYN-4: pages that never end where a group does are used all the same", () => {
  const laggard = new Laggard(chainOf(2_000), () => [], 23);
  laggard.serve();
  // The first 128 blocks above what is executed were asked for, and all but the last group inserted.
  expect(laggard.inserted).toBeGreaterThan(128 - 2 * 23);
  expect(laggard.inserted).toBeLessThan(128 + 2 * 23);
  while (laggard.committedHeight < laggard.inserted) {
    laggard.committedHeight = laggard.inserted;
    laggard.serve();
  }
  expect(laggard.inserted).toBe(2_000);
});

it("SYN-4: a block of more batches than one holds, in parts without bytes, is refused at once", () => {
  const codes: string[] = [];
  const headHash = ZERO_HASH;
  // Parts of it would be joined until the request runs out of time, and empty batches weigh nothing.
  const chain = chainOf(1, () => [{ author: 1, fromSeq: 1, toSeq: 2 ** 40, headHash }]);
  const laggard = new Laggard(
    [...chain, ...chainOf(20).slice(1)],
    () => [],
    1,
    (code) => codes.push(code),
  );
  const held = { hash: GENESIS_HASH, height: 0, view: 0 };
  laggard.catchUp.progress(0, held, 0);
  const { block } = present(chain[0], "one block");
  const batches = Array.from({ length: LIMITS.blockBatchesMax }, () => new Uint8Array(0));
  const part = { fromHeight: 1, blocks: [{ block, batches }], certificate: undefined };
  laggard.catchUp.receive(0, part);
  expect(codes).toEqual(["BAD_RANGE"]);
  // What comes of it afterwards was not asked for any more.
  laggard.catchUp.receive(0, part);
  expect(codes).toHaveLength(1);
});
