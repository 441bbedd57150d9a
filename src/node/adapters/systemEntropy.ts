import { randomBytes } from "node:crypto";
import type { Entropy } from "../../ports/entropy.js";

/** The operating system's random generator. A copy, so that `slice` copies as of any Uint8Array. */
export const systemEntropy: Entropy = {
  randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
};
