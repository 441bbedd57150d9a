import { FondacoError } from "../base/errors.js";
import type { ExecutorAnswer, ExecutorQuery } from "../execution/interface.js";
import { signatureJobs } from "../execution/prepare.js";
import type {
  FinalBlock,
  NodeApi,
  NodeIdentity,
  NodeStatus,
  ReceiptProofParts,
  RowProofParts,
  Simulation,
  SubmitHandle,
  SubmitRefusal,
  TransactionState,
} from "../ports/nodeApi.js";
import type { AccountId, Hash } from "../types/primitives.js";
import type { Position } from "../types/receipt.js";
import type { Certificate } from "../types/vote.js";
import { clockWarnings } from "./clockWatch.js";
import { validatorName } from "./identity.js";
import type { NodeOptions } from "./options.js";
import type { NodeParts } from "./parts.js";
import type { Prepared } from "./transactionPool.js";

/** What a validator answers its gateway, from its parts. Before it has started it is not ready. */
export abstract class NodeFace implements NodeApi {
  protected readonly finalListeners = new Set<(block: FinalBlock) => void>();

  protected constructor(
    protected readonly options: NodeOptions,
    private readonly self: NodeIdentity,
  ) {}

  protected abstract get part(): NodeParts;
  protected abstract readonly stopReason:
    | { readonly code: string; readonly message: string }
    | undefined;
  protected abstract prepare(bytes: Uint8Array): Prepared;
  abstract head(): { readonly height: number; readonly blockHash: Hash; readonly timeMs: number };

  identity(): NodeIdentity {
    return this.self;
  }

  status(): NodeStatus {
    const { chain, pool } = this.part;
    const { clock } = this.options.ports;
    const nowMs = clock.nowMs();
    const status = chain.status();
    const warnings = clockWarnings(status, nowMs, this.self.self, (index) =>
      validatorName(this.self, index),
    );
    if (this.stopReason !== undefined) warnings.unshift(this.stopReason);
    for (const warning of this.options.warnings?.() ?? []) warnings.push(warning);
    const silent = status.peers.filter(({ isConnected }) => !isConnected);
    for (const { validator } of silent) {
      const name = validatorName(this.self, validator);
      warnings.push({ code: "PEER_DOWN", message: `${name} is not connected` });
    }
    return {
      chain: status,
      headTimeMs: this.head().timeMs,
      nowMs,
      pendingTransactions: pool.count,
      pendingTransactionsMax: pool.countLimit,
      warnings,
      flushMs: this.options.flushLatency?.() ?? { count: 0, p50: 0, p99: 0 },
    };
  }

  refusesAll(): SubmitRefusal | undefined {
    return this.part.pool.refusesAll();
  }

  submit(
    transactions: readonly Uint8Array[],
    done: (outcomes: readonly (SubmitHandle | SubmitRefusal)[]) => void,
  ): void {
    this.part.pool.submit(transactions, done);
  }

  watch(
    txId: Hash,
    validUntilMs: number | undefined,
    listener: (state: TransactionState) => void,
  ): () => void {
    return this.part.pool.watch(txId, validUntilMs, listener);
  }

  stateOf(txId: Hash): TransactionState {
    return this.part.pool.stateOf(txId);
  }

  transactionBytes(txId: Hash): Uint8Array | undefined {
    return this.part.pool.bytesOf(txId) ?? this.part.reads.transactionBytes(txId);
  }

  query(query: ExecutorQuery, done: (answer: ExecutorAnswer) => void): void {
    this.part.executor.query(query, done);
  }

  simulate(transaction: Uint8Array, done: (answer: Simulation | SubmitRefusal) => void): void {
    const prepared = this.prepare(transaction);
    if (!prepared.ok) {
      done({ code: prepared.code, message: prepared.message } as SubmitRefusal);
      return;
    }
    const { ports } = this.options;
    const isTaken = ports.verifierPool.verify(signatureJobs(prepared.value), (verdicts) => {
      if (!verdicts.every((verdict) => verdict)) {
        done({ code: "BAD_SIGNATURE", message: "a witness's signature does not verify" });
        return;
      }
      const timeMs = Math.max(ports.clock.nowMs(), this.head().timeMs + 1);
      const sealer = this.self.validators[this.self.self]?.organisation ?? 0;
      this.query({ kind: "simulate", transaction: prepared.value, timeMs, sealer }, (answer) => {
        if (answer.kind !== "simulated") throw new FondacoError({ code: "BUG" }, "wrong answer");
        done({ height: answer.height, timeMs, executed: answer.executed });
      });
    });
    if (!isTaken) {
      const message = "the signature checkers are busy; ask again later";
      done({ code: "OVERLOADED", message, retryAfterMs: 250 });
    }
  }

  rowProof(table: number, key: Uint8Array, done: (parts: RowProofParts | undefined) => void): void {
    this.query({ kind: "proof", table, key }, (answer) => {
      done(answer.kind === "proof" ? this.part.reads.rowProof(answer.proof) : undefined);
    });
  }

  lowestHeight(): number {
    return this.head().height === 0 ? 0 : 1;
  }

  finalBlock(height: number): FinalBlock | undefined {
    return this.part.store.blocks.finalBlock(height);
  }

  heightOf(blockHash: Hash): number | undefined {
    return this.part.store.index.heightOf(blockHash);
  }

  blockTransactions(height: number): readonly Uint8Array[] | undefined {
    return this.part.store.blocks.blockTransactions(height);
  }

  certificate(
    height: number,
  ): { readonly height: number; readonly certificate: Certificate } | undefined {
    return this.part.store.blocks.certificate(height);
  }

  receiptProof(txId: Hash): ReceiptProofParts | undefined {
    return this.part.reads.receiptProof(txId);
  }

  accountHistory(
    account: AccountId,
    after: Position | undefined,
    limit: number,
    reverse: boolean,
  ): readonly Position[] {
    return this.part.store.index
      .history(account, after, limit, reverse)
      .map(({ height, index }) => ({ height, index, event: 0 }));
  }

  onFinal(listener: (block: FinalBlock) => void): () => void {
    this.finalListeners.add(listener);
    return () => this.finalListeners.delete(listener);
  }
}
