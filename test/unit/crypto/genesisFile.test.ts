// Goal: a genesis file gives back the network that was written, and nothing else passes for one.
import { describe, expect, test } from "vitest";
import { encodeGenesis, readGenesis } from "../../../src/crypto/genesisFile.js";
import { nobleHasher as hasher } from "../../../src/crypto/noble/index.js";
import { genesis } from "../../support/exampleChain.js";

describe("genesis file", () => {
  const encoded = encodeGenesis(hasher, genesis);

  test("gives the network, its record and its hash", () => {
    const read = readGenesis(hasher, encoded.fileBytes);
    if (!read.ok) throw new Error(read.message);
    expect(read.value.genesis).toEqual(genesis);
    expect(read.value.recordBytes).toEqual(encoded.recordBytes);
    expect(read.value.genesisHash).toEqual(encoded.genesisHash);
  });

  test("the record tells nothing of the founding but its hash", () => {
    const record = Buffer.from(encoded.recordBytes).toString("hex");
    for (const { accounts } of genesis.organisations) {
      for (const { blindSecret, salt } of accounts) {
        expect(record).not.toContain(Buffer.from(blindSecret).toString("hex"));
        expect(record).not.toContain(Buffer.from(salt).toString("hex"));
      }
    }
  });

  test("any changed byte makes another network or no file at all", () => {
    for (let i = 0; i < encoded.fileBytes.length; i++) {
      const changed = encoded.fileBytes.slice();
      changed[i]! ^= 1;
      const read = readGenesis(hasher, changed);
      if (read.ok) expect(read.value.genesisHash).not.toEqual(encoded.genesisHash);
      else expect(read.code).toBe("MALFORMED_GENESIS");
    }
  });
});
