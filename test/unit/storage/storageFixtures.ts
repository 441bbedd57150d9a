/** Small records and machines for the tests of this folder. */

import { assert } from "../../../src/base/assert.js";
import type { Opened } from "../../../src/storage/recordFile.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { bitmapOf, type Certificate, type Statement, VOTE_KIND } from "../../../src/types/vote.js";
import { type Random, SimulatedDisk } from "../../support/simulatedFileSystem.js";
import { VirtualTime } from "../../support/virtualTime.js";

export function hashOf(value: number): Uint8Array {
  const hash = new Uint8Array(32).fill(0xa5);
  new DataView(hash.buffer).setUint32(0, value);
  return hash;
}

export const GENESIS = hashOf(1);
export const VALIDATOR = hashOf(2);
export const DIRECTORY = "/home/files";

export function notarize(view: number, blockHash: Uint8Array): Statement {
  return { kind: VOTE_KIND.notarize, epoch: 0, view, blockHash, result: ZERO_HASH };
}

export function nullify(view: number): Statement {
  return { kind: VOTE_KIND.nullify, epoch: 0, view, blockHash: ZERO_HASH, result: ZERO_HASH };
}

export function finalize(view: number, blockHash: Uint8Array, result: Uint8Array): Statement {
  return { kind: VOTE_KIND.finalize, epoch: 0, view, blockHash, result };
}

export function certificateOf(statement: Statement): Certificate {
  return {
    ...statement,
    bitmap: bitmapOf([0, 1, 3], 4),
    signatures: [1, 2, 3].map((byte) => new Uint8Array(64).fill(byte)),
  };
}

/** One machine: its disk, its time, and what its processes need to open files. */
export class Machine {
  readonly time = new VirtualTime();
  readonly disk: SimulatedDisk;

  constructor(flushDelayMs?: () => number) {
    this.disk = new SimulatedDisk({
      schedule: this.time.schedule,
      ...(flushDelayMs === undefined ? {} : { flushDelayMs }),
    });
  }

  #life = 0;

  /** The process ends; with `random`, the power fails as well. */
  end(random?: Random): void {
    this.#life++;
    if (random === undefined) this.disk.crash();
    else this.disk.powerCut(random);
  }

  /** Options of a process that starts now. */
  options() {
    const life = this.#life;
    const defer = (callback: () => void): void =>
      this.time.defer(() => {
        if (life === this.#life) callback();
      });
    return {
      fileSystem: this.disk.fileSystem(),
      directory: DIRECTORY,
      genesisHash: GENESIS,
      validatorId: VALIDATOR,
      defer,
    };
  }

  /** Opens something and waits; throws what it was refused with. */
  opened<T>(open: (answer: (outcome: Opened<T>) => void) => void): T {
    let outcome: Opened<T> | undefined;
    open((answer) => {
      outcome = answer;
    });
    this.time.runUntil(() => outcome !== undefined);
    assert(outcome !== undefined, "the outcome was waited for");
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  /** Waits for a callback that may carry an error. */
  completed(start: (done: (error: Error | undefined) => void) => void): Error | undefined {
    let outcome: { readonly error: Error | undefined } | undefined;
    start((error) => {
      outcome = { error };
    });
    this.time.runUntil(() => outcome !== undefined);
    return outcome?.error;
  }
}

/** The code of what `work` throws. */
export function codeThrown(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).name;
  }
  return undefined;
}
