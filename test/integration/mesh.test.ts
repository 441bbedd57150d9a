import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createMesh, type MeshOptions } from "../../src/network/index.js";
import { DEFAULT_TUNING } from "../../src/network/tuning.js";
import {
  addressed,
  allConnected,
  ManualClock,
  MeshNode,
  registryOf,
  seedOf,
  startNodes,
} from "./meshKit.js";

const FAST = { ...DEFAULT_TUNING, backOffMsMin: 10, backOffMsMax: 50, headStartMs: 5 };

let nodes: MeshNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
});

/** A vote-sized message that tells its sender and number. */
function note(from: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(200);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint16(1, from, true);
  new DataView(bytes.buffer).setUint32(3, sequence, true);
  return bytes;
}

function sequenceOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(3, true);
}

describe("mesh", () => {
  it("connects two validators and carries both classes [NET-P4, NET-P5]", async () => {
    nodes = await startNodes(2);
    const [a, b] = nodes as [MeshNode, MeshNode];
    await allConnected(nodes);
    expect(a.mesh.send(1, Uint8Array.of(1, 2, 3), "control")).toBe(true);
    const page = new Uint8Array(4_000_000).map((_, i) => i * 7);
    page[0] = 10;
    expect(b.mesh.send(0, page, "bulk")).toBe(true);
    await b.until(() => b.received.length === 1);
    await a.until(() => a.received.length === 1);
    expect(b.received).toEqual([{ from: 0, bytes: Uint8Array.of(1, 2, 3) }]);
    expect(a.received[0]?.from).toBe(1);
    expect(Buffer.compare(a.received[0]?.bytes ?? new Uint8Array(), page)).toBe(0);
    expect(a.events).toEqual(["+1"]);
    expect(b.events).toEqual(["+0"]);
    expect(a.mesh.status()[0]?.sockets).toEqual({ control: 1, bulk: 1 });
  });

  it("NET-P9: a peer that knows everybody's address tells nobody's: who is linked is asked for none", async () => {
    nodes = registryOf(3).map(({ index }) => new MeshNode(index, registryOf(3), { tuning: FAST }));
    await Promise.all(nodes.map((node) => node.start()));
    const [a, known, c] = nodes as [MeshNode, MeshNode, MeshNode];
    known.mesh.setRegistry(addressed(nodes, 3));
    for (const node of [a, c]) node.mesh.setRegistry(addressed([known], 3));
    await known.until(() => known.connectedPeers.length === 2);
    // What 1 has to say to both arrives, and the bulk sockets stand: there is nothing more to come.
    for (const node of [a, c]) {
      known.mesh.send(node.index, note(1, node.index), "bulk");
      await node.until(() => node.received.length === 1);
      expect(node.connectedPeers).toEqual([1]);
    }
    // Only the own registry says where the third is.
    a.mesh.setRegistry(addressed(nodes, 3));
    await allConnected(nodes);
    expect([...a.findings, ...c.findings]).toEqual([]);
  });

  it("settles a storm of dials at one socket a class and pair, in order and without loss [NET-P3]", async () => {
    const tuning = { ...FAST, headStartMs: 0, backOffMsMin: 1, backOffMsMax: 20 };
    nodes = await startNodes(4, { tuning });
    await allConnected(nodes);
    for (const node of nodes) {
      for (let i = 0; i < 500; i++) {
        for (const peer of node.connectedPeers) {
          expect(node.mesh.send(peer, note(node.index, i), "control")).toBe(true);
        }
      }
    }
    await Promise.all(nodes.map((node) => node.until(() => node.received.length === 1_500)));
    for (const node of nodes) {
      expect(node.mesh.status().map(({ sockets }) => sockets)).toEqual(
        Array(3).fill({ control: 1, bulk: 1 }),
      );
      // Nothing that had been up was replaced.
      expect(node.events.filter((event) => event.startsWith("-"))).toEqual([]);
      expect(node.findings).toEqual([]);
      for (const peer of node.connectedPeers) {
        const sequences = node.received.filter(({ from }) => from === peer);
        expect(sequences.map(({ bytes }) => sequenceOf(bytes))).toEqual(
          Array.from({ length: 500 }, (_, i) => i),
        );
      }
    }
  });

  it("finds a restarted validator again by itself [NET-P8]", async () => {
    nodes = await startNodes(3, { tuning: FAST });
    const [a, b, c] = nodes as [MeshNode, MeshNode, MeshNode];
    await allConnected(nodes);
    const port = b.mesh.port;
    await b.stop();
    nodes = [a, c];
    await Promise.all([a, c].map((node) => node.until(() => node.connectedPeers.length === 1)));
    expect(a.events.at(-1)).toMatch(/^-1 /);
    expect(a.mesh.send(1, note(0, 0), "control")).toBe(false);
    const again = new MeshNode(1, addressed([a, c], 3), {
      tuning: FAST,
      listen: { host: "127.0.0.1", port },
    });
    nodes.push(again);
    await again.start();
    await allConnected(nodes);
    expect(a.mesh.send(1, note(0, 1), "bulk")).toBe(true);
    await again.until(() => again.received.length === 1);
  });

  it("refuses a validator of another chain, and both sides name it [NET-P3]", async () => {
    const registry = registryOf(2);
    const a = new MeshNode(0, registry, { tuning: FAST });
    const b = new MeshNode(1, registry, { tuning: FAST, genesisHash: new Uint8Array(32) });
    nodes = [a, b];
    await Promise.all(nodes.map((node) => node.start()));
    for (const node of nodes) node.mesh.setRegistry(addressed(nodes, 2));
    await Promise.all(nodes.map((node) => node.until(() => node.findings.length > 0)));
    for (const node of nodes) {
      expect(node.findings[0]).toMatchObject({ code: "WRONG_CHAIN", peer: 1 - node.index });
      expect(node.findings[0]?.detail).toContain("genesis");
      expect(node.events).toEqual([]);
    }
  });

  it("refuses a second session under one identity, and both sides report it", async () => {
    nodes = await startNodes(2, { tuning: FAST });
    const [a, b] = nodes as [MeshNode, MeshNode];
    await allConnected(nodes);
    const twin = new MeshNode(1, addressed(nodes, 2), { tuning: FAST });
    nodes.push(twin);
    await twin.start();
    await twin.until(() => twin.findings.length > 0);
    expect(twin.findings[0]).toMatchObject({ code: "SECOND_SESSION", by: "peer", peer: 0 });
    expect(a.findings[0]).toMatchObject({ code: "SECOND_SESSION", by: "us", peer: 1 });
    expect(a.events).toEqual(["+1"]);
    expect(b.events).toEqual(["+0"]);
    expect(a.mesh.send(1, note(0, 0), "control")).toBe(true);
    await b.until(() => b.received.length === 1);
  });

  it("reports a second session also where the other side dials", async () => {
    nodes = await startNodes(2, { tuning: FAST });
    const [a, b] = nodes as [MeshNode, MeshNode];
    await allConnected(nodes);
    const twin = new MeshNode(0, registryOf(2), { tuning: FAST });
    nodes.push(twin);
    await twin.start();
    twin.mesh.setRegistry(addressed([b], 2));
    await twin.until(() => twin.findings.length > 0);
    expect(twin.findings[0]).toMatchObject({ code: "SECOND_SESSION", by: "peer", peer: 1 });
    expect(b.findings[0]).toMatchObject({ code: "SECOND_SESSION", by: "us", peer: 0 });
    expect([...a.events, ...b.events]).toEqual(["+1", "+0"]);
  });

  it("cuts a peer off for a while and tells it so", async () => {
    const clock = new ManualClock();
    const registry = registryOf(2);
    const a = new MeshNode(0, registry, { clock });
    const b = new MeshNode(1, registry, { tuning: FAST });
    nodes = [a, b];
    await Promise.all(nodes.map((node) => node.start()));
    b.mesh.setRegistry(addressed([a], 2));
    await allConnected(nodes);
    a.mesh.disconnect(1, "it lied", 60_000);
    expect(a.events).toEqual(["+1", "-1 CUT_OFF: it lied"]);
    expect(a.mesh.send(1, note(0, 0), "control")).toBe(false);
    await b.until(() => b.findings.length > 1);
    expect(b.findings[0]).toMatchObject({
      code: "CUT_OFF",
      by: "peer",
      peer: 0,
      detail: "it lied",
    });
    expect(b.findings[1]).toMatchObject({ code: "CUT_OFF", by: "peer", peer: 0 });
    expect(a.connectedPeers).toEqual([]);
    clock.advance(60_000);
    await allConnected(nodes);
  });

  it("closes the links of keys that leave the registry", async () => {
    nodes = await startNodes(3, { tuning: FAST });
    const [a] = nodes as [MeshNode];
    await allConnected(nodes);
    const registry = addressed(nodes, 3);
    a.mesh.setRegistry(registry.filter(({ index }) => index !== 2));
    expect(a.connectedPeers).toEqual([1]);
    expect(a.events.at(-1)).toMatch(/^-2 REGISTRY_CHANGED/);
    a.mesh.setRegistry(registry);
    await allConnected(nodes);
  });

  it("says in one sentence that its port is taken", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as { port: number };
    const node = new MeshNode(0, registryOf(1), { listen: { host: "127.0.0.1", port } });
    nodes = [node];
    await expect(node.start()).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: `port ${port} on 127.0.0.1 is taken by another program; stop it or configure another port`,
    });
    await new Promise((resolve) => blocker.close(resolve));
  });

  it("does not start with a TLS key that is not registered", () => {
    const options = { self: 0, registry: registryOf(2), tlsKeySeed: seedOf("tls", 1) };
    const create = () =>
      createMesh({ ...options, clock: new ManualClock() } as unknown as MeshOptions);
    expect(create).toThrow(expect.objectContaining({ code: "TLS_KEY_NOT_REGISTERED" }));
  });

  it("takes a message above its kind's limit for a bug of the caller [NET-P5]", async () => {
    nodes = await startNodes(1);
    const [a] = nodes as [MeshNode];
    expect(() => a.mesh.send(1, new Uint8Array(300).fill(1), "control")).toThrow("kind 1");
    expect(() => a.mesh.send(1, new Uint8Array(0), "control")).toThrow("at least one byte");
  });
});
