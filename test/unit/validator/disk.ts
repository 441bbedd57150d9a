/** What a test validator has on disk, and what a shell would make of it at a start. */

import { present } from "../../../src/base/assert.js";
import { mapKey } from "../../../src/base/bytes.js";
import { blockHash } from "../../../src/crypto/digests.js";
import { HistoryLog } from "../../../src/merkle/historyLog.js";
import type { Batch } from "../../../src/types/batch.js";
import type { Block } from "../../../src/types/block.js";
import type { Hash } from "../../../src/types/primitives.js";
import type { PreparedTransaction } from "../../../src/types/transaction.js";
import type { Certificate, Vote } from "../../../src/types/vote.js";
import type { RecoveredChain, VoteRequest } from "../../../src/validator/interface.js";
import type { ValidatorSeat } from "../../../src/validator/options.js";
import { GENESIS_HASH, hasher, resultOf } from "./records.js";

/** What a validator has on disk. */
export interface Disk {
  final: { block: Block; hash: Hash; certificate: Certificate }[];
  votes: { vote: Vote; isProposal: boolean; request: VoteRequest }[];
  certificates: Certificate[];
  blocks: Map<string, Block>;
  batches: Map<string, { batch: Batch; transactions: readonly PreparedTransaction[] }>;
}

export function batchesOf(disk: Disk, block: Block): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { fromSeq, toSeq, headHash } of block.cut) {
    const lane: Uint8Array[] = [];
    let key = mapKey(headHash);
    for (let seq = toSeq; seq >= fromSeq; seq--) {
      const { batch } = present(disk.batches.get(key), "a final block's batches are stored");
      lane.push(batch.bytes);
      key = mapKey(batch.prevHash);
    }
    found.push(...lane.reverse());
  }
  return found;
}

/** What a shell would hand to a validator that starts on this disk. */
export function recoveredFrom(disk: Disk, all: readonly ValidatorSeat[]): RecoveredChain {
  const last = disk.final.at(-1);
  let history = HistoryLog.empty(hasher).append(GENESIS_HASH);
  const tips = new Map<number, { author: number; seq: number; headHash: Hash }>();
  for (const { hash, block } of disk.final) {
    history = history.append(hash);
    for (const { author, toSeq, headHash } of block.cut) {
      tips.set(author, { author, seq: toSeq, headHash });
    }
  }
  const height = disk.final.length;
  const batches = [...disk.batches.values()].filter(({ batch }) => {
    const author = all.findIndex((seat) => mapKey(seat.validatorId) === mapKey(batch.validatorId));
    return batch.seq > (tips.get(author)?.seq ?? 0);
  });
  return {
    finalized:
      last === undefined
        ? undefined
        : {
            block: last.block,
            blockHash: blockHash(hasher, last.block.header),
            certificate: last.certificate,
            resultHash: resultOf(last.hash),
          },
    votes: disk.votes,
    certificates: disk.certificates,
    blocks: [...disk.blocks.values()].filter((block) => block.header.height > height),
    batches,
    includedTips: [...tips.values()],
    history,
  };
}
