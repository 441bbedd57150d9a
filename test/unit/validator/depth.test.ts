// Goal: a quorum that notarizes and does not finalize makes nobody grow without end, and the chain goes on
// when Finalize votes come.
import { expect, it } from "vitest";
import { TestNetwork } from "./harness.js";

it("CON-R-N: above a number of unfinal blocks nothing is executed or built, until some are final", () => {
  const network = new TestNetwork({ unfinalBlocksMax: 40 });
  network.drop = (from, to, message) =>
    from === 3 ||
    to === 3 ||
    ((from === 0 || to === 0) && message.kind === "vote" && message.value.kind === 3);
  network.start();
  network.submit(1, 1);
  network.run(120_000);
  for (const index of [0, 1, 2]) {
    expect(network.node(index).executed).toHaveLength(40);
    expect(network.finalHeight(index)).toBe(0);
  }
  network.drop = undefined;
  network.submit(2, 2);
  const isThere = () =>
    network.nodes.every(({ index }) => network.finalTransactions(index).length >= 2);
  expect(network.run(120_000, isThere)).toBe(true);
  network.check();
});
