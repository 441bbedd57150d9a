import { assert, present } from "../base/assert.js";
import { equalBytes } from "../base/bytes.js";
import { messageOf } from "../base/errors.js";
import { isRegistrableKey } from "../crypto/noble/index.js";
import { TABLES } from "../declarations/tables.js";
import { whyNotAuthorised } from "../execution/envelope.js";
import { createExecutor, type Executor } from "../execution/executor.js";
import { genesisResult } from "../execution/genesisState.js";
import type { FinalisedBlock } from "../execution/interface.js";
import { prepareTransaction, signatureJobs } from "../execution/prepare.js";
import { executionOrder } from "../lanes/executionOrder.js";
import type { NodeIdentity } from "../ports/nodeApi.js";
import { SafetyVoteSigner } from "../storage/safetyVoteSigner.js";
import type { Batch } from "../types/batch.js";
import type { Hash } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { validUntilMsOf } from "../types/transactionView.js";
import type { Certificate } from "../types/vote.js";
import { createChain } from "../validator/chain.js";
import type { ChainEffect, RecoveredChain } from "../validator/interface.js";
import { BatchChecker } from "./batchChecker.js";
import { ChainDriver, type ChainDriverHandler } from "./chainDriver.js";
import { ChainStore } from "./chainStore.js";
import { ExecutorDriver } from "./executorDriver.js";
import { identityOf, indexOfValidatorId } from "./identity.js";
import { NodeFace } from "./nodeFace.js";
import { genesisRows, type OpenedHome, openHome } from "./opening.js";
import type { NodeOptions } from "./options.js";
import type { NodeParts } from "./parts.js";
import { ReadModel } from "./readModel.js";
import { recover } from "./recovery.js";
import { type Prepared, TransactionPool } from "./transactionPool.js";
import { rememberStop, type VotingStop, votingStopOf } from "./votingStops.js";

/** The safety file is pruned when finality is this many views above the last time. */
const PRUNE_VIEWS = 512;
/** Blocks above a page among which its certificate is looked for. */
const REQUEST_LOOK_AHEAD = 64;
/** Between two slices of what is computed ahead of the first proofs after a start. */
const PREPARE_PAUSE_MS = 10;
/** How long an answer to "is this validator ready" holds. */
const READINESS_MS = 50;

/**
 * One validator: both reducers, their drivers and their durable files, behind ports. It reads no
 * clock, file or socket but through them, so the simulator runs whole validators.
 */
export class ValidatorNode extends NodeFace {
  readonly #identity: NodeIdentity;
  #parts: NodeParts | undefined;
  #checker: BatchChecker | undefined;
  #head: { readonly height: number; readonly blockHash: Hash; readonly timeMs: number };
  #stopReason: { readonly code: string; readonly message: string } | undefined;
  #readiness: { readonly untilMs: number; readonly reason: string | undefined } | undefined;
  #prunedView = 0;
  #hasFailed = false;
  #isStopped = false;

  constructor(options: NodeOptions) {
    const { hasher, genesisBytes, self, softwareVersion } = options;
    const identity = identityOf(hasher, genesisBytes, self, softwareVersion);
    super(options, identity);
    this.#identity = identity;
    const own = present(identity.validators[self], "the genesis record names this validator");
    assert(
      equalBytes(own.consensusKey, options.consensusSigner.publicKey),
      "the consensus key is that of this validator in the genesis record",
    );
    const { genesisHash, genesis } = identity;
    this.#head = { height: 0, blockHash: genesisHash, timeMs: genesis.timeMs };
  }

  /** Recovers and joins the network; `done` is called with the reason if it cannot. */
  start(done: (error: Error | undefined) => void = (error) => this.#fail(error)): void {
    openHome(this.options, this.#identity, (outcome) => {
      if (this.#isStopped) return;
      if ("error" in outcome) {
        done(outcome.error);
        return;
      }
      try {
        this.#assemble(outcome.value);
      } catch (error) {
        outcome.value.unlock();
        done(error as Error);
        return;
      }
      this.#join();
      done(undefined);
    });
  }

