/** The simulator's own parts: if these drift, no seed means anything. */

import { describe, expect, test } from "vitest";
import { Incarnation } from "./core/liveness.js";
import { SimulatedNetwork } from "./core/network.js";
import { Random } from "./core/random.js";
import { Scheduler } from "./core/scheduler.js";
import { Trace } from "./core/trace.js";
import { createVirtualClock } from "./core/virtualClock.js";

describe("random", () => {
  test("one seed and label give one sequence; another label another", () => {
    const draw = (seed: number, label: string) => {
      const random = Random.of(seed, label);
      return Array.from({ length: 8 }, () => random.u32());
    };
    expect(draw(7, "a")).toEqual(draw(7, "a"));
    expect(draw(7, "a")).not.toEqual(draw(7, "b"));
    expect(draw(7, "a")).not.toEqual(draw(8, "a"));
  });

  test("numbers fill their range evenly enough", () => {
    const random = Random.of(3, "range");
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++;
    for (const count of counts) expect(count).toBeGreaterThan(850);
    for (let i = 0; i < 100; i++) expect([4, 5, 6]).toContain(random.between(4, 6));
  });
});

describe("scheduler", () => {
  test("runs in the order of time, then of arrival, and skips what was cancelled", () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    const random = Random.of(1, "order");
    const times = Array.from({ length: 200 }, () => random.below(20));
    times.forEach((atMs, i) => {
      scheduler.after(atMs, () => seen.push(`${String(atMs).padStart(2, "0")} ${i}`));
    });
    scheduler.after(5, () => seen.push("cancelled"))();
    while (scheduler.step(100));
    const expected = times
      .map((atMs, i) => ({ atMs, i }))
      .sort((a, b) => a.atMs - b.atMs || a.i - b.i)
      .map(({ atMs, i }) => `${String(atMs).padStart(2, "0")} ${i}`);
    expect(seen).toEqual(expected);
    expect(scheduler.nowMs).toBe(100);
  });

  test("does not run past its limit", () => {
    const scheduler = new Scheduler();
    let ran = false;
    scheduler.after(10, () => {
      ran = true;
    });
    expect(scheduler.step(9)).toBe(false);
    expect([ran, scheduler.nowMs]).toEqual([false, 9]);
    expect(scheduler.step(10)).toBe(true);
    expect(ran).toBe(true);
  });
});

test("a dead run hears no timer", () => {
  const scheduler = new Scheduler();
  const life = new Incarnation(0, 0);
  const error = { offsetMs: 100, rate: 1 };
  const soon = { slowChance: 0, slowMsMax: 0 };
  const clock = createVirtualClock(scheduler, life, error, Random.of(1, "clock"), soon);
  const heard: string[] = [];
  clock.after(5, () => heard.push("first"));
  clock.after(15, () => heard.push("second"));
  while (scheduler.step(10));
  life.end();
  while (scheduler.step(100));
  expect(heard).toEqual(["first"]);
});

describe("network", () => {
  function pair(lossChance = 0) {
    const scheduler = new Scheduler();
    const trace = new Trace();
    const network = new SimulatedNetwork(2, scheduler, Random.of(1, "network"), {
      sent: () => {},
      delivered: (_from, _to, bytes) => trace.bytes(bytes),
      cutOff: () => {},
    });
    network.quality.lossChance = lossChance;
    const received: number[] = [];
    const events: string[] = [];
    const lives = [0, 1].map((index) => new Incarnation(index, 0));
    const transports = lives.map((life) => network.transportOf(life));
    transports.forEach((transport, index) => {
      transport.start({
        connected: (peer) => events.push(`${index} has ${peer}`),
        disconnected: (peer) => events.push(`${index} lost ${peer}`),
        message: (_from, bytes) => received.push(bytes[0] as number),
      });
    });
    while (scheduler.step(1_000));
    return { scheduler, network, transports, lives, received, events, trace };
  }

  test("keeps the order of messages on a live link", () => {
    const { scheduler, network, transports, received } = pair();
    network.quality.delayMsMax = 100;
    for (let i = 0; i < 50; i++) transports[0]!.send(1, Uint8Array.of(i), "control");
    while (scheduler.step(2_000));
    expect(received).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("tells both sides of a crash and connects the next run", () => {
    const { scheduler, network, lives, events } = pair();
    lives[1]!.end();
    network.drop(lives[1]!, false);
    while (scheduler.step(2_000));
    const next = new Incarnation(1, 1);
    network.transportOf(next).start({
      connected: () => events.push("1 is back"),
      disconnected: () => {},
      message: () => {},
    });
    while (scheduler.step(4_000));
    expect(events.slice(2)).toEqual(["0 lost 1", "1 is back", "0 has 1"]);
  });

  test("a blocked direction swallows messages, the other carries them until the link breaks", () => {
    const { scheduler, network, transports, received, events } = pair();
    network.block(0, 1);
    expect(transports[0]!.send(1, Uint8Array.of(1), "control")).toBe(true);
    expect(transports[1]!.send(0, Uint8Array.of(2), "control")).toBe(true);
    while (scheduler.step(1_500));
    expect(received).toEqual([2]);
    while (scheduler.step(9_000));
    expect(transports[0]!.send(1, Uint8Array.of(3), "control")).toBe(false);
    network.unblock(0, 1);
    while (scheduler.step(12_000));
    expect(events.slice(-2).sort()).toEqual(["0 has 1", "1 has 0"]);
    expect(transports[0]!.send(1, Uint8Array.of(4), "control")).toBe(true);
  });

  test("loses what its quality says, alike in each run", () => {
    const runs = [0, 1].map(() => {
      const { scheduler, transports, received, trace } = pair(0.5);
      for (let i = 0; i < 100; i++) transports[0]!.send(1, Uint8Array.of(i), "bulk");
      while (scheduler.step(3_000));
      return { received, digest: trace.digest() };
    });
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]!.received.length).toBeGreaterThan(25);
    expect(runs[0]!.received.length).toBeLessThan(75);
  });
});
