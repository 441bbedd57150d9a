// Goal: secrets of a home are its owner's also where the folder was there before, open to all; a
// genesis file whose network could not work is refused in words.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_PARAMETERS } from "../../../src/cli/network/networkPlan.js";
import { encodeGenesis } from "../../../src/crypto/genesisFile.js";
import { nobleHasher } from "../../../src/crypto/noble/index.js";
import { readGenesis, writeHome } from "../../../src/node/home.js";
import { genesis } from "../../support/exampleChain.js";

test("the founding of accounts, with their blind secrets, is readable by its owner only", () => {
  const parent = mkdtempSync(join(tmpdir(), "fondaco-home-"));
  try {
    const home = join(parent, "validator-0");
    mkdirSync(home);
    chmodSync(home, 0o755);
    writeHome(
      home,
      {
        version: 1,
        validator: 0,
        mesh: { host: "127.0.0.1", port: 0 },
        gateway: { host: "127.0.0.1", port: 0 },
        mode: "scoped",
        listener: "auto",
        workers: 0,
      },
      new Uint8Array(8),
    );
    expect(statSync(join(home, "genesis.bin")).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test("GENESIS_PARAMETER names parameter and range; the default parameters are within", () => {
  const fileOf = (parameters: typeof DEFAULT_PARAMETERS) =>
    encodeGenesis(nobleHasher, { ...genesis, parameters }).fileBytes;
  expect(readGenesis(fileOf(DEFAULT_PARAMETERS), "genesis.bin").genesis.parameters).toEqual(
    DEFAULT_PARAMETERS,
  );
  const wrong = fileOf({ ...DEFAULT_PARAMETERS, blockIntervalMs: 0 });
  expect(() => readGenesis(wrong, "genesis.bin")).toThrowError(
    expect.objectContaining({
      detail: { code: "GENESIS_PARAMETER" },
      message:
        "genesis.bin: blockIntervalMs is 0, allowed are 1 to 60000; " +
        "correct the parameter and make the network anew",
    }),
  );
});