  /** Writes a checkpoint and closes everything. What is not stored yet is lost, as in a crash. */
  stop(done: () => void): void {
    this.#isStopped = true;
    const parts = this.#parts;
    if (parts === undefined) {
      done();
      return;
    }
    const { chain, store, opened } = parts;
    chain.stop();
    this.options.ports.transport.stop(() =>
      store.writeCheckpoint(() =>
        opened.log.close(() =>
          opened.safetyFile.close(() =>
            opened.rowStore.close(() => {
              opened.unlock();
              done();
            }),
          ),
        ),
      ),
    );
  }

  protected override get part(): NodeParts {
    return present(this.#parts, "the validator has started");
  }

  protected override get stopReason() {
    return this.#stopReason;
  }

  override head() {
    return this.#head;
  }

  protected override prepare(bytes: Uint8Array): Prepared {
    const { genesisHash, genesis } = this.#identity;
    return prepareTransaction(this.options.hasher, genesisHash, bytes, genesis.parameters);
  }

  #fail(error: Error | undefined): void {
    if (error === undefined || this.#hasFailed || this.#isStopped) return;
    this.#hasFailed = true;
    this.#parts?.chain.stop();
    this.options.ports.logger.error(messageOf(error), { code: "VALIDATOR_STOPPED" });
    this.options.failed?.(error);
  }

  #assemble(opened: OpenedHome): void {
    const { hasher, ports, faults } = this.options;
    const { genesisHash, validators, self } = this.#identity;
    const { checkpoint, applied, log, rowStore, safetyFile } = opened;
    const store = new ChainStore({
      log,
      checkpoint,
      rowStore,
      genesisHash,
      hasher,
      applied,
      executionOrder: ({ header, cut }, batches) =>
        executionOrder(validators.length, header.view, cut, batches),
      failed: (error) => this.#fail(error),
      checkpointed: (height) => this.#parts?.executor.step({ kind: "checkpointed", height }),
      checkpointBlocks: this.options.storageSizes?.checkpointBlocks,
    });
    const executor = this.#createExecutor(opened, store);
    const signer = new SafetyVoteSigner({
      safetyFile,
      signer: this.options.consensusSigner,
      hasher,
      genesisHash,
      voter: self,
      failed: (error) => this.#fail(error),
      ...(faults === undefined ? {} : { faults }),
    });
    const isSafetyLost = !safetyFile.wasFounded && !log.isNew();
    const votingStop = votingStopOf(ports.fileSystem, this.options.home, isSafetyLost);
    const recovered = recover({
      log,
      store,
      executor,
      applied,
      hasher,
      prepare: (bytes) => this.prepare(bytes),
      indexOfValidator: (id) => indexOfValidatorId(this.#identity, id),
      validatorCount: validators.length,
      safety: signer.recover(),
      replayed: (done, total) => {
        if (done < total && done % 1_000 !== 0) return;
        ports.logger.info("executed final blocks of the log again", { done, total });
      },
    });
    if (recovered.finalized !== undefined) {
      const { height, timeMs, view } = recovered.finalized.block.header;
      this.#head = { height, timeMs, blockHash: recovered.finalized.blockHash };
      this.#prunedView = view;
    }
    const reads = new ReadModel(store, hasher, genesisHash);
    const pool = new TransactionPool({
      clock: ports.clock,
      verifierPool: ports.verifierPool,
      prepare: (bytes) => this.prepare(bytes),
      signatureJobs,
      whyNotAuthorised: (prepared) => this.#whyNotAuthorised(prepared),
      findFinal: (txId) => reads.findFinal(txId),
      headTimeMs: () => this.#head.timeMs,
      self: this.#identity.self,
      notReady: () => this.#notReady(),
      mustYield: () => this.#checker?.isWaiting === true,
      submit: (transactions) => this.part.chain.push({ kind: "submit", transactions }),
    });
    const chain = this.#createChain(executor, recovered, signer, pool, votingStop);
    const executorDriver = new ExecutorDriver(executor, ports.clock, {
      executed: (summary) => chain.push({ kind: "executed", summary }),
      finalised: (block) => this.#finalised(block),
    });
    this.#parts = { opened, store, signer, chain, executor: executorDriver, reads, pool };
  }

  #createExecutor(opened: OpenedHome, store: ChainStore): Executor {
    const { checkpoint, applied, foundedRoot } = opened;
    const { hasher, createStateTree, faults } = this.options;
    const { genesis, genesisHash } = this.#identity;
    const common = {
      genesis,
      genesisHash,
      hasher,
      tree: createStateTree(),
      rows: checkpoint.rowSource,
      isRegistrableKey,
      ...(faults === undefined ? {} : { faults }),
    };
    if (applied.height === 0) {
      // Certified by nobody: the genesis file says what the rows must be.
      const stateRoot = foundedRoot ?? genesisRows(this.options, this.#identity).stateRoot;
      const result = genesisResult(genesisHash, stateRoot);
      return createExecutor({ ...common, start: { height: 0, timeMs: genesis.timeMs, result } });
    }
    const final = present(
      store.blocks.finalBlock(applied.height),
      "the checkpoint's block is in the log",
    );
    const result = present(
      store.blocks.resultOf(applied.height),
      "the checkpoint's result is in the log",
    );
    const { timeMs } = final.block.header;
    return createExecutor({ ...common, start: { height: applied.height, timeMs, result } });
  }

  #createChain(
    executor: Executor,
    recovered: RecoveredChain,
    signer: SafetyVoteSigner,
    pool: TransactionPool,
    mustNotVote: VotingStop | undefined,
  ): ChainDriver {
    const { hasher, ports, faults, batchVerifier } = this.options;
    const { genesisHash, genesis, validators, self } = this.#identity;
    const { initial } = executor;
    return new ChainDriver({
      chain: createChain({
        genesisHash,
        // Only a chain without a final block begins at it.
        genesisResultHash: initial.summary.resultHash,
        genesisTimeMs: genesis.timeMs,
        parameters: genesis.parameters,
        validators,
        self,
        hasher,
        batchVerifier,
        recovered,
        mustNotVote,
        // Certificates come late in the signer, so that its votes are only as durable as they are.
        faults: { ...faults, lazyCertificates: false },
      }),
      clock: ports.clock,
      transport: ports.transport,
      voteSigner: signer,
      hasher,
      logger: ports.logger,
      metrics: ports.metrics,
      validatorCount: validators.length,
      self,
      handler: this.#chainHandler(pool),
    });
  }

