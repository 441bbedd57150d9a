// Goal: flushes are shared as far as their callers can wait, each caller is answered once, in order,
// and by a flush that began after it had called.
import { describe, expect, it } from "vitest";
import type { FlushDone } from "../../../src/ports/fileSystem.js";
import { GroupCommit } from "../../../src/storage/groupCommit.js";
import { seededRandom } from "../../support/virtualTime.js";

/** A disk whose flushes end when told, and a clock with timers that fire when told. */
class Bench {
  readonly answered: string[] = [];
  flushes = 0;
  running: FlushDone | undefined;
  turns: (() => void)[] = [];
  timers: (() => void)[] = [];
  readonly commits: GroupCommit;

  constructor(isPaced = true) {
    const pace = {
      pauseMs: 8,
      after: (delayMs: number, callback: () => void) => {
        expect(delayMs).toBe(8);
        this.timers.push(callback);
      },
    };
    this.commits = new GroupCommit(
      (callback) => this.turns.push(callback),
      (done) => {
        expect(this.running).toBeUndefined();
        this.flushes++;
        this.running = done;
      },
      isPaced ? pace : undefined,
    );
  }

  ask(name: string, canWait: boolean): void {
    this.commits.flush(() => this.answered.push(name), canWait);
  }

  endTurn(): void {
    for (const callback of this.turns.splice(0)) callback();
  }

  endFlush(): void {
    const done = this.running;
    this.running = undefined;
    done?.(undefined);
  }

  fire(): void {
    for (const callback of this.timers.splice(0)) callback();
  }
}

describe("callers of a flush", () => {
  it("that can wait begin one at once when nothing happened for a while", () => {
    const bench = new Bench();
    bench.ask("a", true);
    bench.endTurn();
    bench.endFlush();
    expect(bench.answered).toEqual(["a"]);
    bench.fire();
    bench.ask("b", true);
    bench.endTurn();
    bench.endFlush();
    expect(bench.answered).toEqual(["a", "b"]);
  });

  it("that can wait share one after the pause", () => {
    const bench = new Bench();
    bench.ask("a", true);
    bench.endTurn();
    bench.ask("during", true);
    bench.endFlush();
    bench.ask("b", true);
    bench.ask("c", true);
    bench.endTurn();
    expect([bench.flushes, bench.answered]).toEqual([1, ["a"]]);
    bench.fire();
    bench.endFlush();
    expect([bench.flushes, bench.answered]).toEqual([2, ["a", "during", "b", "c"]]);
  });

  it("that cannot wait take the others along", () => {
    const bench = new Bench();
    bench.ask("a", true);
    bench.endTurn();
    bench.endFlush();
    bench.ask("b", true);
    bench.ask("vote", false);
    bench.endTurn();
    // The pause of the first flush ends while the second one runs: it begins none.
    bench.fire();
    bench.endFlush();
    expect([bench.flushes, bench.answered]).toEqual([2, ["a", "b", "vote"]]);
  });

  it("that cannot wait get the next flush at once when one is under way", () => {
    const bench = new Bench();
    bench.ask("a", true);
    bench.endTurn();
    bench.ask("vote", false);
    bench.endFlush();
    expect(bench.flushes).toBe(2);
    bench.endFlush();
    expect(bench.answered).toEqual(["a", "vote"]);
  });

  it.each([true, false])(
    "are all answered, in order and never too early (paced: %s)",
    (isPaced) => {
      for (let seed = 0; seed < 200; seed++) {
        const random = seededRandom(seed);
        const bench = new Bench(isPaced);
        const asked: string[] = [];
        const flushesBefore: number[] = [];
        for (let i = 0; i < 60; i++) {
          const choice = random();
          if (choice < 0.4) {
            asked.push(`${asked.length}`);
            flushesBefore.push(bench.flushes);
            bench.ask(asked.at(-1)!, choice < 0.3);
          } else if (choice < 0.6) bench.endTurn();
          else if (choice < 0.85) bench.endFlush();
          else bench.fire();
          // Whoever is answered had a whole flush after the call.
          bench.answered.forEach((_, at) => {
            expect(bench.flushes).toBeGreaterThan(flushesBefore[at]!);
          });
          expect(bench.answered).toEqual(asked.slice(0, bench.answered.length));
        }
        for (let i = 0; i < 6; i++) {
          bench.endTurn();
          bench.endFlush();
          bench.fire();
        }
        expect(bench.answered).toEqual(asked);
      }
    },
  );
});
