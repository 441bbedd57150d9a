// Goal: what one peer claims cannot take the room in which this validator asks for what it needs.
import { expect, it } from "vitest";
import { makeCertificate } from "../../../src/consensus/certificates.js";
import type { PeerMessage } from "../../../src/types/message.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import { createChain } from "../../../src/validator/chain.js";
import { TestNetwork } from "./harness.js";
import { hasher, signVote, verifier } from "./records.js";

it("CON-R-N: a proposal without its leader's signature costs no signature check", () => {
  const network = new TestNetwork();
  network.start([0, 1, 2]);
  network.submit(0, 1);
  network.run(30);
  const proposal = network.sent.find(({ message }) => message.kind === "proposal")?.message;
  if (proposal?.kind !== "proposal") throw new Error("view 1 has a proposal");
  let checked = 0;
  const verify: typeof verifier.verify = (jobs) => {
    checked += jobs.length;
    return verifier.verify(jobs);
  };
  const chain = createChain({ ...network.chainOptions(3), batchVerifier: { verify } });
  chain.step({ kind: "start" }, 1_000);
  const value = { ...proposal.value, signature: new Uint8Array(64) };
  for (let i = 0; i < 10; i++) {
    chain.step({ kind: "message", from: 2, message: { kind: "proposal", value } }, 1_000 + i);
  }
  expect(checked).toBe(0);
  chain.step({ kind: "message", from: 2, message: proposal }, 1_100);
  expect(checked).toBe(1);
});

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