  #join(): void {
    const { chain, reads } = this.part;
    const { clock } = this.options.ports;
    const unlessStopped = (next: () => void) => () => (this.#isStopped ? undefined : next());
    reads.prepare((next) => clock.after(PREPARE_PAUSE_MS, unlessStopped(next)));
    this.options.ports.transport.start({
      connected: (peer) => chain.push({ kind: "connected", peer }),
      disconnected: (peer) => chain.push({ kind: "disconnected", peer }),
      message: (from, bytes) => chain.receive(from, bytes),
    });
    chain.push({ kind: "start" });
  }

  #chainHandler(pool: TransactionPool): ChainDriverHandler {
    const { hasher, ports } = this.options;
    const checker = new BatchChecker({
      hasher,
      clock: ports.clock,
      verifierPool: ports.verifierPool,
      prepare: (bytes) => this.prepare(bytes),
      signatureJobs,
      isVerified: (txId, bytes) => pool.isVerified(txId, bytes),
    });
    this.#checker = checker;
    const keyOf = (author: number) =>
      present(this.#identity.validators[author], "an author is a validator").consensusKey;
    return {
      execute: ({ block }) => this.part.executor.step({ kind: "execute", block }),
      checkBatch: ({ author, batch }) =>
        checker.check(batch, keyOf(author), (batchHash, verdict) =>
          this.part.chain.push({ kind: "batchChecked", batchHash, verdict }),
        ),
      admitted: ({ txIds }) => pool.admitted(txIds),
      storeBatch: ({ batch, batchHash }) => this.#storeBatch(batchHash, batch),
      dropBatches: ({ batchHashes }) => this.part.store.dropBatches(batchHashes),
      storeBlock: ({ blockHash, block }) => this.part.store.storeBlock(blockHash, block),
      storeFinal: (effect) => this.#storeFinal(effect),
      loadRange: (effect) => this.#loadRange(effect),
      storeCertificate: (certificate) => this.part.signer.storeCertificate(certificate),
      flushLog: (done) => this.part.store.flush(done),
      stopVoting: (code, message) => {
        this.#stopReason ??= { code, message };
        rememberStop(ports.fileSystem, this.options.home, code, (error) => this.#fail(error));
      },
    };
  }

  #storeBatch(batchHash: Hash, batch: Batch): void {
    const { store, chain } = this.part;
    store.storeBatch(batchHash, batch, batch.transactions.map(validUntilMsOf));
    store.flush(() => chain.push({ kind: "batchStored", batchHash }), true);
  }

