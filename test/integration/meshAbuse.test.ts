import { afterEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/base/limits.js";
import { FRAME } from "../../src/network/frames.js";
import { decodeHello, PROTOCOL_VERSION_MIN } from "../../src/network/hello.js";
import type { MeshOptions } from "../../src/network/index.js";
import { DEFAULT_TUNING } from "../../src/network/tuning.js";
import { PROTOCOL_VERSION } from "../../src/types/block.js";
import { addressed, ManualClock, MeshNode, registryOf, seedOf } from "./meshKit.js";
import { RawSocket, rawLink } from "./meshRawPeer.js";

let nodes: MeshNode[] = [];
let sockets: RawSocket[] = [];
afterEach(async () => {
  for (const { socket } of sockets) socket.destroy();
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
  sockets = [];
});

/** Validator 0 of a registry; its timers stand still unless the test moves them. */
async function victim(
  overrides: Partial<MeshOptions> = {},
): Promise<{ readonly node: MeshNode; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const node = new MeshNode(0, registryOf(3), { clock, ...overrides });
  nodes.push(node);
  await node.start();
  return { node, clock };
}

async function dial(node: MeshNode, seed = seedOf("tls", 1), options = {}): Promise<RawSocket> {
  const raw = await RawSocket.dial(node.mesh.port, seed, options);
  sockets.push(raw);
  return raw;
}

async function link(node: MeshNode): Promise<{ control: RawSocket; bulk: RawSocket }> {
  const both = await rawLink(node.mesh.port);
  sockets.push(both.control, both.bulk);
  return both;
}

/** A frame header that promises `sizeBytes` of a message. */
function header(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, sizeBytes, true);
  return bytes;
}

