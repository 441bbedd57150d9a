/**
 * A leader that proposes two blocks in one view, one to each half of the others, and votes for
 * both. It also nullifies views in which it finalized. Its own chain is a real one: only what
 * leaves it is changed, and signed again with its own key.
 */

import { equalBytes, mapKey } from "../../../src/base/bytes.js";
import { decode, encode } from "../../../src/codec/schema.js";
import { blockHash, voteSignBytes } from "../../../src/crypto/digests.js";
import type { Hasher, Signer } from "../../../src/crypto/interfaces.js";
import { peerMessage } from "../../../src/types/message.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { type Statement, VOTE_KIND } from "../../../src/types/vote.js";
import type { OutboundFilter } from "../core/network.js";
import type { Random } from "../core/random.js";

export interface ByzantineOptions {
  readonly self: number;
  readonly validatorCount: number;
  readonly genesisHash: Hash;
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly random: Random;
  /** Whether it lies now; when not, it behaves. */
  readonly isActive: () => boolean;
}

const PROPOSAL = 0;
const VOTE = 1;

export function equivocatingLeader(options: ByzantineOptions): OutboundFilter {
  const { self, genesisHash, hasher, signer } = options;
  /** Second block of a view, by the hash of the first. */
  const twins = new Map<string, { readonly bytes: Uint8Array; readonly hash: Hash }>();
  const side = (to: number): boolean => (to + self) % 2 === 0;
  const sign = (statement: Statement) => signer.sign(voteSignBytes(hasher, genesisHash, statement));

  return (to, bytes) => {
    if (!options.isActive() || (bytes[0] !== PROPOSAL && bytes[0] !== VOTE)) return [bytes];
    const message = decode(peerMessage, bytes);
    if (message.kind === "proposal") {
      const proposal = message.value;
      if (proposal.header.proposer !== self || !side(to)) return [bytes];
      const first = blockHash(hasher, proposal.header);
      let twin = twins.get(mapKey(first));
      if (twin === undefined) {
        const header = { ...proposal.header, timeMs: proposal.header.timeMs + 1 };
        const hash = blockHash(hasher, header);
        const { epoch, view } = header;
        const statement = {
          kind: VOTE_KIND.notarize,
          epoch,
          view,
          blockHash: hash,
          result: ZERO_HASH,
        };
        const value = { ...proposal, header, signature: sign(statement) };
        twin = { hash, bytes: encode(peerMessage, { kind: "proposal", value }) };
        twins.set(mapKey(first), twin);
      }
      // Now and then both blocks go to the same validator.
      return options.random.chance(0.1) ? [bytes, twin.bytes] : [twin.bytes];
    }
    if (message.kind === "vote" && message.value.voter === self) {
      const vote = message.value;
      const { epoch, view } = vote;
      const twin = twins.get(mapKey(vote.blockHash));
      if (vote.kind === VOTE_KIND.notarize && twin !== undefined && side(to)) {
        const statement = { ...vote, blockHash: twin.hash };
        const value = { ...statement, signature: sign(statement) };
        return [encode(peerMessage, { kind: "vote", value })];
      }
      if (vote.kind === VOTE_KIND.finalize && options.random.chance(0.3)) {
        const statement = {
          kind: VOTE_KIND.nullify,
          epoch,
          view,
          blockHash: ZERO_HASH,
          result: ZERO_HASH,
        };
        const value = { ...statement, voter: self, signature: sign(statement) };
        const nullify = encode(peerMessage, { kind: "vote", value });
        return equalBytes(vote.blockHash, ZERO_HASH) ? [nullify] : [bytes, nullify];
      }
    }
    return [bytes];
  };
}
