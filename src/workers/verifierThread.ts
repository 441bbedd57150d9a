import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import type { SignatureJob } from "../crypto/interfaces.js";
import type { SlabTask } from "./slab.js";
import type { LongVerdict, VerifyWorkerData } from "./verifyWorker.js";

/** Restarts without a task done in between; after them the thread is given up. */
const MAX_RESTARTS = 3;

/**
 * One thread that checks signatures, replaced when it dies. It has a Piscina of its own: within one, a task could
 * not be given to a certain thread.
 */
export class VerifierThread {
  readonly #workerFile: string;
  readonly #data: VerifyWorkerData;
  #piscina: Piscina;
  #restarts = 0;
  #isStopped = false;

  constructor(workerFile: string, data: VerifyWorkerData) {
    this.#workerFile = workerFile;
    this.#data = data;
    this.#piscina = this.#start();
  }

  /** The thread, if it lives. */
  get worker(): Worker | undefined {
    return this.#piscina.threads[0];
  }

  /** Rejects when the thread dies or the slab is corrupt. */
  async verifySlab(task: SlabTask): Promise<void> {
    await this.#piscina.run(task, { name: "verifySlab" });
    this.#restarts = 0;
  }

  async verifyLong({ publicKey, signature, message }: SignatureJob): Promise<LongVerdict> {
    // Copies: of a view the whole buffer would travel.
    const job = {
      publicKey: publicKey.slice(),
      signature: signature.slice(),
      message: message.slice(),
    };
    const verdict: LongVerdict = await this.#piscina.run(job, { name: "verifyLong" });
    this.#restarts = 0;
    return verdict;
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#piscina.destroy();
  }

  #start(): Piscina {
    const piscina = new Piscina({
      filename: this.#workerFile,
      name: "verifySlab",
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: this.#data,
    });
    // Piscina replaces a thread that dies, unless it died while starting.
    piscina.on("error", () => this.#restartIfDead(piscina));
    piscina.on("workerDestroy", () => this.#restartIfDead(piscina));
    return piscina;
  }

  /** Starts anew when the thread is missing for good; a task of the old one fails and runs again. */
  #restartIfDead(piscina: Piscina): void {
    queueMicrotask(() => {
      if (this.#isStopped || piscina !== this.#piscina) return;
      if (piscina.threads.length > 0) return;
      if (this.#restarts < MAX_RESTARTS) {
        this.#restarts++;
        this.#piscina = this.#start();
      }
      // A task that waits for a thread to start would wait for ever: this fails it.
      void piscina.destroy();
    });
  }
}
