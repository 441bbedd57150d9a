/** What every {@link Transport} promises its validator. */

import { describe, expect, it } from "vitest";
import type { TrafficClass, Transport } from "../../src/ports/transport.js";

export interface TransportHarness {
  /** One for each validator, by index, not started. */
  readonly transports: readonly Transport[];
  /** Called once after all have been started. */
  started(): Promise<void>;
  /** Virtual time: runs until `isDone`. Absent where events come by themselves. */
  readonly drive?: (isDone: () => boolean) => void;
  /** Stops those that the test has not stopped. */
  close(running: readonly Transport[]): Promise<void>;
}

/** A validator that only listens. It fails on an event that comes out of turn. */
class Listener {
  readonly connected = new Set<number>();
  readonly events: string[] = [];
  readonly received: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  readonly faults: string[] = [];
  isStopped = false;

  constructor(
    readonly transport: Transport,
    readonly wake: () => void,
  ) {}

  start(): void {
    this.transport.start({
      connected: (peer) => {
        if (this.connected.has(peer)) this.faults.push(`${peer} connected twice`);
        this.connected.add(peer);
        this.#event(`+${peer}`);
      },
      disconnected: (peer, reason) => {
        if (!this.connected.delete(peer)) this.faults.push(`${peer} was not connected`);
        if (reason === "") this.faults.push("no reason");
        this.#event(`-${peer}`);
      },
      message: (from, bytes) => {
        if (!this.connected.has(from)) this.faults.push(`a message of ${from}, not connected`);
        this.received.push({ from, bytes });
        this.#event("message");
      },
    });
  }

  bytesOf(peer: number): Uint8Array[] {
    return this.received.filter(({ from }) => from === peer).map(({ bytes }) => bytes);
  }

  #event(event: string): void {
    if (this.isStopped) this.faults.push(`${event} after stop`);
    if (event !== "message") this.events.push(event);
    this.wake();
  }
}

class Contract {
  readonly listeners: readonly Listener[];
  readonly #harness: TransportHarness;
  #waiter: (() => void) | undefined;

  constructor(harness: TransportHarness) {
    this.#harness = harness;
    this.listeners = harness.transports.map(
      (transport) => new Listener(transport, () => this.wake()),
    );
  }

  wake(): void {
    this.#waiter?.();
  }

  async start(): Promise<void> {
    for (const listener of this.listeners) listener.start();
    await this.#harness.started();
    await this.until(() => this.allConnected());
  }

  allConnected(): boolean {
    return this.listeners.every(({ connected }) => connected.size === this.listeners.length - 1);
  }

  until(isDone: () => boolean): Promise<void> {
    if (this.#harness.drive !== undefined) {
      this.#harness.drive(isDone);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const look = () => {
        if (!isDone()) return;
        this.#waiter = undefined;
        resolve();
      };
      this.#waiter = look;
      look();
    });
  }
}

/** A message of `size` bytes whose first two tell class and number. */
function message(traffic: TrafficClass, number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size).map((_, i) => (i * 31 + number) & 255);
  // Variants of a batch and of a lane status: kinds that may be long.
  bytes[0] = traffic === "bulk" ? 7 : 3;
  bytes[1] = number >> 8;
  bytes[2] = number & 255;
  return bytes;
}

export function transportContract(
  name: string,
  create: (validatorCount: number) => Promise<TransportHarness>,
): void {
  describe(`${name} as a Transport`, () => {
    async function using(
      validatorCount: number,
      body: (contract: Contract, listeners: readonly Listener[]) => Promise<void>,
    ): Promise<void> {
      const harness = await create(validatorCount);
      const contract = new Contract(harness);
      try {
        await contract.start();
        await body(contract, contract.listeners);
        for (const { faults } of contract.listeners) expect(faults).toEqual([]);
      } finally {
        const running = contract.listeners.filter(({ isStopped }) => !isStopped);
        await harness.close(running.map(({ transport }) => transport));
      }
    }

    it("connects every pair once, and says so on both sides", () =>
      using(4, async (_, listeners) => {
        listeners.forEach(({ events }, index) => {
          const others = [0, 1, 2, 3].filter((peer) => peer !== index);
          expect([...events].sort()).toEqual(others.map((peer) => `+${peer}`));
        });
      }));

    it("takes nothing for itself, a stranger, or before it is connected", async () => {
      const harness = await create(2);
      const bytes = message("control", 0, 8);
      expect(harness.transports[0]?.send(1, bytes, "control")).toBe(false);
      await harness.close([]);
      await using(2, async (_, [a]) => {
        expect(a?.transport.send(0, bytes, "control")).toBe(false);
        expect(a?.transport.send(50, bytes, "bulk")).toBe(false);
      });
    });

    it("carries each class unaltered and in order, both ways", () =>
      using(2, async (contract, listeners) => {
        const sent: Record<TrafficClass, Uint8Array[]> = { control: [], bulk: [] };
        for (let i = 0; i < 300; i++) {
          sent.control.push(message("control", i, 3 + ((i * 37) % 2_000)));
          if (i % 10 === 0) sent.bulk.push(message("bulk", i, 3 + i * 1_000));
        }
        listeners.forEach(({ transport }, index) => {
          for (const traffic of ["control", "bulk"] as const) {
            for (const bytes of sent[traffic]) {
              expect(transport.send(1 - index, bytes, traffic)).toBe(true);
            }
          }
        });
        await contract.until(() => listeners.every(({ received }) => received.length === 330));
        listeners.forEach((listener, index) => {
          for (const traffic of ["control", "bulk"] as const) {
            const kind = traffic === "bulk" ? 7 : 3;
            const got = listener.bytesOf(1 - index).filter(([first]) => first === kind);
            expect(got.length).toBe(sent[traffic].length);
            got.forEach((bytes, i) => {
              expect(Buffer.compare(bytes, sent[traffic][i] as Uint8Array)).toBe(0);
            });
          }
        });
      }));

    it("cuts a peer off, tells both sides, and lets it come back after the time", () =>
      using(3, async (contract, listeners) => {
        const [a, b, c] = listeners as [Listener, Listener, Listener];
        a.transport.disconnect(1, "it lied", 50);
        expect(a.transport.send(1, message("control", 0, 8), "control")).toBe(false);
        await contract.until(() => a.events.includes("-1") && b.events.includes("-0"));
        await contract.until(() => contract.allConnected());
        expect(a.events.slice(-2)).toEqual(["-1", "+1"]);
        expect(c.events.length).toBe(2);
        expect(b.transport.send(0, message("bulk", 1, 8), "bulk")).toBe(true);
        await contract.until(() => a.received.length === 1);
      }));

    it("stops: its peers learn of it, it hears and sends nothing more", () =>
      using(3, async (contract, listeners) => {
        const [a, b, c] = listeners as [Listener, Listener, Listener];
        a.transport.stop(() => {
          a.isStopped = true;
          contract.wake();
        });
        await contract.until(() => a.isStopped && b.connected.size === 1 && c.connected.size === 1);
        expect(a.transport.send(1, message("control", 0, 8), "control")).toBe(false);
        expect(b.transport.send(0, message("control", 0, 8), "control")).toBe(false);
        expect(b.transport.send(2, message("control", 0, 8), "control")).toBe(true);
        await contract.until(() => c.received.length === 1);
      }));
  });
}
