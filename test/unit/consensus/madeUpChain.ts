/** Chains of headers that nobody executed, and real certificates for them. */

import { makeCertificate } from "../../../src/consensus/certificates.js";
import { blockHash, cutRoot } from "../../../src/crypto/digests.js";
import { BLOCK_FLAGS, type Block, type Cut, PROTOCOL_VERSION } from "../../../src/types/block.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import {
  GENESIS_HASH,
  GENESIS_RESULT,
  hasher,
  resultOf,
  seats,
  signVote,
} from "../validator/records.js";

const SEATS = seats(4);

export interface MadeUpBlock {
  readonly hash: Hash;
  readonly block: Block;
}

/** Blocks of heights 1 to `count`, empty where `cutAt` gives none; view and height are equal. */
export function chainOf(count: number, cutAt: (height: number) => Cut = () => []): MadeUpBlock[] {
  const blocks: MadeUpBlock[] = [];
  let before = { hash: GENESIS_HASH, view: 0 };
  for (let height = 1; height <= count; height++) {
    const cut = cutAt(height);
    const block: Block = {
      header: {
        protocolVersion: PROTOCOL_VERSION,
        genesisHash: GENESIS_HASH,
        epoch: 0,
        view: height,
        height,
        parentView: before.view,
        parentHash: before.hash,
        proposer: (height - 1) % 4,
        timeMs: 1_000 + height,
        cutRoot: cutRoot(hasher, cut),
        transactionCount: cut.length,
        parentResult: before.view === 0 ? GENESIS_RESULT : resultOf(before.hash),
        historyRoot: ZERO_HASH,
        flags: cut.length === 0 ? BLOCK_FLAGS.empty : 0,
        nextEpochHash: ZERO_HASH,
        evidenceRoot: ZERO_HASH,
      },
      cut,
    };
    before = { hash: blockHash(hasher, block.header), view: height };
    blocks.push({ hash: before.hash, block });
  }
  return blocks;
}

export function finalization({ hash, block }: MadeUpBlock) {
  const { view } = block.header;
  const kind = VOTE_KIND.finalize;
  const statement = { kind, epoch: 0, view, blockHash: hash, result: resultOf(hash) };
  return makeCertificate(
    SEATS.slice(0, 3).map((seat) => signVote(seat, statement)),
    4,
  );
}
