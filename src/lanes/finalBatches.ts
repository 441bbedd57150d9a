import type { LaneBatch } from "./types.js";

/** Kept for peers that lag by a few blocks; older ones come by range. Thrice that in memory. */
const SIZE_BYTES_MAX = 8 * 1024 * 1024;
const COUNT_MAX = 2_048;

/** Final batches of all lanes that are still served one by one, oldest first (LAN-11). */
export class FinalBatches {
  #kept: LaneBatch[] = [];
  #sizeBytes = 0;

  add(batches: readonly LaneBatch[]): void {
    for (const batch of batches) {
      this.#kept.push(batch);
      this.#sizeBytes += batch.sizeBytes;
    }
  }

  /** Answers the oldest ones that are too many, and forgets them. */
  takeSurplus(): readonly LaneBatch[] {
    let count = 0;
    while (this.#sizeBytes > SIZE_BYTES_MAX || this.#kept.length - count > COUNT_MAX) {
      this.#sizeBytes -= (this.#kept[count++] as LaneBatch).sizeBytes;
    }
    return count === 0 ? [] : this.#kept.splice(0, count);
  }
}
