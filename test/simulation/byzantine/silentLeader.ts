/** A leader that never proposes, or proposes to one validator only; else it behaves. */

import { decode } from "../../../src/codec/schema.js";
import { peerMessage } from "../../../src/types/message.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import type { OutboundFilter } from "../core/network.js";
import type { ByzantineOptions } from "./equivocatingLeader.js";

const PROPOSAL = 0;
const VOTE = 1;

export function silentLeader(options: ByzantineOptions): OutboundFilter {
  const { self, validatorCount } = options;
  return (to, bytes) => {
    if (!options.isActive()) return [bytes];
    if (bytes[0] === PROPOSAL) {
      const message = decode(peerMessage, bytes);
      if (message.kind !== "proposal" || message.value.header.proposer !== self) return [bytes];
      const told = (self + 1 + (message.value.header.view % validatorCount)) % validatorCount;
      return to === told ? [bytes] : [];
    }
    if (bytes[0] === VOTE) {
      const message = decode(peerMessage, bytes);
      // Its nullifications would let the others leave its views early; it keeps them too.
      if (message.kind === "vote" && message.value.kind === VOTE_KIND.nullify) return [];
    }
    return [bytes];
  };
}
