/**
 * A start (consensus.md 1.10, corrected): checkpoint, then the log above it, then the own votes.
 * Final blocks above the checkpoint are executed again by the code that executes new ones.
 */

import { assert, present } from "../base/assert.js";
import { equalBytes, mapKey } from "../base/bytes.js";
import { decode } from "../codec/schema.js";
import { batchHash, blockHash as hashOfHeader } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { ExecutableBlock, ExecutionSummary, FinalisedBlock } from "../execution/interface.js";
import { executionOrder } from "../lanes/executionOrder.js";
import { type Chained, lanesOfCut } from "../lanes/laneWalk.js";
import type { ChainLog } from "../storage/chainLog.js";
import type { Applied } from "../storage/checkpoint.js";
import type { Location } from "../storage/recordFile.js";
import { type Batch, readBatch } from "../types/batch.js";
import { type Block, block as blockSchema } from "../types/block.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { type Certificate, certificate as certificateSchema, type Vote } from "../types/vote.js";
import type { RecoveredChain } from "../validator/interface.js";
import type { ChainStore } from "./chainStore.js";
import type { ExecutorPort } from "./executorDriver.js";
import type { Prepared } from "./transactionPool.js";

export interface RecoveryOptions {
  readonly log: ChainLog;
  readonly store: ChainStore;
  readonly executor: ExecutorPort & { readonly initial: { readonly summary: ExecutionSummary } };
  readonly applied: Applied;
  readonly hasher: Hasher;
  readonly prepare: (bytes: Uint8Array) => Prepared;
  readonly indexOfValidator: (validatorId: Hash) => ValidatorIndex | undefined;
  readonly validatorCount: number;
  readonly safety: {
    readonly votes: readonly { readonly vote: Vote; readonly isProposal: boolean }[];
    readonly votesFromView?: number;
    readonly certificates: readonly Certificate[];
  };
  /** Progress of the replay, in blocks. */
  readonly replayed: (done: number, total: number) => void;
}

interface RecoveredBatch extends Chained {
  readonly batch: Batch;
  readonly author: ValidatorIndex;
  readonly transactions: readonly PreparedTransaction[];
}

/** What the log holds above the checkpoint. */
class LogContents {
  readonly batches = new Map<string, RecoveredBatch>();
  readonly blocks = new Map<string, { readonly hash: Hash; readonly block: Block }>();
  /** Final blocks above the checkpoint, each with the certificate of its group. */
  readonly finals: { readonly hash: Hash; readonly certificate: Certificate }[] = [];
  /** Finalization of the checkpoint's own block, where the log still has it. */
  appliedCertificate: Certificate | undefined;
}

function readLog(options: RecoveryOptions): LogContents {
  const { log, store, applied, hasher, prepare, indexOfValidator } = options;
  const contents = new LogContents();
  if (log.isNew()) return contents;
  const included = new Map(applied.includedTips.map(({ author, seq }) => [author, seq]));
  let group: { hash: Hash; block: Block; location: Location }[] = [];
  log.scan(Math.max(applied.logSegment, log.firstSegment()), (record, location) => {
    if (record.kind === "batch") {
      const read = readBatch(record.bytes.slice());
      const batch = present(read.ok ? read.value : undefined, "a stored batch is well-formed");
      const author = present(indexOfValidator(batch.validatorId), "a stored batch has an author");
      // The checkpoint holds what it did: noted here, the next start would read it all again.
      if (batch.seq <= (included.get(author) ?? 0)) return;
      const transactions = batch.transactions.map((bytes) => {
        const prepared = prepare(bytes);
        return present(prepared.ok ? prepared.value : undefined, "stored after it was checked");
      });
      const hash = batchHash(hasher, batch.bodyBytes);
      const { seq, prevHash } = batch;
      const prevKey = mapKey(prevHash);
      contents.batches.set(mapKey(hash), { batch, author, transactions, seq, prevKey });
      store.noteBatch(hash, batch, location, transactions.map(validUntilOf));
    } else if (record.kind === "block") {
      const block = decode(blockSchema, record.bytes.slice());
      const hash = hashOfHeader(hasher, block.header);
      contents.blocks.set(mapKey(hash), { hash, block });
      store.noteBlock(hash, block.header.view, location);
    } else if (record.kind === "final") {
      const { certificateBytes } = record;
      const certificate =
        certificateBytes === undefined
          ? undefined
          : decode(certificateSchema, certificateBytes.slice());
      if (record.height === applied.height) contents.appliedCertificate ??= certificate;
      if (record.height <= applied.height) return;
      const found = contents.blocks.get(mapKey(record.blockHash));
      const { hash, block } = present(found, "finality is logged after its block");
      // Only the last of a group has the certificate. A power cut may keep the first ones without
      // it: nothing was told of them, and after the next start they are stated again.
      group = group.filter(({ block: { header } }) => header.height < record.height);
      group.push({ hash, block, location });
      if (certificate === undefined) return;
      for (const final of group) {
        store.noteFinal(final.hash, final.block, final.location);
        contents.finals.push({ hash: final.hash, certificate });
      }
      group = [];
    }
  });
  return contents;
}

