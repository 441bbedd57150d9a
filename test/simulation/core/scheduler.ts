/**
 * Virtual time. Events run in the order (time, sequence number): nothing in a simulated world runs
 * except through here, so one seed has one history.
 */

interface Entry {
  readonly atMs: number;
  readonly seq: number;
  action: (() => void) | undefined;
}

export class Scheduler {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #seq = 0;
  #executed = 0;

  /** Milliseconds since the world began; may have a fraction. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get executed(): number {
    return this.#executed;
  }

  /** Runs `action` once after `delayMs`; the result cancels. */
  after(delayMs: number, action: () => void): () => void {
    const entry: Entry = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      seq: this.#seq++,
      action,
    };
    this.#push(entry);
    return () => {
      entry.action = undefined;
    };
  }

  /** Runs the next event; false when there is none up to `untilMs` (time then stands there). */
  step(untilMs: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#pop();
      if (first.action === undefined) continue;
      this.#nowMs = first.atMs;
      this.#executed++;
      const action = first.action;
      first.action = undefined;
      action();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
