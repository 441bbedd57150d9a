import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { blockHash } from "../../../src/crypto/digests.js";
import type { Header } from "../../../src/types/block.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { type Proposal, VOTE_KIND } from "../../../src/types/vote.js";
import { TestNetwork } from "../validator/harness.js";
import { hasher, signVote } from "../validator/records.js";

/** The first proposal of validator 0 with a payment in it, kept from the others. */
function held(): { network: TestNetwork; proposal: Proposal } {
  const network = new TestNetwork();
  let proposal: Proposal | undefined;
  network.drop = (from, _to, message) => {
    if (from === 0 && message.kind === "proposal") proposal = message.value;
    return message.kind === "proposal" || (message.kind === "vote" && from === 0);
  };
  network.start();
  network.submit(1, 1);
  network.run(100, () => proposal !== undefined);
  network.run(10);
  return { network, proposal: present(proposal, "validator 0 proposed") };
}

/** The proposal with changed header fields, signed by its leader. */
function changed(network: TestNetwork, proposal: Proposal, fields: Partial<Header>): Proposal {
  const header = { ...proposal.header, ...fields };
  const { signature } = signVote(present(network.seats[0], "seat"), {
    kind: VOTE_KIND.notarize,
    epoch: 0,
    view: header.view,
    blockHash: blockHash(hasher, header),
    result: ZERO_HASH,
  });
  return { ...proposal, header, signature };
}

/** What validator 1 votes at once, and whom it blames. */
function reaction(network: TestNetwork, value: Proposal, forMs = 20): string[] {
  const node = network.node(1);
  const before = node.effects.length;
  network.step(1, { kind: "message", from: 0, message: { kind: "proposal", value } });
  network.run(forMs);
  return node.effects.slice(before).flatMap((effect) => {
    if (effect.kind === "castVote") return ["", "N", "X", "F"][effect.request.statement.kind] ?? "";
    return effect.kind === "reportPeer" ? [effect.code] : [];
  });
}

describe("CON-V: proposals of a leader", () => {
  it("a valid one is notarized", () => {
    const { network, proposal } = held();
    expect(proposal.cut).toHaveLength(1);
    expect(reaction(network, proposal)).toEqual(["N"]);
  });

  const wrong: readonly (readonly [string, (header: Header) => Partial<Header>])[] = [
    ["CON-V1 height", (header) => ({ height: header.height + 1 })],
    ["CON-V1 chain", () => ({ genesisHash: ZERO_HASH })],
    ["CON-V1 version", () => ({ protocolVersion: 2 })],
    ["CON-V1 parent", () => ({ parentHash: hasher.sha256(ZERO_HASH) })],
    ["CON-V1 proposer", () => ({ proposer: 1 })],
    ["CON-V2 transactions", (header) => ({ transactionCount: header.transactionCount + 1 })],
    ["CON-V3 parent result", () => ({ parentResult: ZERO_HASH })],
    ["CON-V4 history", () => ({ historyRoot: ZERO_HASH })],
    ["CON-V5 time of the parent", () => ({ timeMs: 500 })],
    ["CON-V6 flags", () => ({ flags: 1 })],
    ["CON-V6 next epoch", () => ({ nextEpochHash: hasher.sha256(ZERO_HASH) })],
    ["CON-V6 evidence", () => ({ evidenceRoot: hasher.sha256(ZERO_HASH) })],
  ];
  for (const [name, fields] of wrong) {
    it(`an invalid one has its view nullified at once: ${name}`, () => {
      const { network, proposal } = held();
      expect(reaction(network, changed(network, proposal, fields(proposal.header)))).toEqual(["X"]);
    });
  }

  it("CON-V5: one from the future waits, and is notarized when its time comes", () => {
    const { network, proposal } = held();
    const future = changed(network, proposal, { timeMs: Math.floor(network.nowMs) + 700 });
    expect(reaction(network, future)).toEqual([]);
    expect(reaction(network, future, 250)).toEqual(["N"]);
  });

  it("a cut that the header does not name is the sender's fault, not the leader's", () => {
    const { network, proposal } = held();
    expect(reaction(network, { ...proposal, cut: [] })).toEqual(["BAD_PROPOSAL"]);
    expect(reaction(network, proposal)).toEqual(["N"]);
  });

  it("a wrong signature is the sender's fault; zeros say that only the hash is known", () => {
    const { network, proposal } = held();
    const signature = new Uint8Array(64).fill(1);
    expect(reaction(network, { ...proposal, signature })).toEqual(["BAD_PROPOSAL"]);
    expect(reaction(network, { ...proposal, signature: new Uint8Array(64) })).toEqual([]);
    expect(reaction(network, proposal)).toEqual(["N"]);
  });

  it("CON-R-N: while batches are missing nothing is voted, and they are fetched", () => {
    const network = new TestNetwork();
    let proposal: Proposal | undefined;
    network.drop = (from, to, message) => {
      if (from === 0 && message.kind === "proposal") proposal = message.value;
      return (to === 1 && message.kind === "batch") || message.kind === "proposal";
    };
    network.start();
    network.submit(2, 1);
    network.run(100, () => proposal !== undefined);
    network.sent.length = 0;
    expect(reaction(network, present(proposal, "proposed"))).toEqual([]);
    const asked = network.sent.filter(
      ({ from, message }) => from === 1 && message.kind === "batchRequest",
    );
    expect(asked.length).toBeGreaterThan(0);
    network.drop = undefined;
    expect(network.run(3_000, () => network.finalTransactions(1).length === 1)).toBe(true);
  });

  it("CON-R-Q: certificates that are missing are asked for, of whoever shows that it has them", () => {
    const network = new TestNetwork();
    const asked = new Set<number>();
    // Validator 3 hears no vote of the first two views, and certificates only where it asked.
    network.drop = (from, to, message) => {
      if (from === 3 && message.kind === "certificateRequest") asked.add(to);
      if (to !== 3) return false;
      if (message.kind === "certificate") return !asked.has(from);
      return message.kind === "vote" && message.value.view <= 2;
    };
    network.mangle = (_from, to, message) =>
      to === 3 && message.kind === "proposal"
        ? { ...message, value: { ...message.value, parentCertificate: undefined } }
        : message;
    network.start();
    network.submit(1, 1);
    network.run(600);
    network.submit(1, 2);
    expect(network.run(6_000, () => network.finalTransactions(3).length === 2)).toBe(true);
    expect(asked.size).toBeGreaterThan(0);
    network.check();
  });
});
