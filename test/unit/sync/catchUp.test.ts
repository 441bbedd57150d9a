import { describe, expect, it } from "vitest";
import { encode } from "../../../src/codec/schema.js";
import { type PeerMessage, peerMessage } from "../../../src/types/message.js";
import { TestNetwork } from "../validator/harness.js";
import { makeTransaction } from "../validator/records.js";

/** Three validators make `count` blocks without the fourth. */
function ahead(count: number, options = {}): TestNetwork {
  const network = new TestNetwork({ parameters: { maxIdleMs: 5_000 }, ...options });
  network.start([0, 1, 2]);
  for (let i = 0; network.finalHeight(0) < count; i++) {
    network.submit(i % 3, i);
    network.run(200);
  }
  return network;
}

describe("SYN: catching up", () => {
  it("SYN-3: a validator that starts 150 blocks late fetches pages and then takes part", () => {
    const network = ahead(150);
    network.start([3]);
    const isThere = () => network.finalHeight(3) >= 150;
    expect(network.run(10_000, isThere)).toBe(true);
    const asked = network.sent.filter(({ message }) => message.kind === "rangeRequest");
    expect(new Set(asked.map(({ to }) => to)).size).toBeGreaterThan(1);
    network.submit(3, 9_999);
    const target = network.finalTransactions(0).length + 1;
    expect(network.run(5_000, () => network.finalTransactions(0).length >= target)).toBe(true);
    expect(network.run(5_000, () => network.finalHeight(3) === network.finalHeight(0))).toBe(true);
    network.check();
  });

  it("SYN-1: says isSyncing while f + 1 peers have more, and not afterwards", () => {
    const network = ahead(60);
    network.drop = (from, to, message) =>
      (to === 3 || from === 3) && message.kind === "rangeResponse";
    network.start([3]);
    network.run(2_000);
    expect(network.node(3).chain.status(network.nowMs).isSyncing).toBe(true);
    network.drop = undefined;
    expect(network.run(15_000, () => network.finalHeight(3) >= 60)).toBe(true);
    network.run(1_000);
    expect(network.node(3).chain.status(network.nowMs).isSyncing).toBe(false);
  });

  it("votes for nothing that it has not executed, but helps to nullify a dead leader's view", () => {
    const network = ahead(40);
    network.drop = (from, to, message) =>
      (to === 3 || from === 3) && message.kind === "rangeResponse";
    network.start([3]);
    network.run(3_000);
    network.crash(0);
    const before = network.node(1).chain.status(network.nowMs).view;
    network.submit(1, 5_000);
    network.run(15_000);
    // Views move although only 1, 2 and the lagging 3 are there.
    expect(network.node(1).chain.status(network.nowMs).view).toBeGreaterThan(before + 1);
    expect(network.node(3).disk.votes.every(({ vote }) => vote.kind === 2)).toBe(true);
    network.drop = undefined;
    expect(network.run(40_000, () => network.finalTransactions(3).length >= 41)).toBe(true);
    network.check();
  });

  it("SYN-4: a page with a changed block or batch is refused and another peer is asked", () => {
    const network = ahead(60);
    let lies = 0;
    network.mangle = (from, to, message) => {
      if (to !== 3 || from !== 0 || message.kind !== "rangeResponse") return message;
      lies++;
      const blocks = message.value.blocks.map((entry, i) => {
        const header = { ...entry.block.header, timeMs: entry.block.header.timeMs + 1 };
        return i === 3 ? { ...entry, block: { ...entry.block, header } } : entry;
      });
      return { ...message, value: { ...message.value, blocks } };
    };
    network.start([3]);
    expect(network.run(20_000, () => network.finalHeight(3) >= 60)).toBe(true);
    expect(lies).toBeGreaterThan(0);
    network.check();
  });

  it("SYN-4: a peer that claims a height that nobody has delays nothing", () => {
    const network = ahead(60);
    network.mangle = (from, _to, message) => {
      if (from !== 1 || message.kind !== "status") return message;
      return { ...message, value: { ...message.value, finalizedHeight: 1_000_000 } };
    };
    network.start([3]);
    expect(network.run(20_000, () => network.finalHeight(3) >= 60)).toBe(true);
    expect(network.node(3).chain.status(network.nowMs).isSyncing).toBe(false);
    network.check();
  });

  it("SYN-4: an old certificate that names a made-up block vouches for nothing", () => {
    const network = ahead(60);
    network.mangle = (from, to, message) => {
      if (to !== 3 || from !== 0 || message.kind !== "rangeResponse") return message;
      const { certificate } = message.value;
      if (certificate === undefined) return message;
      return { ...message, value: { ...message.value, certificate: { ...certificate, view: 0 } } };
    };
    network.start([3]);
    expect(network.run(20_000, () => network.finalHeight(3) >= 60)).toBe(true);
    network.check();
  });

  it("SYN-4: batches of a page whose signatures were spoilt are fetched by another page", () => {
    const network = ahead(60);
    // The hash of a batch leaves its signature out, so the page looks right; and nobody holds
    // batches that old one by one any more.
    network.drop = (_from, to, message) => to === 3 && message.kind === "batch";
    let lies = 0;
    network.mangle = (from, to, message) => {
      if (to !== 3 || from !== 0 || message.kind !== "rangeResponse") return message;
      lies++;
      const blocks = message.value.blocks.map(({ block, batches }) => ({
        block,
        batches: batches.map((batch) =>
          batch.map((byte, i) => byte ^ (i + 1 === batch.length ? 1 : 0)),
        ),
      }));
      return { ...message, value: { ...message.value, blocks } };
    };
    network.start([3]);
    expect(network.run(120_000, () => network.finalHeight(3) >= 60)).toBe(true);
    expect(lies).toBeGreaterThan(0);
    const blamed = network
      .node(3)
      .effects.flatMap((effect) =>
        effect.kind === "reportPeer" && effect.code === "BAD_BATCH" ? [effect.peer] : [],
      );
    expect([...new Set(blamed)]).toEqual([0]);
    network.check();
  });

  it("SYN-4: a block that is larger than a page comes in parts", () => {
    const network = new TestNetwork({ delayMs: 20 });
    network.start([0, 1, 2]);
    for (const index of [0, 1, 2]) {
      const transactions = Array.from({ length: 8 }, (_, i) =>
        makeTransaction(100 * index + i, 250_000),
      );
      network.step(index, { kind: "submit", transactions });
    }
    const isFinal = () => network.finalTransactions(0).length === 24;
    expect(network.run(20_000, isFinal)).toBe(true);
    network.drop = (_from, to, message) => to === 3 && ["proposal", "batch"].includes(message.kind);
    network.start([3]);
    expect(network.run(20_000, () => network.finalTransactions(3).length === 24)).toBe(true);
    const pages = network.sent.filter(({ message }) => message.kind === "rangeResponse");
    const sizes = pages.map(({ message }) => encode(peerMessage, message).length);
    expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024);
    expect(pages.length).toBeGreaterThan(1);
    network.check();
  });

  it("SYN-2: a short gap closes by single proposals and batches, without a page", () => {
    const network = new TestNetwork();
    network.start();
    network.submit(0, 1);
    network.run(1_000);
    network.drop = (_from, to, message) =>
      to === 3 && ["proposal", "batch", "rangeResponse"].includes(message.kind);
    network.submit(1, 2);
    network.run(400);
    expect(network.finalTransactions(3)).toHaveLength(1);
    network.drop = (_from, to, message) => to === 3 && message.kind === "rangeResponse";
    expect(network.run(5_000, () => network.finalTransactions(3).length === 2)).toBe(true);
    network.check();
  });

  it("SYN-5: requests beyond the bucket are not answered", () => {
    const network = ahead(5);
    network.start([3]);
    network.run(3_000);
    network.sent.length = 0;
    const value = { epoch: 0, fromView: 1, toView: 5, kinds: 7 };
    for (let i = 0; i < 500; i++) {
      network.step(0, { kind: "message", from: 3, message: { kind: "certificateRequest", value } });
    }
    const answers = network.sent.filter(({ message }) => message.kind === "certificate");
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThanOrEqual(64);
  });

  it("SYN-5: pages cost by their size, so that nobody takes all of a validator's time for them", () => {
    const network = new TestNetwork({ parameters: { maxIdleMs: 5_000 } });
    network.start([0, 1, 2]);
    for (let i = 0; i < 4; i++) {
      const transactions = [makeTransaction(i, 900_000)];
      network.step(i % 3, { kind: "submit", transactions });
      expect(network.run(5_000, () => network.finalTransactions(0).length === i + 1)).toBe(true);
    }
    network.sent.length = 0;
    const value = { fromHeight: 1, toHeight: 32 };
    for (let i = 0; i < 500; i++) {
      network.step(0, { kind: "message", from: 3, message: { kind: "rangeRequest", value } });
      network.run(2);
    }
    const pages = network.sent.filter(({ message }) => message.kind === "rangeResponse");
    // In one second: what lay in the bucket, and what came into it.
    expect(pages.length).toBeGreaterThan(5);
    expect(pages.length).toBeLessThan(30);
  });

  it("SYN-4: a long group of final blocks with one certificate is fetched to its end", () => {
    // Validator 0 finalizes nothing, so blocks pile up until the fourth, cut off so far, helps.
    const network = new TestNetwork();
    const isFinalizeOf0 = (from: number, to: number, message: PeerMessage) =>
      (from === 0 || to === 0) && message.kind === "vote" && message.value.kind === 3;
    network.drop = (from, to, message) =>
      from === 3 || to === 3 || isFinalizeOf0(from, to, message) || message.kind === "rangeRequest";
    network.start();
    network.submit(1, 1);
    const notarized = () => network.node(1).chain.status(network.nowMs).executedHeight;
    expect(network.run(120_000, () => notarized() >= 200)).toBe(true);
    expect(network.finalHeight(1)).toBe(0);
    network.crash(3);
    network.drop = undefined;
    expect(network.run(60_000, () => network.finalHeight(1) >= 200)).toBe(true);
    network.restart(3);
    expect(network.run(60_000, () => network.finalHeight(3) >= 200)).toBe(true);
    network.check();
  });
});
