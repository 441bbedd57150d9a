/**
 * Hears every final block of every honest validator and holds them against one history and a naive
 * model of the payments (SIM-I1, I2, I8, I9). Work for a block is done once, not once a validator.
 */

import { equalBytes, isZero, mapKey, toHex } from "../../../src/base/bytes.js";
import type { FinalBlock } from "../../../src/ports/nodeApi.js";
import type { Hash } from "../../../src/types/primitives.js";
import { OUTCOME, type Position } from "../../../src/types/receipt.js";
import { CheckFailure } from "./failure.js";
import { short } from "./voteWatch.js";

/** A payment as its client made it. */
export interface PaymentFacts {
  readonly txId: Hash;
  readonly from: number;
  readonly to: number;
  readonly asset: number;
  readonly amount: bigint;
  readonly channel: number;
  readonly nonce: bigint;
}

interface KnownBlock {
  readonly blockHash: Hash;
  readonly resultHash: Hash;
  readonly transactions: number;
}

export class FinalWatch {
  readonly #blocks: KnownBlock[] = [];
  readonly #heads: number[];
  readonly #positions = new Map<string, Position>();
  readonly #nonces = new Set<string>();
  readonly #balances: bigint[][];
  readonly #issued: bigint[];
  #failed = 0;
  #voids = 0;

