import { describe, expect, it } from "vitest";
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

function stress(seed: number): void {
  const random = generator(seed);
  const network = new TestNetwork({
    parameters: { maxIdleMs: 5_000 },
    delayMs: () => 1 + random() * 30 + (random() < 0.02 ? random() * 3_000 : 0),
    flushMs: () => 1 + random() * 20,
    executionMs: () => 1 + random() * 60,
  });
  const faultsEndMs = 20_000;
  network.drop = (_from, _to, _message, nowMs) => nowMs < faultsEndMs && random() < 0.2;
  network.start();
  let nonce = 0;
  const seenFinal: number[] = [0, 0, 0, 0];
  while (network.nowMs < faultsEndMs) {
    network.run(20 + random() * 300);
    for (const node of network.nodes) {
      if (node.isUp && random() < 0.4) network.submit(node.index, nonce++);
    }
    const index = Math.floor(random() * 4);
    const node = network.node(index);
    if (node.isUp && random() < 0.1) network.crash(index);
    else if (!node.isUp && random() < 0.5) network.restart(index);
    network.check();
  }
  for (const node of network.nodes) if (!node.isUp) network.restart(node.index);
  network.nodes.forEach((node, i) => {
    seenFinal[i] = node.disk.final.length;
  });
  const target = Math.max(...seenFinal) + 2;
  const isLive = network.run(60_000, () =>
    network.nodes.every((node) => node.disk.final.length >= target),
  );
  network.check();
  const stopped = network.nodes.map((n) => n.chain.status(network.nowMs).stoppedReason);
  expect(stopped, `seed ${seed}`).toEqual([undefined, undefined, undefined, undefined]);
  const heights = network.nodes.map((n) => n.disk.final.length).join(" ");
  if (process.env.VERBOSE) {
    const { nowMs, steps } = network;
    const txs = network.finalTransactions(0).length;
    console.log(`seed ${seed}: ${nowMs - faultsEndMs} ms, ${steps} steps, ${txs}/${nonce} final`);
  }
  expect(isLive, `seed ${seed}: heights ${heights}, target ${target}`).toBe(true);
}

describe("loss, crashes and restarts", () => {
  const first = Number(process.env.FIRST_SEED ?? 1);
  for (let seed = first; seed < first + Number(process.env.SEEDS ?? 5); seed++) {
    it(`seed ${seed}: agreement always, progress afterwards (SIM-L1)`, () => stress(seed));
  }
});
