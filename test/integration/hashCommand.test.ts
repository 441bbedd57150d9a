// Goal: `fondaco hash` gives the digests of other tools for files and pipes, and says what is wrong.
// Method: real processes of the compiled command; node:crypto and noble as judges.
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../src/base/bytes.js";
import { CommandUser, MAIN } from "../support/commandRunner.js";
import { temporaryHome } from "../support/homes.js";

const user = new CommandUser(temporaryHome());
const large = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 7 + (i >> 9)) & 255);
writeFileSync(join(user.home, "abc"), "abc");
writeFileSync(join(user.home, "empty"), "");
writeFileSync(join(user.home, "large"), large);
writeFileSync(join(user.home, "two\nlines"), "abc");
mkdirSync(join(user.home, "folder"));

const digestOf = (algorithm: string, bytes: Uint8Array) =>
  algorithm === "blake3" ? toHex(blake3(bytes)) : createHash(algorithm).update(bytes).digest("hex");

/** Output of the command with `input` on its standard input. */
function piped(args: readonly string[], input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [MAIN, "hash", ...args], (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.end(input);
  });
}

describe("fondaco hash", () => {
  test("writes what sha256sum writes, by default SHA-256", async () => {
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(await user.run(["hash", "abc"])).toEqual({
      code: 0,
      stdout: `${abc}  abc\n`,
      stderr: "",
    });
    expect((await user.run(["hash", "two\nlines"])).stdout).toBe(`\\${abc}  two\\nlines\n`);
    expect(await piped([], utf8("abc"))).toBe(`${abc}  -\n`);
  });

  test.each(["sha256", "sha512", "blake3"])(
    "%s of files and of a pipe",
    async (algorithm) => {
      for (const [file, bytes] of [
        ["empty", new Uint8Array()],
        ["large", large],
      ] as const) {
        const digest = digestOf(algorithm, bytes);
        expect(await user.json(["hash", "--alg", algorithm, file])).toEqual({
          algorithm,
          digest,
          sizeBytes: bytes.length,
          file,
        });
        expect(await piped(["--alg", algorithm, "-"], bytes)).toBe(`${digest}  -\n`);
      }
    },
    60_000,
  );

  test("a folder on standard input is no empty file", () => {
    const folder = openSync(join(user.home, "folder"), "r");
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "hash"], {
      stdio: [folder, "pipe", "pipe"],
      encoding: "utf8",
    });
    closeSync(folder);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^fondaco: standard input is a directory[^\n]+ \(IS_DIRECTORY\)\n$/);
  });

  test.each([
    [["nothing"], "FILE_UNREADABLE"],
    [["folder"], "IS_DIRECTORY"],
    [["--alg", "md5", "abc"], "BAD_OPTION"],
  ])("CLI-1: hash %j is %s", async (args, code) => {
    const text = await user.run(["hash", ...args]);
    expect([text.code, text.stdout]).toEqual([1, ""]);
    expect(text.stderr).toMatch(new RegExp(`^fondaco: [^\\n]+ \\(${code}\\)\\n$`));
    const json = await user.run(["hash", ...args, "--json"]);
    expect(json.code).toBe(1);
    expect((JSON.parse(json.stdout) as { error: { code: string } }).error.code).toBe(code);
  });
});