  /** CON-W5: clients and peers learn of finality when it is on disk. */
  #storeFinal({ blocks, certificate }: Extract<ChainEffect, { kind: "storeFinal" }>): void {
    const { store, chain, executor, signer } = this.part;
    const last = present(blocks.at(-1), "finality is of at least one block");
    store.storeFinal(blocks, certificate);
    store.flush(() => {
      chain.push({ kind: "finalStored", height: last.block.header.height });
      executor.step({ kind: "finalise", blockHash: last.blockHash });
      this.#pruneVotes(certificate, signer);
    });
  }

  /** CON-W10: only below what is durable as final, or own votes above the log's end are forgotten. */
  #pruneVotes(certificate: Certificate, signer: SafetyVoteSigner): void {
    const pruneViews = this.options.storageSizes?.pruneViews ?? PRUNE_VIEWS;
    if (this.#isStopped || certificate.view < this.#prunedView + pruneViews) return;
    this.#prunedView = certificate.view;
    signer.prune(certificate, () => {});
  }

  #finalised(outcome: FinalisedBlock): void {
    if (this.#isStopped) return;
    const { store, reads, pool } = this.part;
    const final = store.finalised(outcome);
    const { height, blockHash } = final;
    this.#head = { height, blockHash, timeMs: final.block.header.timeMs };
    reads.onFinal();
    pool.onFinal(final, (index) => reads.stateIn(final, index));
    const { metrics } = this.options.ports;
    metrics.gauge("fondaco_chain_height", height);
    metrics.count("fondaco_tx_final_total", final.executed.length - 1);
    for (const listener of [...this.finalListeners]) listener(final);
  }

  #loadRange(effect: Extract<ChainEffect, { kind: "loadRange" }>): void {
    const { store, chain } = this.part;
    const blocks = [];
    let sizeBytes = 0;
    for (let height = effect.fromHeight; height <= effect.toHeight; height++) {
      const loaded = store.blocks.loadBlock(height);
      if (loaded === undefined) break;
      sizeBytes += loaded.batches.reduce((sum, bytes) => sum + bytes.length, 1_024);
      if (blocks.length > 0 && sizeBytes > effect.sizeBytesMax) break;
      blocks.push(loaded);
    }
    const last = effect.fromHeight + blocks.length - 1;
    // Of a long group a later page has it: looking for its end at each page would take too long.
    const found =
      blocks.length === 0 ? undefined : store.blocks.certificate(last, REQUEST_LOOK_AHEAD);
    const certificate = found?.certificate;
    chain.push({ kind: "rangeLoaded", requestId: effect.requestId, blocks, certificate });
  }

  #whyNotAuthorised({ transaction }: PreparedTransaction): string | undefined {
    const keys = transaction.body.parties;
    let why: string | undefined;
    // The executor sits in this thread: it answers within the call.
    this.query({ kind: "rows", table: TABLES.account.id, keys }, (answer) => {
      if (answer.kind === "rows") why = whyNotAuthorised(answer.rows, transaction);
    });
    return why;
  }

  #notReady(): string | undefined {
    const nowMs = this.options.ports.clock.nowMs();
    const known = this.#readiness;
    if (known !== undefined && nowMs < known.untilMs && nowMs >= known.untilMs - READINESS_MS) {
      return known.reason;
    }
    const { isSyncing } = this.part.chain.status();
    const reason = isSyncing ? "this validator is catching up with the others" : undefined;
    this.#readiness = { untilMs: nowMs + READINESS_MS, reason };
    return reason;
  }
}