describe("mesh under abuse", () => {
  it("closes on an unknown key before it reads a byte [NET-P1, NET-P2]", async () => {
    const { node } = await victim();
    const raw = await dial(node, new Uint8Array(32).fill(99));
    raw.hello();
    await raw.closed();
    expect(raw.bytesReceived).toBe(0);
    await node.until(() => node.findings.length > 0);
    expect(node.findings).toEqual([
      expect.objectContaining({ code: "UNKNOWN_KEY", peer: undefined, address: "127.0.0.1" }),
    ]);
  });

  it("stops listening to an address whose callers fail again and again, for a while", async () => {
    const { node, clock } = await victim();
    const stranger = new Uint8Array(32).fill(99);
    for (let i = 0; i < 4; i++) await (await dial(node, stranger)).closed();
    await node.until(() => node.findings.length === 4);
    await expect(dial(node)).rejects.toThrow();
    clock.advance(1_001);
    const raw = await dial(node);
    raw.hello();
    await raw.has(FRAME.accept);
  });

  it("bounds the handshakes of all callers together; validators' addresses have a share of their own", async () => {
    const handshakes = { perSecond: 1, burst: 2 };
    const { node, clock } = await victim({ tuning: { handshakes } });
    const stranger = new Uint8Array(32).fill(99);
    for (let i = 0; i < 2; i++) await (await dial(node, stranger)).closed();
    await node.until(() => node.findings.length === 2);
    // A third one has no key to show any more: its socket is closed before TLS begins.
    await expect(dial(node, stranger)).rejects.toThrow();
    expect(node.findings).toHaveLength(2);
    clock.advance(1_001);
    const raw = await dial(node);
    raw.hello();
    await raw.has(FRAME.accept);
    // From where a validator came, callers need no share of the strangers, which is used up again.
    await dial(node);
  });

  it("lets a validator in that was only ever dialled, however many strangers call", async () => {
    const { node, clock } = await victim({ tuning: { handshakes: { perSecond: 0, burst: 1 } } });
    await (await dial(node, new Uint8Array(32).fill(99))).closed();
    // The share of strangers is used up, and the peer's address is one of theirs.
    await expect(dial(node)).rejects.toThrow();
    const peer = new MeshNode(1, registryOf(3));
    nodes.push(peer);
    await peer.start();
    node.mesh.setRegistry(addressed([peer], 3));
    clock.advance(1_000);
    await peer.until(() => peer.connectedPeers.length === 1);
    await dial(node);
  });

  it("refuses a caller without the protocol's name", async () => {
    const { node } = await victim();
    const raw = await dial(node, seedOf("tls", 1), { ALPNProtocols: undefined });
    await raw.closed();
    await node.until(() => node.findings.length > 0);
    expect(node.findings[0]).toMatchObject({ code: "NO_ALPN" });
    await expect(dial(node, seedOf("tls", 1), { ALPNProtocols: ["h2"] })).rejects.toThrow();
    await expect(
      dial(node, seedOf("tls", 1), { maxVersion: "TLSv1.2", minVersion: "TLSv1.2" }),
    ).rejects.toThrow();
  });

  it.each([
    ["WRONG_CHAIN", { genesisHash: new Uint8Array(32) }],
    ["WRONG_PROTOCOL", { protocolVersion: PROTOCOL_VERSION + 1 }],
    ["WRONG_PROTOCOL", { protocolVersion: PROTOCOL_VERSION_MIN - 1 }],
    ["WRONG_IDENTITY", { validatorIndex: 2 }],
    ["BAD_SIGNATURE", { consensusSeed: seedOf("consensus", 2) }],
    // A hello that was signed for another channel, as a relay would hold it.
    ["BAD_SIGNATURE", { exporter: new Uint8Array(32) }],
    ["NO_CONTROL", { traffic: "bulk" as const }],
  ])("refuses a false hello: %s [NET-P3, NET-P12]", async (code, changes) => {
    const { node } = await victim();
    const raw = await dial(node);
    raw.hello(changes);
    await raw.closed();
    expect(raw.refusals).toEqual([code]);
    expect(raw.frames.length).toBe(1);
    expect(node.events).toEqual([]);
  });

  it("NET-P12: speaks this version of the protocol and the one before, and says its own", async () => {
    expect(PROTOCOL_VERSION_MIN).toBe(Math.max(1, PROTOCOL_VERSION - 1));
    for (let version = PROTOCOL_VERSION_MIN; version <= PROTOCOL_VERSION; version++) {
      const { node } = await victim();
      const raw = await dial(node);
      raw.hello({ protocolVersion: version });
      await raw.has(FRAME.accept);
      expect(raw.refusals).toEqual([]);
      const hello = raw.frames.find(({ type }) => type === FRAME.hello);
      expect(hello && decodeHello(hello.body)?.protocolVersion).toBe(PROTOCOL_VERSION);
    }
  });

  it("refuses messages before the hello, and gives up on a silent caller", async () => {
    const { node, clock } = await victim();
    const early = await dial(node);
    early.write(FRAME.message, Uint8Array.of(1));
    await early.closed();
    expect(early.refusals).toEqual(["MALFORMED"]);
    const silent = await dial(node);
    const proven = await dial(node);
    proven.hello();
    // The callers came in this order, so the silent one is known once the other is answered.
    await proven.has(FRAME.accept);
    clock.advance(DEFAULT_TUNING.handshakeMs);
    await silent.closed();
    expect(silent.refusals).toEqual(["TIMEOUT"]);
  });

  it.each([
    ["above the class", "control", header(LIMITS.controlFrameSizeBytesMax + 1)],
    ["above the kind", "control", Uint8Array.of(...header(LIMITS.voteSizeBytesMax + 1), 1)],
    ["of 4 GiB", "bulk", header(0xffff_ffff)],
  ] as const)("cuts off who announces a frame %s [NET-P5]", async (_, traffic, bytes) => {
    const { node } = await victim();
    const raw = await link(node);
    raw[traffic].socket.write(bytes);
    await raw[traffic].closed();
    expect(raw[traffic].refusals).toEqual(["OVERSIZED"]);
    expect(node.findings).toEqual([
      expect.objectContaining({ code: "OVERSIZED", by: "us", peer: 1 }),
    ]);
    expect(node.events[1]).toMatch(/^-1 CUT_OFF: OVERSIZED/);
    const again = await dial(node);
    await again.closed();
    expect(again.refusals).toEqual(["CUT_OFF"]);
  });

  it.each([
    ["an unknown type", Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0)],
    ["reserved flags", Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 0, 1)],
    ["a reserved stream", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1)],
    ["a second hello", Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)],
    ["an empty message", header(0)],
  ])("cuts off who sends %s", async (_, bytes) => {
    const { node } = await victim();
    const { control } = await link(node);
    control.socket.write(bytes);
    await control.closed();
    expect(control.refusals).toEqual(["MALFORMED"]);
    expect(node.findings).toMatchObject([{ code: "MALFORMED", by: "us", peer: 1 }]);
  });

  it("cuts off and names who floods [NET-P7]", async () => {
    const control = { framesPerSecond: 10, bytesPerSecond: 1_000_000 };
    const tuning = { rates: { ...DEFAULT_TUNING.rates, control } };
    const { node } = await victim({ tuning });
    const raw = await link(node);
    for (let i = 0; i < 51; i++) raw.control.write(FRAME.message, Uint8Array.of(1, i));
    await raw.control.closed();
    expect(raw.control.refusals).toEqual(["FLOOD"]);
    expect(node.received.length).toBe(50);
    expect(node.findings).toMatchObject([{ code: "FLOOD", by: "us", peer: 1 }]);
  });

  it("bounds what waits for a stalled peer, and serves the others meanwhile [NET-P6]", async () => {
    const { node } = await victim();
    const other = new MeshNode(2, registryOf(3));
    nodes.push(other);
    await other.start();
    other.mesh.setRegistry(addressed([node], 3));
    const { control, bulk } = await link(node);
    await node.until(() => node.connectedPeers.length === 2);
    control.socket.pause();
    bulk.socket.pause();
    const batch = new Uint8Array(256 * 1024).fill(7);
    const vote = new Uint8Array(150).fill(1);
    // The kernel takes some; then the queue fills; each turn of the loop lets the sockets move.
    const isStuck = async (send: () => boolean, traffic: "control" | "bulk") => {
      for (let refused = 0; refused < 20; ) {
        refused = send() ? 0 : refused + 1;
        await new Promise(setImmediate);
        if (send()) refused = 0;
        const status = node.mesh.status().find(({ index }) => index === 1);
        const max =
          traffic === "bulk" ? LIMITS.bulkQueueSizeBytesMax : LIMITS.controlQueueSizeBytesMax;
        expect(status?.pendingBytes[traffic]).toBeLessThanOrEqual(max);
      }
    };
    const fill = (bytes: Uint8Array, traffic: "control" | "bulk") => () => {
      let sent = 0;
      while (sent < 1_000 && node.mesh.send(1, bytes, traffic)) sent++;
      return sent > 0;
    };
    await isStuck(fill(batch, "bulk"), "bulk");
    // Bulk is full; control of the same peer still takes votes.
    expect(node.mesh.send(1, vote, "control")).toBe(true);
    await isStuck(fill(vote, "control"), "control");
    expect(node.mesh.send(2, batch, "bulk")).toBe(true);
    expect(node.mesh.send(2, vote, "control")).toBe(true);
    await other.until(() => other.received.length === 2);
    expect(node.connectedPeers).toEqual([1, 2]);
    // What was queued arrives when the peer reads again.
    bulk.socket.resume();
    control.socket.resume();
    await bulk.until(() => bulk.bytesReceived > LIMITS.bulkQueueSizeBytesMax);
  });

  it("takes a peer for dead that answers no ping, not one that does [NET-P10]", async () => {
    const { node, clock } = await victim();
    const { control } = await link(node);
    clock.advance(1_000);
    await control.has(FRAME.ping);
    control.write(FRAME.pong, new Uint8Array(0));
    control.write(FRAME.message, Uint8Array.of(1, 1));
    await node.until(() => node.received.length === 1);
    expect(node.mesh.status()[0]?.rttMs).toBe(0);
    clock.advance(5_000);
    expect(node.connectedPeers).toEqual([1]);
    clock.advance(1_000);
    expect(node.connectedPeers).toEqual([]);
    expect(node.findings).toMatchObject([{ code: "DEAD", peer: 1 }]);
    await control.closed();
    expect(control.refusals).toEqual(["DEAD"]);
  });

  it("answers pings", async () => {
    const { node } = await victim();
    const { control } = await link(node);
    control.write(FRAME.ping, new Uint8Array(0));
    await control.has(FRAME.pong);
  });

  it("ends the link when one of its sockets ends", async () => {
    const { node } = await victim();
    const { control, bulk } = await link(node);
    bulk.socket.destroy();
    await control.closed();
    expect(control.refusals).toEqual(["SIBLING_LOST"]);
    expect(node.events).toEqual(["+1", expect.stringMatching(/^-1 CLOSED/)]);
  });

  it("ends a link whose bulk socket never comes", async () => {
    const { node, clock } = await victim();
    const raw = await dial(node);
    raw.hello();
    await raw.has(FRAME.accept);
    clock.advance(2 * DEFAULT_TUNING.handshakeMs);
    await raw.closed();
    expect(node.events).toEqual([]);
  });
});
