// Goal: a key file gives its seed to who knows the passphrase, and nothing to anybody else.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { KeyDirectory } from "../../../src/cli/keys/keyDirectory.js";
import { makeKeyFile, newSeed, openKeyFile, parseKeyFile } from "../../../src/cli/keys/keyFile.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fondaco-keys-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function codeOfThrown(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe("CLI-3, CLI-4: key file", () => {
  test("encrypted: opens with its passphrase only, and does not show the seed", () => {
    const seed = newSeed();
    const file = makeKeyFile("alice", seed, "correct horse");
    const text = JSON.stringify(file);
    expect(text).not.toContain(toHex(seed));
    expect(openKeyFile(parseKeyFile(text, "alice"), "correct horse")).toEqual(seed);
    expect(codeOfThrown(() => openKeyFile(file, "wrong horse"))).toBe("PASSPHRASE_WRONG");
    expect(codeOfThrown(() => openKeyFile(file, undefined))).toBe("PASSPHRASE_NEEDED");
  });

  test("a file under another name or public key does not open", () => {
    const file = makeKeyFile("alice", newSeed(), "secret");
    const other = makeKeyFile("mallory", newSeed(), undefined);
    expect(codeOfThrown(() => openKeyFile({ ...file, name: "bob" }, "secret"))).toBe(
      "PASSPHRASE_WRONG",
    );
    expect(
      codeOfThrown(() => openKeyFile({ ...other, publicKey: file.publicKey }, undefined)),
    ).toBe("KEY_MALFORMED");
  });

  test("a directory keeps keys with mode 0600 and refuses what others can read", () => {
    const keys = new KeyDirectory(join(directory, "keys"));
    expect(keys.names()).toEqual([]);
    keys.write(makeKeyFile("bob", newSeed(), undefined));
    keys.write(makeKeyFile("alice", newSeed(), undefined));
    expect(keys.names()).toEqual(["alice", "bob"]);
    const path = join(keys.path, "bob.key.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keys.read("bob").name).toBe("bob");
    chmodSync(path, 0o644);
    expect(codeOfThrown(() => keys.read("bob"))).toBe("KEY_EXPOSED");
    expect(codeOfThrown(() => keys.read("carol"))).toBe("KEY_MISSING");
    expect(codeOfThrown(() => keys.read("../bob"))).toBe("KEY_NAME");
  });

  test("a key is never written over another", () => {
    const keys = new KeyDirectory(directory);
    keys.write(makeKeyFile("bob", newSeed(), undefined));
    const before = readFileSync(join(directory, "bob.key.json"), "utf8");
    expect(codeOfThrown(() => keys.write(makeKeyFile("bob", newSeed(), undefined)))).toBe(
      "KEY_EXISTS",
    );
    expect(readFileSync(join(directory, "bob.key.json"), "utf8")).toBe(before);
  });

  test("malformed files are named, not trusted", () => {
    expect(codeOfThrown(() => parseKeyFile("{", "x"))).toBe("KEY_MALFORMED");
    expect(codeOfThrown(() => parseKeyFile('{"version":2}', "x"))).toBe("KEY_MALFORMED");
  });
});
