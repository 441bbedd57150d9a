import { compareBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { type Infer, list, refined, struct, u8, u16 } from "../codec/schema.js";
import { publicKey } from "./primitives.js";

const weightedKey = struct({ publicKey, weight: u8 });

const policyShape = struct({
  threshold: u16,
  keys: list(weightedKey, LIMITS.keysPerPolicyMax, 1),
});

/** Keys that sign for an account: their weights must reach the threshold. Sorted, no repeats. */
export type KeyPolicy = Infer<typeof policyShape>;

function isSound(policy: KeyPolicy): boolean {
  let sum = 0;
  for (let i = 0; i < policy.keys.length; i++) {
    const key = policy.keys[i]!;
    if (key.weight === 0) return false;
    if (i > 0 && compareBytes(policy.keys[i - 1]!.publicKey, key.publicKey) >= 0) return false;
    sum += key.weight;
  }
  return policy.threshold >= 1 && policy.threshold <= sum;
}

/** Keys ascending without repeats, weights above 0, threshold between 1 and their sum. */
export const keyPolicy = refined(policyShape, isSound, "a key policy that nobody can satisfy");

/** The policy of one key that signs alone. */
export function singleKeyPolicy(key: Uint8Array): KeyPolicy {
  return { threshold: 1, keys: [{ publicKey: key, weight: 1 }] };
}