  /** `balances[account][asset]` at genesis. */
  constructor(
    validatorCount: number,
    readonly genesisHash: Hash,
    balances: readonly (readonly bigint[])[],
    readonly paymentOf: (txId: Hash) => PaymentFacts | undefined,
  ) {
    this.#heads = Array.from({ length: validatorCount }, () => 0);
    this.#balances = balances.map((row) => [...row]);
    this.#issued = (balances[0] ?? []).map((_, asset) =>
      balances.reduce((sum, row) => sum + (row[asset] as bigint), 0n),
    );
  }

  get height(): number {
    return this.#blocks.length;
  }

  get effective(): number {
    return this.#positions.size;
  }

  get failedTransactions(): number {
    return this.#failed;
  }

  get voidTransactions(): number {
    return this.#voids;
  }

  positionOf(txId: Hash): Position | undefined {
    return this.#positions.get(mapKey(txId));
  }

  balance(account: number, asset: number): bigint {
    return this.#balances[account]?.[asset] as bigint;
  }

  resultHashAt(height: number): Hash | undefined {
    return this.#blocks[height - 1]?.resultHash;
  }

  headOf(validator: number): number {
    return this.#heads[validator] as number;
  }

  /** A validator came back and says where it stands. */
  restarted(
    validator: number,
    head: { readonly height: number; readonly blockHash: Hash },
    durableHeight: number,
  ): void {
    if (head.height < durableHeight) {
      throw new CheckFailure(
        "durability",
        `validator ${validator} told clients of height ${durableHeight} and came back at ${head.height}`,
      );
    }
    if (head.height > this.#blocks.length) {
      // It stored a final block and stopped before it told anyone; its next blocks will be checked.
      this.#heads[validator] = head.height;
      return;
    }
    const expected =
      head.height === 0
        ? this.genesisHash
        : (this.#blocks[head.height - 1] as KnownBlock).blockHash;
    if (!equalBytes(head.blockHash, expected)) {
      throw new CheckFailure("agreement", `validator ${validator} came back on another branch`);
    }
    this.#heads[validator] = head.height;
  }

  final(validator: number, block: FinalBlock): void {
    const head = this.#heads[validator] as number;
    const who = `validator ${validator} at height ${block.height}`;
    if (block.height !== head + 1) {
      throw new CheckFailure("agreement", `${who} followed height ${head}`);
    }
    this.#heads[validator] = block.height;
    this.#learn(who, block);
  }

  /** Takes or compares a block, whoever has it. */
  #learn(who: string, block: FinalBlock): void {
    const known = this.#blocks[block.height - 1];
    if (known !== undefined) {
      if (!equalBytes(known.blockHash, block.blockHash)) {
        throw new CheckFailure(
          "agreement",
          `${who} has ${short(block.blockHash)}, another has ${short(known.blockHash)}`,
        );
      }
      if (!equalBytes(known.resultHash, block.resultHash)) {
        throw new CheckFailure("agreement", `${who} has another result`);
      }
      if (known.transactions !== block.executed.length) {
        throw new CheckFailure("agreement", `${who} has another number of receipts`);
      }
      return;
    }
    if (block.height !== this.#blocks.length + 1) {
      throw new CheckFailure("agreement", `${who} is ahead of all that was ever final`);
    }
    const { parentHash } = block.block.header;
    const parent = this.#blocks[block.height - 2]?.blockHash ?? this.genesisHash;
    if (!equalBytes(parentHash, parent)) {
      throw new CheckFailure("agreement", `${who} does not build on the final block below`);
    }
    this.#blocks.push({
      blockHash: block.blockHash,
      resultHash: block.resultHash,
      transactions: block.executed.length,
    });
    this.#apply(block);
  }

  /** Blocks that a validator finalised in its last moments are read after its restart. */
  fill(validator: number, blockAt: (height: number) => FinalBlock | undefined, upTo: number): void {
    for (let height = this.#blocks.length + 1; height <= upTo; height++) {
      const block = blockAt(height);
      if (block === undefined) {
        throw new CheckFailure("durability", `validator ${validator} lacks its block ${height}`);
      }
      this.#learn(`validator ${validator} at height ${height}`, block);
    }
  }

  #apply(block: FinalBlock): void {
    block.executed.forEach(({ receipt }, index) => {
      if (receipt.position.height !== block.height || receipt.position.index !== index) {
        throw new CheckFailure("agreement", `a receipt of block ${block.height} is out of place`);
      }
      if (index === 0) {
        if (!isZero(receipt.txId)) {
          throw new CheckFailure("agreement", "the timer phase names a transaction");
        }
        return;
      }
      if (receipt.outcome === OUTCOME.void) {
        this.#voids++;
        return;
      }
      const payment = this.paymentOf(receipt.txId);
      const name = toHex(receipt.txId.subarray(0, 4));
      if (payment === undefined) {
        throw new CheckFailure(
          "exactly-once",
          `block ${block.height} holds ${name}, sent by nobody`,
        );
      }
      const key = mapKey(receipt.txId);
      if (this.#positions.has(key)) {
        throw new CheckFailure("exactly-once", `${name} took effect twice`);
      }
      this.#positions.set(key, receipt.position);
      const nonceKey = `${payment.from}/${payment.channel}/${payment.nonce}`;
      if (this.#nonces.has(nonceKey)) {
        throw new CheckFailure("exactly-once", `nonce ${nonceKey} was used twice`);
      }
      this.#nonces.add(nonceKey);
      this.#pay(payment, receipt.outcome === OUTCOME.applied, name);
    });
  }

  #pay(payment: PaymentFacts, applied: boolean, name: string): void {
    const from = this.#balances[payment.from] as bigint[];
    const to = this.#balances[payment.to] as bigint[];
    const covered = (from[payment.asset] as bigint) >= payment.amount;
    if (applied !== covered) {
      throw new CheckFailure(
        "conservation",
        `${name} was ${applied ? "applied" : "failed"}, its payer has ${from[payment.asset]} and pays ${payment.amount}`,
      );
    }
    if (!applied) {
      this.#failed++;
      return;
    }
    from[payment.asset] = (from[payment.asset] as bigint) - payment.amount;
    to[payment.asset] = (to[payment.asset] as bigint) + payment.amount;
  }

  /** Compares a validator's own balances with the model, when both stand at the same height. */
  compareBalances(
    validator: number,
    height: number,
    balances: ReadonlyMap<string, bigint>,
    keyOf: (account: number, asset: number) => string,
  ): void {
    if (height !== this.#blocks.length) return;
    const sums = this.#issued.map(() => 0n);
    for (let account = 0; account < this.#balances.length; account++) {
      for (let asset = 0; asset < sums.length; asset++) {
        const actual = balances.get(keyOf(account, asset)) ?? 0n;
        const expected = this.balance(account, asset);
        if (actual !== expected) {
          throw new CheckFailure(
            "conservation",
            `validator ${validator} at height ${height}: account ${account} has ${actual} of asset ${asset}, the model says ${expected}`,
          );
        }
        sums[asset] = (sums[asset] as bigint) + actual;
      }
    }
    sums.forEach((sum, asset) => {
      if (sum !== this.#issued[asset]) {
        throw new CheckFailure(
          "conservation",
          `asset ${asset}: ${sum} in accounts, ${this.#issued[asset]} issued`,
        );
      }
    });
  }
}
