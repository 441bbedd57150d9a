// Goal: clients that read a lot leave the event loop to votes and blocks after a few milliseconds.
// Method: a clock in hands, and work that takes time on it.
import { expect, test } from "vitest";
import { Turns } from "../../../src/gateway/turns.js";

function harness() {
  let now = 0;
  let queued: (() => void)[] = [];
  const turns = new Turns({
    nowMs: () => now,
    after: () => () => {},
    soon: (callback) => {
      queued.push(callback);
    },
  });
  const done: string[] = [];
  const work = async (name: string, ms: number) => {
    await turns.take();
    now += ms;
    done.push(name);
  };
  /** One turn of the event loop, with all its microtasks. */
  const turn = async () => {
    const callbacks = queued;
    queued = [];
    for (const callback of callbacks) callback();
    await new Promise((resolve) => setImmediate(resolve));
    return done.splice(0);
  };
  return { work, turn, pending: () => queued.length };
}

test("GAT-8: work in one turn ends when its time is used up; the rest comes later, in order", async () => {
  const { work, turn, pending } = harness();
  void work("a", 3);
  void work("b", 3);
  void work("c", 50);
  void work("d", 1);
  expect(await turn()).toEqual(["a", "b"]);
  void work("e", 0);
  expect(await turn()).toEqual(["c"]);
  expect(await turn()).toEqual(["d", "e"]);
  expect(pending()).toBe(0);
});

test("cheap work is all done in one turn, also what comes during it", async () => {
  const { work, turn, pending } = harness();
  for (let i = 0; i < 100; i++) void work(String(i), 0).then(() => work(`${i} again`, 0));
  expect(await turn()).toHaveLength(200);
  expect(pending()).toBe(0);
  void work("later", 0);
  expect(await turn()).toEqual(["later"]);
});
