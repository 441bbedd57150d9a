import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { equalBytes, mapKey } from "../../../src/base/bytes.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import { otherProposal } from "../validator/equivocation.js";
import { TestNetwork } from "../validator/harness.js";
import { hasher } from "../validator/records.js";

function everybodyHas(network: TestNetwork, count: number, indices = [0, 1, 2, 3]): () => boolean {
  return () => indices.every((index) => network.finalTransactions(index).length >= count);
}

/** Runs until all is final and the chain is silent. */
function settled(options: ConstructorParameters<typeof TestNetwork>[0] = {}): TestNetwork {
  const network = new TestNetwork(options);
  network.start();
  network.submit(0, 0);
  expect(network.run(5_000, everybodyHas(network, 1))).toBe(true);
  network.run(3_000);
  return network;
}

describe("CON-R in a network", () => {
  it("CON-R-P, CON-R-F, CON-R-C: a payment is final in three message delays and an interval", () => {
    const network = new TestNetwork({ delayMs: 10 });
    network.start();
    network.run(1_000);
    const startMs = network.nowMs;
    network.submit(0, 1);
    expect(network.run(1_000, everybodyHas(network, 1))).toBe(true);
    // Seal 10, batch 10, ack 10, then proposal, notarize, finalize: 30, and 1 for executing.
    expect(network.nowMs - startMs).toBeLessThan(75);
  });

  it("is silent on an idle chain but for statuses, and makes an empty block after maxIdleMs", () => {
    const network = settled();
    const height = network.finalHeight(0);
    network.sent.length = 0;
    network.run(40_000);
    const kinds = new Set(network.sent.map(({ message }) => message.kind));
    expect([...kinds]).toEqual(["status"]);
    expect(network.sent.length).toBeLessThan(4 * 3 * 15);
    expect(network.finalHeight(0)).toBe(height);
    network.run(30_000);
    expect(network.finalHeight(0)).toBe(height + 1);
    expect(network.node(0).disk.final.at(-1)?.block.cut).toEqual([]);
    network.check();
  });

  it("CON-R-G: a payment after a silence is no standstill: it costs no certificate", () => {
    const network = settled();
    network.run(20_000);
    network.sent.length = 0;
    network.submit(1, 1);
    expect(network.run(1_000, everybodyHas(network, 2))).toBe(true);
    const kinds = network.sent.map(({ message }) => message.kind);
    expect(kinds.filter((kind) => kind === "certificate")).toEqual([]);
    network.check();
  });

  it("CON-R-X, CON-R-A: a silent leader costs its view and nothing else", () => {
    const network = new TestNetwork();
    network.start([0, 1, 2]);
    for (let i = 0; i < 12; i++) {
      network.submit(i % 3, i);
      network.run(700);
    }
    expect(network.run(5_000, everybodyHas(network, 12, [0, 1, 2]))).toBe(true);
    const views = network.node(0).disk.final.map(({ block }) => block.header.view);
    expect(views.every((view) => view % 4 !== 0)).toBe(true);
    network.check([0, 1, 2]);
  });

  it("CON-R-X: a leader that is silent for inactiveAfterMs loses its view even when idle", () => {
    const network = settled();
    const view = network.node(1).chain.status(network.nowMs).view;
    const leader = network.node(1).chain.status(network.nowMs).leader;
    network.crash(leader);
    network.run(15_000);
    const other = (leader + 1) % 4;
    expect(network.node(other).chain.status(network.nowMs).view).toBe(view + 1);
  });

  it("CON-C3, CON-R-N: an equivocating leader gets no second block through, and is named", () => {
    const network = new TestNetwork();
    // Validator 0 leads view 1; to validators 2 and 3 it shows another block with another time.
    network.drop = (from, to, message) => {
      if (from !== 0 || to < 2 || message.kind !== "proposal") return false;
      const other = otherProposal(network, message.value);
      network.at(network.nowMs + 5, () =>
        network.step(to, { kind: "message", from, message: other }),
      );
      // Later the first one too, so that the contradiction can be seen.
      network.at(network.nowMs + 20, () => network.step(to, { kind: "message", from, message }));
      return true;
    };
    network.start();
    network.submit(1, 1);
    expect(network.run(10_000, everybodyHas(network, 1, [1, 2, 3]))).toBe(true);
    network.check([1, 2, 3]);
    const notices = [2, 3].map((index) =>
      network.node(index).effects.some((e) => e.kind === "notice" && e.code === "EQUIVOCATION"),
    );
    expect(notices).toEqual([true, true]);
  });

  it("CON-R-G: everything lost for a while is sent again", () => {
    const network = new TestNetwork();
    network.drop = (_from, _to, _message, nowMs) => nowMs < 4_000;
    network.start();
    network.submit(0, 1);
    expect(network.run(9_000, everybodyHas(network, 1))).toBe(true);
    network.check();
  });

  it("CON-R-G: each kind of message alone may be lost at first", () => {
    for (const kind of ["proposal", "vote", "certificate", "batch", "laneTips"] as const) {
      const network = new TestNetwork();
      const seen = new Map<string, number>();
      network.drop = (from, to, message) => {
        const link = `${from} ${to} ${message.kind}`;
        seen.set(link, (seen.get(link) ?? 0) + 1);
        return message.kind === kind && (seen.get(link) as number) <= 3;
      };
      network.start();
      network.submit(0, 1);
      expect(network.run(30_000, everybodyHas(network, 1)), kind).toBe(true);
      network.check();
    }
  });

  it("CON-R-G: who alone missed a finalization on an idle chain learns it from statuses", () => {
    const network = new TestNetwork();
    network.drop = (_from, to, message, nowMs) =>
      nowMs < 6_000 && to === 3 && ["vote", "certificate"].includes(message.kind);
    network.start();
    network.submit(0, 1);
    expect(network.run(5_000, everybodyHas(network, 1, [0, 1, 2]))).toBe(true);
    expect(network.finalHeight(3)).toBe(0);
    network.run(2_000);
    expect(network.run(8_000, everybodyHas(network, 1))).toBe(true);
    network.check();
  });

  it("goes on with one clock 2 s, then 10 s ahead or behind, and shows the offset", () => {
    for (const offsetMs of [2_000, 10_000, -2_000, -10_000]) {
      const network = new TestNetwork();
      network.nowMs = 100_000;
      network.node(3).clockOffsetMs = offsetMs;
      network.start();
      for (let i = 0; i < 8; i++) {
        network.submit(i % 4, i);
        network.run(900);
      }
      expect(network.run(10_000, everybodyHas(network, 8)), String(offsetMs)).toBe(true);
      network.check();
      const peers = network.node(0).chain.status(network.nowMs).peers;
      const offset = peers.find(({ validator }) => validator === 3)?.clockOffsetMs ?? 0;
      expect(Math.abs(offset - offsetMs)).toBeLessThan(200);
    }
  });

  it("runs alone, and with 2, 3, 5 and 7 validators", () => {
    for (const count of [1, 2, 3, 5, 7]) {
      const network = new TestNetwork({ count });
      network.start();
      network.submit(0, 1);
      const all = network.nodes.map(({ index }) => index);
      expect(network.run(5_000, everybodyHas(network, 1, all)), String(count)).toBe(true);
      network.check();
    }
  });

  it("CON-R-C: a validator with another result stops voting; the others go on", () => {
    const network = new TestNetwork();
    const normal = network.carryOutExecuted;
    network.carryOutExecuted = (node, summary) =>
      normal(
        node,
        node.index === 2 ? { ...summary, resultHash: hasher.sha256(ZERO_HASH) } : summary,
      );
    network.start();
    network.submit(0, 1);
    expect(network.run(5_000, everybodyHas(network, 1, [0, 1, 3]))).toBe(true);
    network.run(3_000);
    const stops = network.node(2).effects.filter((effect) => effect.kind === "stopVoting");
    expect(stops.map(({ code }) => code)).toEqual(["DIVERGED"]);
    expect(network.finalHeight(2)).toBe(0);
    network.submit(1, 2);
    expect(network.run(8_000, everybodyHas(network, 2, [0, 1, 3]))).toBe(true);
    network.check([0, 1, 3]);
  });

  it("has a due block while an ancestor with content is not final", () => {
    // Finalize votes are lost for two seconds: empty blocks follow until the first is final.
    const network = new TestNetwork();
    network.drop = (_from, _to, message, nowMs) =>
      nowMs < 3_000 && message.kind === "vote" && message.value.kind === VOTE_KIND.finalize;
    network.start();
    network.submit(0, 1);
    expect(network.run(4_000, everybodyHas(network, 1))).toBe(true);
    const { final } = network.node(0).disk;
    expect(final.length).toBeGreaterThan(3);
    expect(final.slice(1).every(({ block }) => block.cut.length === 0)).toBe(true);
    network.run(2_000);
    const height = network.finalHeight(0);
    network.run(20_000);
    expect(network.finalHeight(0)).toBe(height);
  });

  it("CON-V7: a block is due when a timer's deadline has come; in a backlog its cut is empty", () => {
    let deadlineMs: number | undefined = 11_000;
    let hasBacklog = false;
    const network = new TestNetwork({
      outcome: ({ header, transactions }) => {
        const isFired = deadlineMs !== undefined && header.timeMs >= deadlineMs;
        if (isFired) deadlineMs = undefined;
        return {
          isNonEmpty: isFired || transactions.length > 0,
          nextTimerDeadlineMs: deadlineMs,
          hasTimerBacklog: hasBacklog,
        };
      },
    });
    network.start();
    network.submit(0, 1);
    network.run(8_000);
    const height = network.finalHeight(0);
    expect(height).toBe(1);
    hasBacklog = true;
    network.run(3_000);
    expect(network.finalHeight(0)).toBeGreaterThan(height);
    network.submit(0, 2);
    network.run(3_000);
    expect(network.finalTransactions(0)).toHaveLength(1);
    hasBacklog = false;
    network.run(61_000);
    expect(network.finalTransactions(0)).toHaveLength(2);
    network.check();
  });

  it("CON-V7: where more timers are due at a block's own time than it may fire, its cut is empty", () => {
    const fromMs = 12_000;
    const cuts: { timeMs: number; isEmpty: boolean }[] = [];
    let isBacklogFired = false;
    const network = new TestNetwork({
      outcome: ({ header, transactions }) => {
        if (header.timeMs >= fromMs) {
          cuts.push({ timeMs: header.timeMs, isEmpty: transactions.length === 0 });
          isBacklogFired = true;
        }
        return {
          isNonEmpty: transactions.length > 0,
          nextTimerDeadlineMs: undefined,
          hasTimerBacklog: false,
          timerBacklogFromMs: isBacklogFired ? undefined : fromMs,
        };
      },
    });
    network.start();
    network.submit(0, 1);
    network.run(2_000);
    expect(network.finalTransactions(0)).toHaveLength(1);
    network.run(12_000);
    network.submit(0, 2);
    network.run(70_000);
    expect(cuts[0]?.isEmpty).toBe(true);
    expect(network.finalTransactions(0)).toHaveLength(2);
    network.check();
  });

  it("CON-V6: only empty blocks beyond maxUnfinalized, and voters never call it invalid", () => {
    const network = new TestNetwork({ parameters: { maxUnfinalized: 2 } });
    network.drop = (_from, _to, message, nowMs) =>
      nowMs < 8_000 && message.kind === "vote" && message.value.kind === VOTE_KIND.finalize;
    network.start();
    for (let i = 0; i < 10; i++) {
      network.submit(i % 4, i);
      network.run(500);
    }
    expect(network.run(10_000, everybodyHas(network, 10))).toBe(true);
    network.check();
    const full = network
      .node(0)
      .disk.final.slice(0, 8)
      .filter(({ block }) => block.cut.length > 0);
    expect(full.length).toBeLessThanOrEqual(3);
  });

  it("CON-W2, CON-W3, CON-W4: every vote has the certificates that its signer checks", () => {
    const network = new TestNetwork();
    network.start([0, 1, 2]);
    for (let i = 0; i < 10; i++) {
      network.submit(i % 3, i);
      network.run(800);
    }
    for (const { index, disk } of network.nodes.slice(0, 3)) {
      const stored = new Set<string>();
      for (const effect of network.node(index).effects) {
        if (effect.kind === "storeBlock") stored.add(mapKey(effect.blockHash));
        if (effect.kind !== "castVote") continue;
        const { statement, certificates } = effect.request;
        const hasEntry = certificates.some(({ view }) => view === statement.view - 1);
        if (statement.kind === VOTE_KIND.finalize) {
          expect(certificates).toHaveLength(1);
          expect(certificates[0]?.kind).toBe(VOTE_KIND.notarize);
          expect(equalBytes(certificates[0]!.blockHash, statement.blockHash)).toBe(true);
        } else if (statement.view > 1) expect(hasEntry).toBe(true);
        if (statement.kind !== VOTE_KIND.nullify) {
          expect(stored.has(mapKey(statement.blockHash))).toBe(true);
        }
      }
      for (const { request } of disk.votes) {
        if (request.statement.kind !== VOTE_KIND.notarize) continue;
        const block = present(disk.blocks.get(mapKey(request.statement.blockHash)), "stored");
        const views = request.certificates.map(({ view }) => view);
        for (let view = block.header.parentView + 1; view < block.header.view; view++) {
          expect(views).toContain(view);
        }
        if (block.header.parentView > 0) expect(views).toContain(block.header.parentView);
      }
    }
  });

  it("CON-W1, CON-W5, CON-W7, CON-W9: sends nothing before it is durable", () => {
    const network = new TestNetwork({ flushMs: () => 30 });
    network.start();
    for (let i = 0; i < 6; i++) {
      network.submit(i % 4, i);
      network.run(400);
    }
    network.sent.length = 0;
    network.onSend = (from, message) => {
      const disk = network.node(from).disk;
      if (message.kind === "vote") {
        expect(
          disk.votes.some(({ vote }) => equalBytes(vote.signature, message.value.signature)),
        ).toBe(true);
      } else if (message.kind === "batch") {
        const held = [...disk.batches.values()];
        expect(held.some(({ batch }) => equalBytes(batch.bytes, message.value))).toBe(true);
      } else if (message.kind === "status") {
        expect(message.value.finalizedHeight).toBeLessThanOrEqual(disk.final.length);
        for (const tip of message.value.laneTips) {
          expect(disk.batches.has(mapKey(tip.headHash))).toBe(true);
        }
      } else if (message.kind === "laneTips") {
        for (const tip of message.value) {
          expect(disk.batches.has(mapKey(tip.headHash))).toBe(true);
        }
      }
    };
    for (let i = 6; i < 20; i++) {
      network.submit(i % 4, i);
      network.run(300);
    }
    expect(network.sent.filter(({ message }) => message.kind === "vote").length).toBeGreaterThan(
      20,
    );
  });
});
