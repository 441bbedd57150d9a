/** Empty blocks, one above the other. */

import { blockHash, cutRoot } from "../../../src/crypto/digests.js";
import { BLOCK_FLAGS, type Block } from "../../../src/types/block.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { GENESIS_HASH, hasher } from "../validator/records.js";

export interface Named {
  readonly blockHash: Hash;
  readonly block: Block;
}

export function blockAbove(parent: Named | undefined, cut: Block["cut"] = []): Named {
  const height = (parent?.block.header.height ?? 0) + 1;
  const header = {
    protocolVersion: 1,
    genesisHash: GENESIS_HASH,
    epoch: 0,
    view: height,
    height,
    parentView: height - 1,
    parentHash: parent?.blockHash ?? GENESIS_HASH,
    proposer: 0,
    timeMs: height,
    cutRoot: cutRoot(hasher, cut),
    transactionCount: cut.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0),
    parentResult: ZERO_HASH,
    historyRoot: ZERO_HASH,
    flags: cut.length === 0 ? BLOCK_FLAGS.empty : 0,
    nextEpochHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
  };
  return { blockHash: blockHash(hasher, header), block: { header, cut } };
}
