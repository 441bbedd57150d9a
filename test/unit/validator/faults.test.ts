import { describe, expect, it } from "vitest";
import { otherProposal } from "./equivocation.js";
import { TestNetwork } from "./harness.js";

function has(network: TestNetwork, count: number, indices = [0, 1, 2, 3]): () => boolean {
  return () => indices.every((index) => network.finalTransactions(index).length >= count);
}

/** Validator 0 shows one block to `first` and another to the rest, then each the other one too. */
function equivocate(network: TestNetwork, first: readonly number[], showsBoth: boolean): void {
  network.drop = (from, to, message) => {
    if (message.kind === "certificate") return true;
    if (from !== 0 || message.kind !== "proposal") return false;
    const other = otherProposal(network, message.value);
    const [one, two] = first.includes(to) ? [message, other] : [other, message];
    network.at(network.nowMs + 5, () => network.step(to, { kind: "message", from, message: one }));
    if (showsBoth) {
      network.at(network.nowMs + 9, () =>
        network.step(to, { kind: "message", from, message: two }),
      );
    }
    return true;
  };
}

describe("planted bugs are found", () => {
  it("lazyCertificates: after a stop of all, the record is found incomplete", () => {
    const network = new TestNetwork({ faults: { lazyCertificates: true } });
    network.start();
    network.drop = (_from, _to, message) => message.kind === "vote" && message.value.kind === 3;
    network.submit(0, 1);
    network.run(2_000);
    for (const { index } of network.nodes) network.crash(index);
    network.drop = undefined;
    for (const { index } of network.nodes) network.restart(index);
    network.submit(1, 2);
    expect(network.run(60_000, has(network, 2))).toBe(false);
  });

  it("forgetNullification: a validator signs Nullify and Finalize in one view", () => {
    const network = new TestNetwork({ faults: { forgetNullification: true } });
    // Nullify votes are lost, Notarize votes come late: a view is notarized after all gave it up.
    network.drop = (_from, _to, message, nowMs) =>
      message.kind === "vote" &&
      ((message.value.kind === 1 && nowMs < 3_000) || (message.value.kind === 2 && nowMs < 5_000));
    network.start();
    network.submit(0, 1);
    network.run(8_000);
    expect(() => network.check()).toThrow(/contradicts/);
  });

  it("countVoteTwice: two blocks become final at one height when a leader equivocates", () => {
    const run = (countVoteTwice: boolean): TestNetwork => {
      const network = new TestNetwork({ faults: { countVoteTwice } });
      equivocate(network, [1], false);
      network.start();
      network.submit(1, 1);
      network.run(2_000);
      return network;
    };
    expect(() => run(true).check()).toThrow(/another block/);
    run(false).check();
  });

  it("forgetNotarization: a validator notarizes both blocks of an equivocating leader", () => {
    const run = (forgetNotarization: boolean): TestNetwork => {
      const network = new TestNetwork({ faults: { forgetNotarization } });
      equivocate(network, [1, 2], true);
      network.start();
      network.submit(1, 1);
      network.run(2_000);
      return network;
    };
    expect(() => run(true).check([1, 2, 3])).toThrow(/contradicts/);
    run(false).check([1, 2, 3]);
  });
});
