import { describe, expect, it } from "vitest";
import { otherProposal } from "./equivocation.js";
import { TestNetwork } from "./harness.js";

/** Small deterministic generator (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Mode {
  readonly count: number;
  readonly loss: number;
  /** Validator 0 shows another block to some of the others whenever it leads. */
  readonly equivocates: boolean;
}

function stress(seed: number, { count, loss, equivocates }: Mode): void {
  const random = generator(seed);
  const network = new TestNetwork({
    count,
    parameters: { maxIdleMs: 5_000 },
    delayMs: () => 1 + random() * 30 + (random() < 0.02 ? random() * 3_000 : 0),
    flushMs: () => 1 + random() * 20,
    executionMs: () => 1 + random() * 60,
  });
  const faultsEndMs = 20_000;
  network.drop = (_from, _to, _message, nowMs) => nowMs < faultsEndMs && random() < loss;
  network.mangle = (from, _to, message) =>
    equivocates && from === 0 && message.kind === "proposal" && random() < 0.5
      ? otherProposal(network, message.value)
      : message;
  const honest = network.nodes.map(({ index }) => index).slice(equivocates ? 1 : 0);
  const first = honest[0] as number;
  network.start();
  let nonce = 0;
  while (network.nowMs < faultsEndMs) {
    network.run(20 + random() * 300);
    for (const node of network.nodes) {
      if (node.isUp && random() < 0.4) network.submit(node.index, nonce++);
    }
    const index = Math.floor(random() * count);
    const node = network.node(index);
    if (node.isUp && random() < 0.1) network.crash(index);
    else if (!node.isUp && random() < 0.5) network.restart(index);
    network.check(honest);
  }
  for (const node of network.nodes) if (!node.isUp) network.restart(node.index);
  const target = Math.max(...honest.map((index) => network.finalHeight(index))) + 2;
  const isLive = network.run(60_000, () =>
    honest.every((index) => network.finalHeight(index) >= target),
  );
  network.check(honest);
  const stopped = honest.map((i) => network.node(i).chain.status(network.nowMs).stoppedReason);
  expect(
    stopped.filter((reason) => reason !== undefined),
    `seed ${seed}`,
  ).toEqual([]);
  const heights = network.nodes.map(({ index }) => network.finalHeight(index)).join(" ");
  if (process.env.VERBOSE) {
    const { nowMs, steps } = network;
    const txs = network.finalTransactions(first).length;
    console.log(`seed ${seed}: ${nowMs - faultsEndMs} ms, ${steps} steps, ${txs}/${nonce} final`);
  }
  expect(isLive, `seed ${seed}: heights ${heights}, target ${target}`).toBe(true);
}

describe("loss, crashes and restarts", () => {
  const first = Number(process.env.FIRST_SEED ?? 1);
  const seeds = Array.from({ length: Number(process.env.SEEDS ?? 3) }, (_, i) => first + i);
  const modes: readonly (readonly [string, Mode])[] = [
    ["four validators", { count: 4, loss: 0.2, equivocates: false }],
    ["an equivocating leader", { count: 4, loss: 0.1, equivocates: true }],
    ["seven, half of all messages lost", { count: 7, loss: 0.5, equivocates: false }],
  ];
  for (const [name, mode] of modes) {
    it.each(seeds)(`${name}: agreement always, progress afterwards (SIM-L1), seed %i`, (seed) =>
      stress(seed, mode),
    );
  }
});
