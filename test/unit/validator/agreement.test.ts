import { describe, expect, it } from "vitest";
import { TestNetwork } from "./harness.js";

describe("four validators", () => {
  it("agree on a transaction and fall silent", () => {
    const network = new TestNetwork();
    network.start();
    network.run(100);
    network.submit(0, 1, 2, 3);
    expect(network.run(2_000, () => network.nodes.every((n) => n.disk.final.length > 0))).toBe(
      true,
    );
    for (const { index } of network.nodes) expect(network.finalTransactions(index)).toHaveLength(3);
    network.check();
  });
});
