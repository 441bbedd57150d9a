/** Keys, accounts and validators made from names, and the parameters of small test networks. */

import { utf8 } from "../../src/base/bytes.js";
import { createNobleSigner, nobleHasher as hasher } from "../../src/crypto/noble/index.js";
import type { ChainParameters } from "../../src/types/genesis.js";
import { singleKeyPolicy } from "../../src/types/keyPolicy.js";

export const SMALL_PARAMETERS: ChainParameters = {
  deltaMs: 500,
  blockIntervalMs: 50,
  maxIdleMs: 60_000,
  retryIntervalMs: 1_000,
  inactiveAfterMs: 5_000,
  timeSkewMs: 1_000,
  maxUnfinalized: 16,
  maxBlockSizeBytes: 4_194_304,
  maxBlockCost: 1_000_000n,
  maxTimersPerBlock: 1_000,
  quotaCostPerMinute: 60_000_000n,
  quotaRows: 1_000_000,
  quotaTimers: 10_000,
  quotaChannels: 100_000,
};

/** Everything of a consortium that comes from names, below one prefix. */
export function named(prefix: string) {
  const seedOf = (name: string) => hasher.sha256(utf8(`${prefix} key ${name}`));
  const signerOf = (name: string) => createNobleSigner(seedOf(name));
  const saltOf = (name: string) => hasher.sha256(utf8(`${prefix} salt ${name}`)).slice(0, 16);
  return {
    seedOf,
    signerOf,
    saltOf,
    account: (name: string, roles = 0, keyPolicy = singleKeyPolicy(signerOf(name).publicKey)) => ({
      keyPolicy,
      salt: saltOf(name),
      blindSecret: seedOf(`${name} blind`),
      roles,
    }),
    validator: (name: string) => ({
      consensusKey: signerOf(name).publicKey,
      tlsKey: signerOf(`${name} tls`).publicKey,
      addresses: [`${name}.example:7000`],
    }),
  };
}
