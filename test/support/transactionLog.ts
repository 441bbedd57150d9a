/**
 * One log of transactions, always the same for a seed, for comparing implementations: SIMD and
 * scalar, inline and pool, versions of Node. It contains applied, failed and void ones.
 */

import { toHex } from "../../src/base/bytes.js";
import type { Hasher } from "../../src/crypto/interfaces.js";
import { isRegistrableKey } from "../../src/crypto/noble/nobleSignatures.js";
import { createExecutor } from "../../src/execution/executor.js";
import type { FinalisedBlock } from "../../src/execution/interface.js";
import { prepareTransaction, signatureJobs } from "../../src/execution/prepare.js";
import type { StateTree } from "../../src/merkle/stateTree.js";
import type { PreparedTransaction } from "../../src/types/transaction.js";
import {
  ASSET,
  ExecutorRun,
  HOUR_MS,
  makeBlock,
  op,
  START_MS,
  type TestNetwork,
  type TransactionOptions,
} from "./ledgerFixture.js";

export { signatureJobs };

/** A generator of numbers below a bound: 32-bit linear congruence, its high bits. */
export function numbersFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Time of the block that begins with this transaction. */
export function blockTimeMs(index: number): number {
  return START_MS + 1_000 + 4 * index;
}

const CUSTOMERS = ["alice", "bob", "shop", "carol", "dave"] as const;

/** `count` transactions as bytes, in order. Signing them takes half a millisecond each. */
export function makeTransactionLog(
  network: TestNetwork,
  count = 10_000,
  options: { readonly seed?: number; readonly isSigned?: boolean } = {},
): Uint8Array[] {
  const { seed = 1, isSigned = true } = options;
  const below = numbersFrom(seed);
  const nonces = new Map<string, bigint>();
  const log: Uint8Array[] = [];
  const nextNonce = (author: string, channel: number): bigint => {
    const name = `${author} ${channel}`;
    const nonce = nonces.get(name) ?? 0n;
    nonces.set(name, nonce + 1n);
    return nonce;
  };
  const add = (transaction: Omit<TransactionOptions, "isSigned">) => {
    const channel = below(3);
    const nonce = nextNonce(transaction.parties[0]!, channel);
    const validUntilMs = START_MS + 12 * HOUR_MS;
    log.push(network.transactionBytes({ validUntilMs, channel, nonce, ...transaction, isSigned }));
  };
  const transferTo = (to: string, amount: number, paymentId?: number) =>
    op("transfer", {
      by: 0,
      to: network.id(to),
      asset: below(20) === 0 ? ASSET.usd : ASSET.cny,
      amount: BigInt(amount),
      code: below(4),
      reference:
        below(3) === 0
          ? { kind: "text", value: `order ${below(1_000)}` }
          : { kind: "none", value: {} },
      paymentId:
        paymentId === undefined
          ? undefined
          : new Uint8Array(16).fill(paymentId & 0xff, 0, 8).fill(paymentId >> 8, 8),
    });
  while (log.length < count) {
    const from = CUSTOMERS[below(CUSTOMERS.length)]!;
    const offset = below(50) === 0 ? 0 : 1 + below(CUSTOMERS.length - 1);
    const to = CUSTOMERS[(CUSTOMERS.indexOf(from) + offset) % CUSTOMERS.length]!;
    const kind = below(100);
    if (kind < 70) {
      add({ parties: [from], operations: [transferTo(to, 1 + below(400))] });
    } else if (kind < 78) {
      add({ parties: [from], operations: [transferTo(to, 1 + below(400), below(5_000))] });
    } else if (kind < 84) {
      const operations = Array.from({ length: 2 + below(6) }, () => transferTo(to, 1 + below(50)));
      add({ parties: [from], operations });
    } else if (kind < 90) {
      const issue = { by: 0, to: network.id(to), asset: below(3), amount: BigInt(1 + below(500)) };
      const reference = { kind: "number", value: BigInt(below(100)) } as const;
      add({ parties: ["bank"], operations: [op("asset.issue", { ...issue, reference })] });
    } else if (kind < 93) {
      const asset = ASSET.usd;
      const body = { by: 0, asset, account: network.id(to), authorised: below(4) !== 0 };
      add({ parties: ["bank"], operations: [op("asset.authorise", body)] });
    } else if (kind < 94) {
      if (below(3) > 0) continue;
      // Blocks are 4 ms a transaction apart, so a freeze lasts for some blocks.
      const soonMs = blockTimeMs(log.length) + 200 + below(1_500);
      const untilMs = below(3) === 0 ? undefined : soonMs;
      const frozen = untilMs !== undefined;
      const body = { by: 0, asset: ASSET.cny, account: network.id(to), frozen, untilMs };
      add({ parties: ["bank"], operations: [op("asset.freeze", body)] });
    } else if (kind < 97) {
      // Signed by somebody else: void.
      add({ parties: [from], operations: [transferTo(to, 5)], signedBy: [["bank"]] });
    } else if (log.length > 0) {
      // Sent twice: the nonce is used.
      log.push(log[below(log.length)]!);
    }
  }
  return log;
}

/** Static checks of a log; every transaction of it passes them. */
export function prepareLog(
  hasher: Hasher,
  network: TestNetwork,
  log: readonly Uint8Array[],
): PreparedTransaction[] {
  return log.map((bytes) => {
    const prepared = prepareTransaction(hasher, network.genesisHash, bytes);
    if (!prepared.ok) throw new Error(prepared.message);
    return prepared.value;
  });
}

/** What a log did: equal for equal implementations. */
export interface LogOutcome {
  readonly stateRoot: string;
  readonly resultHashes: readonly string[];
  /** Transactions by outcome: applied, failed, void. */
  readonly outcomes: readonly [number, number, number];
}

/** Executes a log in blocks of `perBlock`, each final before the next. */
export function executeLog(
  network: TestNetwork,
  transactions: readonly PreparedTransaction[],
  parts: { readonly hasher: Hasher; readonly tree: StateTree; readonly perBlock?: number },
): LogOutcome {
  const { hasher, tree, perBlock = 250 } = parts;
  const { genesis, genesisHash } = network;
  const rows = network.genesisRows();
  const run = new ExecutorRun(
    createExecutor({ genesis, genesisHash, hasher, tree, rows, isRegistrableKey }),
  );
  const outcomes: [number, number, number] = [0, 0, 0];
  const resultHashes: string[] = [];
  let last: FinalisedBlock | undefined;
  let parent: ReturnType<typeof makeBlock> | undefined;
  for (let start = 0; start < transactions.length; start += perBlock) {
    const slice = transactions.slice(start, start + perBlock);
    parent = makeBlock(network, {
      parent,
      transactions: slice,
      timeMs: blockTimeMs(start),
      sealer: (start / perBlock) % 4,
    });
    last = run.run(parent);
    resultHashes.push(toHex(last.summary.resultHash));
    for (const { receipt } of last.executed.slice(1)) {
      outcomes[receipt.outcome - 1] = outcomes[receipt.outcome - 1]! + 1;
    }
    rows.apply(last.changes);
    run.step({ kind: "checkpointed", height: last.header.height });
  }
  const stateRoot = toHex(last?.summary.result.stateRoot ?? new Uint8Array(32));
  return { stateRoot, resultHashes, outcomes };
}
