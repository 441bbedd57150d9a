import { afterEach, describe, expect, it } from "vitest";
import { allConnected, type MeshNode, startNodes } from "./meshKit.js";

let nodes: MeshNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
});

describe("mesh", () => {
  it("connects two validators and carries both classes", async () => {
    nodes = await startNodes(2);
    const [a, b] = nodes as [MeshNode, MeshNode];
    await allConnected(nodes);
    expect(a.mesh.send(1, Uint8Array.of(1, 2, 3), "control")).toBe(true);
    const big = new Uint8Array(1_000_000).fill(9);
    big[0] = 7;
    expect(b.mesh.send(0, big, "bulk")).toBe(true);
    await b.until(() => b.received.length === 1);
    await a.until(() => a.received.length === 1);
    expect(b.received).toEqual([{ from: 0, bytes: Uint8Array.of(1, 2, 3) }]);
    expect(a.received[0]?.from).toBe(1);
    expect(a.received[0]?.bytes).toEqual(big);
    expect(a.events).toEqual(["+1"]);
    expect(b.events).toEqual(["+0"]);
  });
});
