import { present } from "../../../src/base/assert.js";
import { blockHash } from "../../../src/crypto/digests.js";
import type { PeerMessage } from "../../../src/types/message.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { type Proposal, VOTE_KIND } from "../../../src/types/vote.js";
import type { TestNetwork } from "./harness.js";
import { hasher, signVote } from "./records.js";

/** A second block for the same view, as its leader alone can make it. */
export function otherProposal(network: TestNetwork, proposal: Proposal): PeerMessage {
  const header = { ...proposal.header, timeMs: proposal.header.timeMs + 1 };
  const { signature } = signVote(present(network.seats[header.proposer], "the leader's seat"), {
    kind: VOTE_KIND.notarize,
    epoch: 0,
    view: header.view,
    blockHash: blockHash(hasher, header),
    result: ZERO_HASH,
  });
  return { kind: "proposal", value: { ...proposal, header, signature } };
}
