/**
 * Sends signed payments by a fixed schedule: an open loop. A payment that is due is sent, however many
 * are unanswered; one that could not be sent in time is sent late and counts from when it was due.
 */

import { type RawData, WebSocket } from "ws";
import { assert, present } from "../base/assert.js";
import { ENDING, type OutcomeArrays, type Outcomes } from "./outcomes.js";
import { dueCount } from "./schedule.js";

export interface GeneratorOptions extends OutcomeArrays {
  /** `ws://host:port/ws` of each node. */
  readonly urls: readonly string[];
  readonly rate: number;
  readonly count: number;
  readonly byNode: readonly Uint32Array[];
  readonly texts: readonly Uint8Array[];
  readonly entrySizeBytes: number;
  readonly connectionsPerNode: number;
  /** What is due is gathered for so long and sent as one `tx.submitMany`. */
  readonly tickMs: number;
  /** How long a node keeps a request open for its last payment to become final. */
  readonly waitMs: number;
  /** Of so many requests one is sent twice, the second asking for "admitted"; 0 for none. */
  readonly admittedSample: number;
  /** After the last payment, unanswered requests are waited for so long. */
  readonly drainMs: number;
}

export interface GeneratorProgress {
  readonly elapsedMs: number;
  readonly sent: number;
  readonly ended: number;
}

/** Payments of a node by their position in its schedule. */
interface Group {
  readonly node: number;
  readonly positions: readonly number[];
  readonly wait: "admitted" | "final";
  /** Asks a second time, only to learn when the same bytes are admitted. */
  readonly isSecond: boolean;
}

interface Socket {
  readonly socket: WebSocket;
  readonly groups: Map<number, Group>;
}

interface ErrorJson {
  readonly data?: { readonly name?: unknown; readonly retryAfterMs?: unknown };
}

interface Entry {
  readonly status?: unknown;
  readonly outcome?: unknown;
  readonly codeName?: unknown;
  readonly error?: ErrorJson;
}

/** As the gateway's limit of `tx.submitMany`. */
const GROUP_MAX = 1_000;
const ERROR_NAMES_MAX = 200;
const PROGRESS_MS = 1_000;
/** Time between opening the sockets and the first payment. */
const START_DELAY_MS = 100;

function open(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}

class Generator {
  readonly #nextOfNode: number[];
  readonly #errorNames: string[] = [];
  readonly #codes = new Map<string, number>();
  #sockets: Socket[][] = [];
  #lastId = 0;
  #requests = 0;
  #startMs = 0;
  #sent = 0;
  #ended = 0;
  #overloaded = 0;
  #overloadedWithoutRetry = 0;
  #retryAfterMsSum = 0;
  #lostSockets = 0;
  #isOver = false;

  constructor(
    readonly options: GeneratorOptions,
    readonly progress: (progress: GeneratorProgress) => void,
  ) {
    this.#nextOfNode = options.urls.map(() => 0);
  }

  async run(): Promise<Omit<Outcomes, keyof OutcomeArrays>> {
    const { urls, connectionsPerNode } = this.options;
    this.#sockets = await Promise.all(
      urls.map((url) =>
        Promise.all(Array.from({ length: connectionsPerNode }, async () => this.#socket(url))),
      ),
    );
    this.#startMs = performance.now() + START_DELAY_MS;
    await this.#sendAll();
    await this.#drain();
    this.#isOver = true;
    for (const { socket } of this.#sockets.flat()) socket.close();
    return {
      errorNames: this.#errorNames,
      overloaded: this.#overloaded,
      overloadedWithoutRetry: this.#overloadedWithoutRetry,
      retryAfterMsSum: this.#retryAfterMsSum,
      lostSockets: this.#lostSockets,
    };
  }

  async #socket(url: string): Promise<Socket> {
    const socket = await open(url);
    const made: Socket = { socket, groups: new Map() };
    socket.on("message", (data) => this.#received(made, data));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#isOver) return;
      // What it had open stays open: whether those took effect is asked afterwards.
      this.#lostSockets++;
      for (const { isSecond, positions } of made.groups.values()) {
        if (!isSecond) this.#ended += positions.length;
      }
      made.groups.clear();
    });
    return made;
  }

  #nowUs(): number {
    return (performance.now() - this.#startMs) * 1_000;
  }

