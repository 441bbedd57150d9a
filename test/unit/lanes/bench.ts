/** Lanes of one validator with everything that they ask for, and batches of the others. */

import { present } from "../../../src/base/assert.js";
import { encode } from "../../../src/codec/schema.js";
import { batchHash } from "../../../src/crypto/digests.js";
import { Lanes } from "../../../src/lanes/lanes.js";
import type { LaneEffect } from "../../../src/lanes/types.js";
import { type Batch, batchBody } from "../../../src/types/batch.js";
import type { Cut } from "../../../src/types/block.js";
import type { ChainParameters } from "../../../src/types/genesis.js";
import type { MissingBatches } from "../../../src/types/laneHeads.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import {
  GENESIS_HASH,
  hasher,
  makeTransaction,
  PARAMETERS,
  prepare,
  seats,
  signBatch,
} from "../validator/records.js";

export const SEATS = seats(4);

/** Lanes of validator 0 of four, with everything that they ask for written down. */
export class Bench {
  readonly effects: LaneEffect[] = [];
  readonly fetched: MissingBatches[] = [];
  readonly lanes: Lanes;
  nowMs = 1_000;

  constructor(parameters: Partial<ChainParameters> = {}) {
    this.lanes = new Lanes({
      genesisHash: GENESIS_HASH,
      validatorIds: SEATS.map(({ validatorId }) => validatorId),
      self: 0,
      parameters: { ...PARAMETERS, ...parameters },
      hasher,
      fetchBatches: (missing) => this.fetched.push(missing),
      emit: (effect) => this.effects.push(effect),
    });
    this.lanes.recover([], []);
  }

  of<K extends LaneEffect["kind"]>(kind: K): Extract<LaneEffect, { kind: K }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<
      LaneEffect,
      { kind: K }
    >[];
  }

  progress(afterMs = 0): number {
    this.nowMs += afterMs;
    return this.lanes.progress(this.nowMs);
  }

  /** Signs, checks and stores whatever is asked for. */
  work(): void {
    for (let i = 0; i < this.effects.length; i++) {
      const effect = this.effects[i] as LaneEffect & { done?: boolean };
      if (effect.done === true) continue;
      effect.done = true;
      if (effect.kind === "signBatch") {
        this.lanes.batchSigned(signBatch(present(SEATS[0], "seat"), effect.bodyBytes));
      } else if (effect.kind === "checkBatch") {
        this.check(effect);
      } else if (effect.kind === "storeBatch") this.lanes.batchStored(effect.batchHash);
    }
  }

  check({ batch }: { readonly batch: Batch }): void {
    const transactions = batch.transactions.map(prepare);
    this.lanes.batchChecked(batchHash(hasher, batch.bodyBytes), { ok: true, transactions });
  }

  ack(peer: number, batch: { author: number; seq: number; hash: Hash }): void {
    const { author, seq, hash } = batch;
    this.lanes.receiveTips(peer, [{ author, seq, headHash: hash }], this.nowMs);
  }
}

export interface Chained {
  readonly author: number;
  readonly seq: number;
  readonly hash: Hash;
  readonly batch: Batch;
}

/** Batches of an author's lane, chained. */
export function laneOf(
  author: number,
  count: number,
  salt = 0,
  from?: Chained,
  per = 1,
): Chained[] {
  const made: Chained[] = [];
  let before = from;
  for (let i = 0; i < count; i++) {
    const seat = present(SEATS[author], "seat");
    const seq = (before?.seq ?? 0) + 1;
    const bodyBytes = encode(batchBody, {
      genesisHash: GENESIS_HASH,
      validatorId: seat.validatorId,
      epoch: 0,
      seq,
      prevHash: before?.hash ?? ZERO_HASH,
      createdMs: 0,
      transactions: Array.from(
        { length: per },
        (_, t) => makeTransaction(author * 1e6 + salt * 1e4 + seq * 100 + t).transaction.bytes,
      ),
    });
    const batch = signBatch(seat, bodyBytes);
    before = { author, seq, hash: batchHash(hasher, bodyBytes), batch };
    made.push(before);
  }
  return made;
}

export function give(bench: Bench, from: number, batches: readonly Chained[]): void {
  for (const { batch } of batches) bench.lanes.receiveBatch(from, batch.bytes);
}

export const last = <T>(items: readonly T[]): T => present(items.at(-1), "not empty");
export const cutOf = (batches: readonly Chained[], fromSeq = 1): Cut => {
  const head = last(batches);
  return [{ author: head.author, fromSeq, toSeq: head.seq, headHash: head.hash }];
};
