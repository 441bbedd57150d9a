// Goal: a quorum that notarizes and does not finalize makes nobody grow without end, and the chain goes on
// when Finalize votes come, or when none of the blocks so far can get enough of them any more.
import { expect, it } from "vitest";
import { LIMITS } from "../../../src/base/limits.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import { TestNetwork } from "./harness.js";

it("CON-R-F: above a number of unfinal blocks they come slowly, until some are final", () => {
  const unfinalBlocksMax = 40;
  const network = new TestNetwork({ unfinalBlocksMax });
  network.drop = (from, to, message) =>
    from === 3 ||
    to === 3 ||
    ((from === 0 || to === 0) && message.kind === "vote" && message.value.kind === 3);
  network.start();
  network.submit(1, 1);
  const executed = (index: number) => network.node(index).executed.length;
  expect(network.run(120_000, () => executed(0) >= unfinalBlocksMax)).toBe(true);
  const beginMs = network.nowMs;
  network.run(120_000);
  const most = unfinalBlocksMax + Math.ceil((network.nowMs - beginMs) / LIMITS.deepBlockWaitMs);
  for (const index of [0, 1, 2]) {
    expect(executed(index)).toBeGreaterThan(unfinalBlocksMax);
    expect(executed(index)).toBeLessThanOrEqual(most);
    expect(network.finalHeight(index)).toBe(0);
  }
  network.drop = undefined;
  network.submit(2, 2);
  const isThere = () =>
    network.nodes.every(({ index }) => network.finalTransactions(index).length >= 2);
  expect(network.run(120_000, isThere)).toBe(true);
  network.check();
});

/**
 * Validator 2 hears in no view that it is notarized before it voted Nullify; 3 is silent for ever.
 * So each block has three Notarize votes, and never more than two Finalize votes.
 */
function withoutFinality(unfinalBlocksMax: number): TestNetwork {
  const network = new TestNetwork({ unfinalBlocksMax });
  const nullified = new Set<number>();
  network.onSend = (from, message) => {
    if (from === 2 && message.kind === "vote" && message.value.kind === VOTE_KIND.nullify) {
      nullified.add(message.value.view);
    }
  };
  const tooEarly = (view: number, kind: number) =>
    kind === VOTE_KIND.notarize && !nullified.has(view);
  network.drop = (from, to, message) => {
    if (from === 3 || to === 3) return true;
    if (to !== 2) return false;
    if (message.kind === "vote" || message.kind === "certificate") {
      return tooEarly(message.value.view, message.value.kind);
    }
    if (message.kind !== "proposal") return false;
    const parent = message.value.parentCertificate;
    return parent !== undefined && tooEarly(parent.view, parent.kind);
  };
  network.start();
  return network;
}

it("CON-R-F: although an honest Nullify vote stands against every executed block, the chain goes on", () => {
  const network = withoutFinality(6);
  network.submit(0, 1);
  const executed = () => network.node(0).executed.length;
  expect(network.run(600_000, () => executed() >= 6)).toBe(true);
  network.run(60_000);
  expect(network.finalHeight(0)).toBe(0);
  const { votes } = network.node(2).disk;
  const finalized = votes.filter(({ vote }) => vote.kind === VOTE_KIND.finalize);
  expect(finalized).toEqual([]);
  // From now on everything arrives; validator 3 stays silent, so all three others are needed.
  network.drop = (from, to) => from === 3 || to === 3;
  const isFinal = () => [0, 1, 2].every((index) => network.finalTransactions(index).length === 1);
  expect(network.run(180_000, isFinal)).toBe(true);
  network.check();
});

it("CON-R-F: so it does after a start of all of them, when all blocks are read again", () => {
  const network = withoutFinality(6);
  network.submit(0, 1);
  expect(network.run(600_000, () => network.node(0).executed.length >= 7)).toBe(true);
  for (const index of [0, 1, 2]) network.crash(index);
  network.drop = (from, to) => from === 3 || to === 3;
  for (const index of [0, 1, 2]) network.restart(index);
  const isFinal = () => [0, 1, 2].every((index) => network.finalTransactions(index).length === 1);
  expect(network.run(180_000, isFinal)).toBe(true);
  network.check();
});
