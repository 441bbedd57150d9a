import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { makeCertificate } from "../../../src/consensus/certificates.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { createChain } from "../../../src/validator/chain.js";
import { recoveredFrom } from "./disk.js";
import { TestNetwork } from "./harness.js";
import { checkBatch, signVote } from "./records.js";

function has(network: TestNetwork, count: number, indices = [0, 1, 2, 3]): () => boolean {
  return () => indices.every((index) => network.finalTransactions(index).length >= count);
}

describe("1.10(2): recovery from the durable record", () => {
  it("all stop at once and start again: everything final is there and payments go on", () => {
    const network = new TestNetwork({ flushMs: () => 5 });
    network.start();
    for (let i = 0; i < 8; i++) {
      network.submit(i % 4, i);
      network.run(300);
    }
    const before = network.nodes.map(({ index }) => network.finalTransactions(index));
    for (const { index } of network.nodes) network.crash(index);
    for (const { index } of network.nodes) network.restart(index);
    network.submit(0, 100);
    expect(network.run(10_000, has(network, Math.max(...before.map((b) => b.length)) + 1))).toBe(
      true,
    );
    before.forEach((ids, index) => {
      expect(network.finalTransactions(index).slice(0, ids.length)).toEqual(ids);
    });
    network.check();
  });

  it("own votes above the final view are sent again and count in the own pools", () => {
    const network = new TestNetwork();
    // Nobody hears a Finalize vote, so the block stays notarized.
    network.drop = (_from, _to, message) => message.kind === "vote" && message.value.kind === 3;
    network.start();
    network.submit(0, 1);
    network.run(400);
    for (const { index } of network.nodes) network.crash(index);
    network.drop = undefined;
    expect(network.finalHeight(0)).toBe(0);
    network.sent.length = 0;
    for (const { index } of network.nodes) network.restart(index);
    network.run(100);
    const finalize = network.sent.filter(
      ({ message }) => message.kind === "vote" && message.value.kind === 3,
    );
    expect(finalize.length).toBeGreaterThan(0);
    expect(network.run(10_000, has(network, 1))).toBe(true);
    network.check();
  });

  it("CON-W1: a restarted leader sends the same proposal or none", () => {
    const network = new TestNetwork();
    network.drop = (from, _to, message) => from === 0 && message.kind === "proposal";
    network.start();
    network.submit(0, 1);
    network.run(100);
    const vote = present(network.node(0).disk.votes[0], "the leader of view 1 voted");
    expect(vote.isProposal).toBe(true);
    network.crash(0);
    network.drop = undefined;
    network.sent.length = 0;
    network.restart(0);
    expect(network.run(5_000, has(network, 1))).toBe(true);
    const proposals = network.sent.filter(
      ({ from, message }) =>
        from === 0 && message.kind === "proposal" && message.value.header.view === 1,
    );
    for (const { message } of proposals) {
      expect(message.kind === "proposal" && message.value.signature).toEqual(vote.vote.signature);
    }
    network.check();
  });

  it("own durable batches are sent again, the lane goes on with the next number (CON-W9)", () => {
    const network = new TestNetwork();
    network.drop = (_from, _to, message) => message.kind === "batch";
    network.start();
    network.submit(2, 1, 2);
    network.run(100);
    network.crash(2);
    network.drop = undefined;
    network.restart(2);
    network.submit(2, 3);
    expect(network.run(10_000, has(network, 3))).toBe(true);
    const seqs = [...network.node(2).disk.batches.values()].map(({ batch }) => batch.seq);
    expect(seqs.sort()).toEqual([1, 2]);
    network.check();
  });

  it("a vote without the certificate that permitted it stops voting", () => {
    const network = new TestNetwork();
    network.start();
    for (let i = 0; i < 3; i++) {
      network.submit(0, i);
      network.run(500);
    }
    const { disk } = network.node(1);
    const recovered = recoveredFrom(disk, network.seats);
    const last = present(disk.votes.at(-1), "it voted").vote;
    const vote = { ...last, kind: 3 as const, view: last.view + 10 };
    const chain = createChain(
      network.chainOptions(1, { ...recovered, votes: [{ vote, isProposal: false }] }),
    );
    const effects = chain.step({ kind: "start" }, network.nowMs);
    const stop = effects.find((effect) => effect.kind === "stopVoting");
    expect(stop?.kind === "stopVoting" && stop.code).toBe("SAFETY_RECORD_INCOMPLETE");
    expect(chain.status(network.nowMs).isVoting).toBe(false);
    for (let i = 1; i < 200; i++) {
      const later = chain.step({ kind: "tick" }, network.nowMs + i * 500);
      expect(later.some((effect) => effect.kind === "castVote")).toBe(false);
    }
  });

  it("an own vote that comes back in a certificate and is not in the record stops voting", () => {
    const network = new TestNetwork();
    network.start();
    network.submit(0, 1);
    network.run(100);
    // Validator 1 forgets everything that it wrote.
    network.crash(1);
    const { disk } = network.node(1);
    expect(disk.votes.length).toBeGreaterThan(0);
    disk.votes = [];
    disk.certificates = [];
    disk.final = [];
    disk.blocks.clear();
    disk.batches.clear();
    network.restart(1);
    network.run(3_000);
    const codes = network
      .node(1)
      .effects.flatMap((effect) => (effect.kind === "stopVoting" ? [effect.code] : []));
    expect(codes).toEqual(["SAFETY_RECORD_INCOMPLETE"]);
  });

  it("and it is not forgotten at the next start: no vote of the record is sent again", () => {
    const network = new TestNetwork();
    // Nothing is finalized, so the view of the lost vote stays above what is final.
    network.drop = (_from, _to, message) => message.kind === "vote" && message.value.kind === 3;
    network.start();
    network.submit(0, 1);
    network.run(300);
    network.crash(1);
    const { disk } = network.node(1);
    const shown = present(disk.certificates[0], "a view is certified");
    const before = disk.votes.length;
    disk.votes = disk.votes.filter(({ vote }) => vote.view !== shown.view);
    expect(disk.votes.length).toBeLessThan(before);
    const own = signVote(present(network.seats[1], "a seat"), shown);
    const others = network.seats.filter(({ index }) => index === 0 || index === 2);
    const certificate = makeCertificate(
      [signVote(present(others[0], "0"), shown), own, signVote(present(others[1], "2"), shown)],
      4,
    );
    // What the safety file holds since a peer showed it, though it was not asked for at this start.
    disk.certificates = [certificate, ...disk.certificates.filter((other) => other !== shown)];
    network.sent.length = 0;
    network.restart(1);
    network.run(2_000);
    expect(network.node(1).chain.status(network.nowMs)).toMatchObject({
      isVoting: false,
      stoppedReason: "SAFETY_RECORD_INCOMPLETE",
    });
    expect(
      network.sent.filter(({ from, message }) => from === 1 && message.kind === "vote"),
    ).toEqual([]);
  });

  it("CON-W10: without its log a validator catches up with views whose own votes were pruned, and votes", () => {
    const network = new TestNetwork();
    network.start();
    for (let i = 0; i < 10; i++) {
      network.submit(i % 4, i);
      network.run(300);
    }
    network.crash(1);
    const node = network.node(1);
    const { disk } = node;
    const votesFromView = present(disk.final.at(-3), "ten are final").block.header.view;
    disk.votes = disk.votes.filter(({ vote }) => vote.view >= votesFromView);
    disk.certificates = disk.certificates.filter(({ view }) => view >= votesFromView);
    disk.final = [];
    disk.blocks.clear();
    disk.batches.clear();
    const recovered = { ...recoveredFrom(disk, network.seats), votesFromView };
    node.chain = createChain(network.chainOptions(1, recovered));
    network.start([1]);
    // Without a fourth one the others need its votes.
    network.crash(3);
    network.submit(0, 100);
    expect(network.run(30_000, has(network, 11, [0, 1, 2]))).toBe(true);
    expect(node.chain.status(network.nowMs).isVoting).toBe(true);
    network.check([0, 1, 2]);
  });

  it("a refused vote stops voting: the signer knows more than the reducer", () => {
    const network = new TestNetwork();
    network.start();
    const node = network.node(0);
    const statement = {
      kind: 1 as const,
      epoch: 0,
      view: 1,
      blockHash: new Uint8Array(32).fill(1),
      result: new Uint8Array(32),
    };
    network.step(0, { kind: "voteRefused", statement, reason: "another vote is on record" });
    const stop = node.effects.find((effect) => effect.kind === "stopVoting");
    expect(stop?.kind === "stopVoting" && stop.code).toBe("VOTE_REFUSED");
    network.submit(1, 1);
    expect(network.run(10_000, has(network, 1))).toBe(true);
    expect(node.disk.votes).toEqual([]);
  });

  it("a vote that was being signed when the record turned out incomplete is not sent", () => {
    const network = new TestNetwork();
    network.start();
    network.submit(0, 1);
    network.run(100);
    const proposal = network.sent.find(({ message }) => message.kind === "proposal");
    const chain = createChain(network.chainOptions(1));
    chain.step({ kind: "start" }, network.nowMs);
    const from = present(proposal, "view 1 has a proposal").from;
    const batch = network.sent.find(({ message }) => message.kind === "batch");
    const seat = present(network.seats[1], "a seat");
    const asked = [batch, proposal].flatMap((sent) => {
      const { message } = present(sent, "it was sent");
      return chain.step({ kind: "message", from, message }, network.nowMs);
    });
    const check = asked.find((effect) => effect.kind === "checkBatch");
    const author = present(network.seats[0], "a seat");
    const casts = chain
      .step(checkBatch(author, present(check, "it is checked").batch), network.nowMs)
      .flatMap((effect) => (effect.kind === "castVote" ? [effect.request.statement] : []));
    const vote = signVote(seat, present(casts[0], "it votes"));
    // The others show that this key nullified the view: before its record was lost.
    const statement = {
      kind: 2 as const,
      epoch: 0,
      view: 1,
      blockHash: ZERO_HASH,
      result: ZERO_HASH,
    };
    const nullifies = network.seats.slice(0, 3).map((other) => signVote(other, statement));
    const certificate = makeCertificate(nullifies, 4);
    const stopped = chain.step(
      { kind: "message", from: 0, message: { kind: "certificate", value: certificate } },
      network.nowMs,
    );
    expect(stopped.some((effect) => effect.kind === "stopVoting")).toBe(true);
    const later = [
      ...chain.step({ kind: "voteCast", vote }, network.nowMs),
      ...chain.step({ kind: "connected", peer: 2 }, network.nowMs),
      ...chain.step({ kind: "tick" }, network.nowMs + 2_000),
    ];
    const sent = later.filter((effect) => effect.kind === "send" && effect.message.kind === "vote");
    expect(sent).toEqual([]);
  });

  it("the same events give the same effects", () => {
    const trace = (): string => {
      const network = new TestNetwork();
      network.start();
      for (let i = 0; i < 6; i++) {
        network.submit(i % 4, i);
        network.run(333);
      }
      return JSON.stringify(
        network.nodes.map(({ effects }) =>
          effects.map((effect) =>
            JSON.stringify(effect, (_key, value) =>
              typeof value === "bigint" ? `${value}` : (value as unknown),
            ),
          ),
        ),
      );
    };
    expect(trace()).toBe(trace());
  });
});
