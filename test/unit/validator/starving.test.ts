// Goal: what one peer claims cannot take the room in which this validator asks for what it needs.
import { expect, it } from "vitest";
import { makeCertificate } from "../../../src/consensus/certificates.js";
import type { PeerMessage } from "../../../src/types/message.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import { createChain } from "../../../src/validator/chain.js";
import { TestNetwork } from "./harness.js";
import { hasher, signVote } from "./records.js";

it("SYN-2: a peer that claims thousands of views and batches starves no repair", () => {
  const network = new TestNetwork();
  const chain = createChain(network.chainOptions(3));
  let nowMs = 1_000;
  const tell = (from: number, message: PeerMessage) =>
    chain.step({ kind: "message", from, message }, nowMs);
  chain.step({ kind: "start" }, nowMs);
  for (const peer of [0, 1, 2]) chain.step({ kind: "connected", peer }, nowMs);
  let requests = 0;
  for (let i = 0; i < 3_000; i++) {
    const headHash = hasher.sha256(new Uint8Array([i & 255, i >> 8]));
    nowMs += 0.1;
    const effects = tell(0, {
      kind: "status",
      value: {
        epoch: 0,
        view: 1_000 + i,
        finalizedView: 0,
        finalizedHeight: 0,
        finalizedHash: ZERO_HASH,
        lowestHeight: 1,
        laneTips: [{ author: 0, seq: 1 + i, headHash }],
        clockMs: 0,
        quarantined: false,
      },
    });
    requests += effects.filter(({ kind }) => kind === "send").length;
  }
  expect(requests).toBeLessThan(100);
  const blockHash = hasher.sha256(new Uint8Array([7]));
  const statement = {
    kind: VOTE_KIND.notarize,
    epoch: 0,
    view: 1,
    blockHash,
    result: ZERO_HASH,
  } as const;
  const votes = network.seats.slice(0, 3).map((seat) => signVote(seat, statement));
  const effects = tell(1, { kind: "certificate", value: makeCertificate(votes, 4) });
  const asked = effects.filter(
    (effect) => effect.kind === "send" && effect.message.kind === "proposalRequest",
  );
  expect(asked).toHaveLength(1);
});