  #sendAll(): Promise<void> {
    const { rate, count, tickMs } = this.options;
    let reportedMs = 0;
    return new Promise((resolve) => {
      const tick = () => {
        const elapsedMs = performance.now() - this.#startMs;
        this.#sendDue(dueCount(elapsedMs, rate, count));
        if (elapsedMs - reportedMs >= PROGRESS_MS) {
          reportedMs = elapsedMs;
          this.progress({ elapsedMs, sent: this.#sent, ended: this.#ended });
        }
        if (this.#sent < count) setTimeout(tick, tickMs);
        else resolve();
      };
      tick();
    });
  }

  /** Sends all payments below `due`. Each node's list is in order, so a cursor is enough. */
  #sendDue(due: number): void {
    this.options.byNode.forEach((payments, node) => {
      let next = this.#nextOfNode[node] as number;
      while (next < payments.length && (payments[next] as number) < due) {
        const positions: number[] = [];
        while (
          positions.length < GROUP_MAX &&
          next < payments.length &&
          (payments[next] as number) < due
        ) {
          positions.push(next++);
        }
        this.#requests++;
        const { admittedSample } = this.options;
        const isSample = admittedSample > 0 && this.#requests % admittedSample === 0;
        const nowUs = this.#nowUs();
        for (const at of positions) this.options.sentUs[payments[at] as number] = nowUs;
        this.#sent += positions.length;
        const id = ++this.#lastId;
        const sockets = (this.#sockets[node] as Socket[]).filter(({ socket }) => isOpen(socket));
        const socket = sockets[id % Math.max(1, sockets.length)];
        if (socket === undefined) this.#ended += positions.length;
        else {
          this.#send(socket, id, { node, positions, wait: "final", isSecond: false });
          if (!isSample) continue;
          const second = ++this.#lastId;
          this.#send(socket, second, { node, positions, wait: "admitted", isSecond: true });
        }
      }
      this.#nextOfNode[node] = next;
    });
  }

  #send(chosen: Socket, id: number, group: Group): void {
    const { node, positions, wait } = group;
    chosen.groups.set(id, group);
    const { texts, entrySizeBytes, waitMs } = this.options;
    const text = present(texts[node], "each node has its texts");
    const entries = positions.map((at) =>
      text.subarray(at * entrySizeBytes, (at + 1) * entrySizeBytes),
    );
    const last = entries.length - 1;
    entries[last] = (entries[last] as Uint8Array).subarray(0, entrySizeBytes - 1);
    const head = `{"jsonrpc":"2.0","id":${id},"method":"tx.submitMany","params":{"wait":"${wait}","timeoutMs":${waitMs},"txs":[`;
    const message = Buffer.concat([Buffer.from(head), ...entries, Buffer.from("]}}")]);
    chosen.socket.send(message, { binary: false });
  }

  #received(socket: Socket, data: RawData): void {
    const nowUs = this.#nowUs();
    const message = JSON.parse(String(data)) as {
      readonly id?: unknown;
      readonly result?: { readonly items?: readonly Entry[] };
      readonly error?: ErrorJson;
    };
    if (typeof message.id !== "number") return;
    const group = socket.groups.get(message.id);
    if (group === undefined) return;
    socket.groups.delete(message.id);
    const { error } = message;
    const items = message.result?.items;
    const isWhole = items?.length === group.positions.length;
    const payments = this.options.byNode[group.node] as Uint32Array;
    group.positions.forEach((at, i) => {
      const k = payments[at] as number;
      const entry: Entry = isWhole ? (items[i] as Entry) : { error: error ?? {} };
      if (group.isSecond) this.#noteAdmitted(k, entry, nowUs);
      else this.#end(k, entry, nowUs);
    });
  }

  #noteAdmitted(k: number, { error }: Entry, nowUs: number): void {
    if (error !== undefined) return;
    const { ending, admittedUs } = this.options;
    admittedUs[k] = nowUs;
    // The first request was refused and the second one taken: how it ends is asked afterwards.
    if ((ending[k] as number) >= ENDING.firstError) ending[k] = ENDING.open;
  }

  #end(k: number, { status, outcome, codeName, error }: Entry, nowUs: number): void {
    const { ending, endedUs } = this.options;
    this.#ended++;
    if (error !== undefined) {
      const name = typeof error.data?.name === "string" ? error.data.name : "NO_ANSWER";
      // The node could not say in time how it ends: it is asked again after the run.
      if (name === "WAIT_TIMEOUT" || name === "NO_ANSWER") return;
      if (name === "OVERLOADED") this.#noteOverload(error.data?.retryAfterMs);
      if ((this.options.admittedUs[k] as number) > 0) return;
      ending[k] = this.#codeOf(name);
    } else if (status === "final" && outcome === "applied") ending[k] = ENDING.applied;
    else if (status === "expired") ending[k] = ENDING.expired;
    else ending[k] = this.#codeOf(`${String(outcome)}:${String(codeName)}`);
    endedUs[k] = nowUs;
  }

  #noteOverload(retryAfterMs: unknown): void {
    this.#overloaded++;
    if (typeof retryAfterMs === "number" && retryAfterMs > 0) this.#retryAfterMsSum += retryAfterMs;
    else this.#overloadedWithoutRetry++;
  }

  #codeOf(name: string): number {
    let code = this.#codes.get(name);
    if (code === undefined) {
      assert(this.#errorNames.length < ERROR_NAMES_MAX, "a node has few names of errors");
      code = ENDING.firstError + this.#errorNames.length;
      this.#errorNames.push(name);
      this.#codes.set(name, code);
    }
    return code;
  }

  async #drain(): Promise<void> {
    const deadlineMs = performance.now() + this.options.drainMs;
    let reportedMs = performance.now();
    while (this.#ended < this.options.count && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (performance.now() - reportedMs < PROGRESS_MS) continue;
      reportedMs = performance.now();
      const elapsedMs = reportedMs - this.#startMs;
      this.progress({ elapsedMs, sent: this.#sent, ended: this.#ended });
    }
  }
}

/** Sends everything, waits for the answers; times and endings are written into the arrays given. */
export function generate(
  options: GeneratorOptions,
  progress: (progress: GeneratorProgress) => void,
): Promise<Omit<Outcomes, keyof OutcomeArrays>> {
  return new Generator(options, progress).run();
}
