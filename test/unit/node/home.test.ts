// Goal: secrets of a home are its owner's also where the folder was there before, open to all.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeHome } from "../../../src/node/home.js";

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
