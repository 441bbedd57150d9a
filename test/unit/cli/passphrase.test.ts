// Goal: a passphrase comes from a file that nobody else can read.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { passphrase } from "../../../src/cli/context.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fondaco-passphrase-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("the first line is taken; a file that others can read is refused by name", () => {
  const passphraseFile = join(directory, "secret");
  writeFileSync(passphraseFile, "correct horse\nnever read\n", { mode: 0o600 });
  expect(passphrase({ passphraseFile })).toBe("correct horse");
  chmodSync(passphraseFile, 0o640);
  expect(() => passphrase({ passphraseFile })).toThrow(/can be read by others; run: chmod 600/);
  chmodSync(passphraseFile, 0o600);
  writeFileSync(passphraseFile, "\n");
  expect(() => passphrase({ passphraseFile })).toThrow(/first line .* is empty/);
  expect(() => passphrase({ passphraseFile: join(directory, "none") })).toThrow(/cannot be read/);
});
