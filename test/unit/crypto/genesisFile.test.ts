// Goal: a genesis file gives back the network that was written, and nothing else passes for one.
import { describe, expect, test } from "vitest";
import { encodeGenesis, readGenesis } from "../../../src/crypto/genesisFile.js";
import { nobleHasher as hasher } from "../../../src/crypto/noble/index.js";
import { type ChainParameters, PARAMETER_RANGES } from "../../../src/types/genesis.js";
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
      else expect(["MALFORMED_GENESIS", "PARAMETER_OUT_OF_RANGE"]).toContain(read.code);
    }
  });

  test("each parameter has a range; what is outside is refused with its name and range", () => {
    const read = (name: string, value: number) => {
      const former = genesis.parameters[name as keyof ChainParameters];
      const changed = typeof former === "bigint" ? BigInt(value) : value;
      const parameters = { ...genesis.parameters, [name]: changed };
      return readGenesis(hasher, encodeGenesis(hasher, { ...genesis, parameters }).fileBytes);
    };
    const ranges = Object.entries(PARAMETER_RANGES);
    expect(ranges.map(([name]) => name)).toEqual(Object.keys(genesis.parameters));
    for (const [name, [min, max]] of ranges) {
      for (const value of [min, max]) expect(read(name, value).ok, name).toBe(true);
      for (const value of min === 0 ? [max + 1] : [min - 1, max + 1]) {
        expect(read(name, value)).toMatchObject({
          code: "PARAMETER_OUT_OF_RANGE",
          message: `${name} is ${value}, allowed are ${min} to ${max}`,
        });
      }
    }
  });
});
