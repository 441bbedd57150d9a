/** Looks at the nodes once a second during a run. */

import type { FondacoClient } from "../client/index.js";
import { processListeningOn, useOf } from "./machineFacts.js";

export interface NodeSample {
  /** Seconds after the start of sampling. */
  readonly second: number;
  readonly height: number;
  readonly pending: number;
  readonly pendingMax: number;
  readonly batchesInFlight: number;
  /** Of the node's process, where it runs on this machine. */
  readonly rssMiB: number | null;
  readonly cpuS: number | null;
}

export interface SampledNode {
  readonly url: string;
  readonly client: FondacoClient;
}

const PERIOD_MS = 1_000;

function localPortOf(url: string): number | undefined {
  const { hostname, port } = new URL(url);
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return isLocal && port !== "" ? Number(port) : undefined;
}

export class Sampler {
  readonly samples: NodeSample[][];
  readonly #pids: readonly (number | undefined)[];
  readonly #timer: NodeJS.Timeout;
  readonly #startMs = performance.now();
  #isBusy = false;

  constructor(readonly nodes: readonly SampledNode[]) {
    this.samples = nodes.map(() => []);
    this.#pids = nodes.map(({ url }) => {
      const port = localPortOf(url);
      return port === undefined ? undefined : processListeningOn(port);
    });
    void this.#sample();
    this.#timer = setInterval(() => void this.#sample(), PERIOD_MS);
  }

  async #sample(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await Promise.all(this.nodes.map((_, i) => this.#sampleNode(i)));
    this.#isBusy = false;
  }

  async #sampleNode(i: number): Promise<void> {
    const second = Math.round((performance.now() - this.#startMs) / 100) / 10;
    const pid = this.#pids[i];
    const use = pid === undefined ? undefined : useOf(pid);
    try {
      const { at, load } = await (this.nodes[i] as SampledNode).client.call("node.status", {});
      (this.samples[i] as NodeSample[]).push({
        second,
        height: at.height,
        pending: load.pendingTransactions,
        pendingMax: load.pendingTransactionsMax,
        batchesInFlight: load.ownBatchesInFlight,
        rssMiB: use?.rssMiB ?? null,
        cpuS: use?.cpuS ?? null,
      });
    } catch {
      // A node that does not answer leaves a gap; the checks after the run say what is wrong.
    }
  }

  /** Looks once more, so that the last sample is of the end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sample();
  }
}