export function validUntilOf({ transaction }: PreparedTransaction): number {
  return transaction.body.validUntilMs;
}

function executable(
  options: RecoveryOptions,
  contents: LogContents,
  hash: Hash,
  block: Block,
): ExecutableBlock {
  const lanes = lanesOfCut(block.cut, (key) => contents.batches.get(key));
  const { header, cut } = block;
  const ordered = executionOrder(options.validatorCount, header.view, cut, lanes);
  return {
    blockHash: hash,
    header,
    transactions: ordered.flatMap(({ transactions, author }) =>
      transactions.map((prepared) => ({ ...prepared, sealer: author })),
    ),
  };
}

/** Executes one final block to its end, in one turn. */
function replay(executor: ExecutorPort, block: ExecutableBlock): FinalisedBlock {
  let summary: ExecutionSummary | undefined;
  let outcome: FinalisedBlock | undefined;
  const run = (event: Parameters<ExecutorPort["step"]>[0]) => {
    let effects = executor.step(event);
    for (;;) {
      let more = false;
      for (const effect of effects) {
        if (effect.kind === "executed") summary = effect.summary;
        else if (effect.kind === "finalised") outcome = effect.block;
        else if (effect.kind === "continue") more = true;
      }
      if (!more) return;
      effects = executor.step({ kind: "slice" });
    }
  };
  run({ kind: "execute", block });
  assert(summary !== undefined, "a replayed block is executed");
  run({ kind: "finalise", blockHash: block.blockHash });
  return present(outcome, "a replayed block becomes final");
}

/** Reads the log, executes what the checkpoint does not hold, and says where agreement goes on. */
export function recover(options: RecoveryOptions): RecoveredChain {
  const { store, executor, applied, safety } = options;
  const contents = readLog(options);
  let { summary } = executor.initial;
  let tip: { readonly hash: Hash; readonly block: Block } | undefined;
  let certificate = contents.appliedCertificate;
  contents.finals.forEach((final, i) => {
    const { hash, block } = present(
      contents.blocks.get(mapKey(final.hash)),
      "a final block is here",
    );
    const outcome = replay(executor, executable(options, contents, hash, block));
    store.finalised(outcome);
    summary = outcome.summary;
    tip = { hash, block };
    certificate = final.certificate;
    options.replayed(i + 1, contents.finals.length);
  });
  const at = tip ?? storedTip(store, applied);
  if (at !== undefined && certificate === undefined) {
    certificate = store.blocks.certificate(at.block.header.height)?.certificate;
  }
  const finalized =
    at === undefined
      ? undefined
      : {
          block: at.block,
          blockHash: at.hash,
          certificate: present(certificate, "the last final block has its certificate"),
          resultHash: summary.resultHash,
          summary,
        };
  const finalHeight = at?.block.header.height ?? 0;
  const finalView = at?.block.header.view ?? 0;
  const tips = new Map(store.includedTips.map((item) => [item.author, item.seq]));
  return {
    finalized,
    votes: safety.votes,
    votesFromView: safety.votesFromView,
    certificates: safety.certificates,
    blocks: [...contents.blocks.values()]
      .map(({ block }) => block)
      .filter(({ header }) => header.height > finalHeight && header.view > finalView),
    batches: [...contents.batches.values()].filter(
      ({ batch, author }) => batch.seq > (tips.get(author) ?? 0),
    ),
    includedTips: store.includedTips,
    history: { size: store.history.size, edge: store.history.edge },
  };
}

/** The checkpoint's own block, read by its index. */
function storedTip(
  store: ChainStore,
  applied: Applied,
): { readonly hash: Hash; readonly block: Block } | undefined {
  if (applied.height === 0) return undefined;
  const final = present(
    store.blocks.finalBlock(applied.height),
    "the checkpoint's block is in the log",
  );
  assert(equalBytes(final.blockHash, applied.blockHash), "index and checkpoint agree");
  return { hash: final.blockHash, block: final.block };
}
