// Goal: `fondaco verify-signatures` answers every line in its order, whatever comes and however it is cut,
// in every tier; it waits for slow readers and for nobody else. Method: real processes of the
// compiled command, signatures by node:crypto, reasons by construction.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.js";
import { LIMITS } from "../../src/base/limits.js";
import { SIGNATURE_TIERS } from "../../src/kernels/index.js";
import { byteStream } from "../kernels/variants.js";
import { MAIN } from "../support/commandRunner.js";
import { temporaryHome } from "../support/homes.js";

const home = temporaryHome();
const random = byteStream(59);

const PKCS8_BEGIN = Buffer.from("302e020100300506032b657004220420", "hex");
const signers = Array.from({ length: 20 }, () => {
  const der = Buffer.concat([PKCS8_BEGIN, random(32)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { secret, publicKey: spki.subarray(-32).toString("hex") };
});

interface Fields {
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

function signed(index: number): Fields {
  const { secret, publicKey } = signers[index % 20] as (typeof signers)[number];
  const message = random(index % 150);
  const signature = sign(null, message, secret).toString("hex");
  return { publicKey, message: toHex(message), signature };
}

const VALID = '{"valid":true,"reason":null}';
const wrong = (reason: string) => `{"valid":false,"reason":"${reason}"}`;

/** A number below p with no x: no point of the curve. */
const NO_POINT = `02${"00".repeat(31)}`;
const ORDER = `edd3f55c1a631258d69cf7a2def9de14${"00".repeat(15)}10`;
const good = signed(7);
const line = (changed: object) => JSON.stringify({ ...good, ...changed });
const r = good.signature.slice(0, 64);
const s = good.signature.slice(64);
const tooLong = `{"message":"${"0".repeat(LIMITS.signatureLineSizeBytesMax)}"}`;
/** A message as long as a line may have. */
const longest = (() => {
  const rest = JSON.stringify({ ...good, message: "" }).length;
  return line({ message: "ab".repeat((LIMITS.signatureLineSizeBytesMax - rest) / 2) });
})();

/** Lines, and what is answered. */
const cases: readonly (readonly [string, string])[] = [
  [line({}), VALID],
  [line({ more: { a: [1] }, signature: good.signature.toUpperCase() }), VALID],
  [`  ${line({})} \t`, VALID],
  [tooLong, wrong("LINE_TOO_LONG")],
  [longest, wrong("EQUATION_FAILED")],
  ["", wrong("EMPTY_LINE")],
  [" \t ", wrong("EMPTY_LINE")],
  ["{", wrong("MALFORMED_JSON")],
  [`${line({})},`, wrong("MALFORMED_JSON")],
  ["null", wrong("MALFORMED_JSON")],
  ["7", wrong("MALFORMED_JSON")],
  ['"text"', wrong("MALFORMED_JSON")],
  ["\u0000\ud83d\ude00", wrong("MALFORMED_JSON")],
  ["[".repeat(100_000), wrong("MALFORMED_JSON")],
  ["[]", wrong("MISSING_FIELD")],
  ["{}", wrong("MISSING_FIELD")],
  ['{"__proto__":{"publicKey":"","message":"","signature":""}}', wrong("MISSING_FIELD")],
  [line({ message: undefined }), wrong("MISSING_FIELD")],
  [line({ message: null }), wrong("NOT_HEX")],
  [line({ message: 12 }), wrong("NOT_HEX")],
  [line({ message: "abc" }), wrong("NOT_HEX")],
  [line({ message: "0g" }), wrong("NOT_HEX")],
  [line({ message: "0x00" }), wrong("NOT_HEX")],
  [line({ message: "\u0130\u0130" }), wrong("NOT_HEX")],
  [line({ publicKey: `${good.publicKey} ` }), wrong("NOT_HEX")],
  [line({ publicKey: "" }), wrong("PUBLIC_KEY_LENGTH")],
  [line({ publicKey: `${good.publicKey}00`, signature: "" }), wrong("PUBLIC_KEY_LENGTH")],
  [line({ signature: r }), wrong("SIGNATURE_LENGTH")],
  [line({ signature: r + ORDER, publicKey: NO_POINT }), wrong("S_NOT_BELOW_ORDER")],
  [line({ signature: r + "ff".repeat(32) }), wrong("S_NOT_BELOW_ORDER")],
  [line({ publicKey: NO_POINT, signature: NO_POINT + s }), wrong("KEY_NOT_A_POINT")],
  [line({ signature: NO_POINT + s }), wrong("R_NOT_A_POINT")],
  [line({ message: "00" }), wrong("EQUATION_FAILED")],
  [line({ publicKey: signers[3]?.publicKey }), wrong("EQUATION_FAILED")],
  [line({}), VALID],
];

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, "verify-signatures", ...args], { cwd: home });
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Runs the command with `input`, which is sent in pieces of sizes that `size` gives. */
async function run(args: readonly string[], input: Buffer, size = () => input.length) {
  const child = start(...args);
  const ended = once(child, "close");
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  for (let at = 0; at < input.length; ) {
    const end = Math.min(input.length, at + size());
    if (!child.stdin.write(input.subarray(at, end))) await once(child.stdin, "drain");
    at = end;
  }
  child.stdin.end();
  const [code] = await ended;
  return { code, stdout: await stdout, stderr: await stderr };
}

describe("fondaco verify-signatures", () => {
  test.each(SIGNATURE_TIERS)(
    "says of each line what is wrong with it, in order, tier %s",
    async (tier) => {
      const expected = cases.map(([, answer]) => `${answer}\n`).join("");
      for (const [between, last] of [
        ["\n", "\n"],
        ["\r\n", ""],
      ]) {
        const input = Buffer.from(cases.map(([text]) => text).join(between) + last);
        const ran = await run(["--tier", tier], input);
        expect(ran.stdout).toBe(expected);
        expect(ran.code).toBe(0);
        expect(ran.stderr).toMatch(
          /^35 lines: 4 valid, 31 not \(1 LINE_TOO_LONG, .*\); \d+ a second\n$/,
        );
      }
    },
  );

  test("answers the same however its input is cut", async () => {
    const few = cases.filter(([text]) => text.length < 2_000);
    const all = [...few, ...few, ...few];
    const input = Buffer.from(all.map(([text]) => `${text}\n`).join(""));
    const expected = all.map(([, answer]) => `${answer}\n`).join("");
    for (const most of [1, 40, 1_000, 30_000]) {
      const size = () => 1 + (((random(2)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % most);
      const { stdout } = await run([], input, size);
      expect(stdout).toBe(expected);
    }
  });

  test.each(SIGNATURE_TIERS)(
    "reads 100,000 lines of a file, tier %s",
    async (tier) => {
      const path = join(home, "many.jsonl");
      const distinct = Array.from({ length: 500 }, (_, i) => {
        const fields = signed(i);
        return JSON.stringify(i % 9 === 4 ? { ...fields, message: `${fields.message}00` } : fields);
      });
      // One by one, and in search of so many wrong ones, takes ten times as long.
      const count = tier === "single" || tier === "batch" ? 10_000 : 100_000;
      const indexes = Array.from({ length: count }, (_, i) => (i * 7 + (i >> 9)) % 500);
      writeFileSync(path, indexes.map((i) => `${distinct[i]}\n`).join(""));
      const { code, stdout, stderr } = await run(["--json", "--tier", tier, path], Buffer.alloc(0));
      expect(code).toBe(0);
      const answers = stdout.split("\n");
      expect(answers.pop()).toBe("");
      expect(answers).toEqual(indexes.map((i) => (i % 9 === 4 ? wrong("EQUATION_FAILED") : VALID)));
      const invalid = indexes.filter((i) => i % 9 === 4).length;
      const summary = JSON.parse(stderr);
      expect(summary).toEqual({
        lines: count,
        valid: count - invalid,
        invalid,
        reasons: { EQUATION_FAILED: invalid },
        perSecond: expect.any(Number),
      });
      expect(summary.perSecond).toBeGreaterThan(100);
    },
    60_000,
  );

  test("answers who types a line before the next one comes", async () => {
    const child = start("-");
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (let i = 0; i < 12; i++) {
      const text = JSON.stringify(signed(i));
      child.stdin.write(text.slice(0, 50 * i));
      child.stdin.write(`${text.slice(50 * i)}\n`);
      expect((await answers.next()).value).toBe(VALID);
    }
    child.stdin.end(JSON.stringify(signed(1)));
    expect((await answers.next()).value).toBe(VALID);
    expect(await once(child, "close")).toEqual([0, null]);
  });

  test.runIf(process.platform === "linux")(
    "holds little while its reader is slow",
    async () => {
      const count = 1_500_000;
      const path = join(home, "empty.jsonl");
      writeFileSync(path, "\n".repeat(count));
      const child = start(path);
      const total = count * (wrong("EMPTY_LINE").length + 1);
      let taken = 0;
      let most = 0;
      for await (const chunk of child.stdout) {
        const before = taken;
        taken += (chunk as Buffer).length;
        // The process lives: it has not yet written all.
        if (before < total / 2 && taken >= total / 2) {
          const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
          most = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
        }
      }
      expect(taken).toBe(total);
      // Half of the answers are 28 MB; a process that holds none of them has about 100 MiB.
      expect(most).toBeGreaterThan(30);
      expect(most).toBeLessThan(160);
    },
    60_000,
  );

  test("ends quietly when its reader goes away, while input comes and while none does", async () => {
    for (const isBusy of [true, false]) {
      const child = start();
      const ended = once(child, "close");
      const stderr = textOf(child.stderr);
      child.stdin.on("error", () => {});
      const text = `${JSON.stringify(good)}\n`;
      child.stdin.write(isBusy ? text.repeat(50_000) : text);
      await once(child.stdout, "data");
      child.stdout.destroy();
      if (!isBusy) child.stdin.write(text);
      expect(await ended).toEqual([0, null]);
      expect(await stderr).toBe("");
    }
  });

  test("says what it cannot read, and what it was not asked rightly", async () => {
    const missing = await run(["no.jsonl"], Buffer.alloc(0));
    expect(missing).toEqual({
      code: 1,
      stdout: "",
      stderr: "fondaco: no.jsonl cannot be read: it does not exist (FILE_UNREADABLE)\n",
    });
    const directory = await run([home, "--json"], Buffer.alloc(0));
    expect(directory.code).toBe(1);
    expect(JSON.parse(directory.stdout).error.code).toBe("FILE_UNREADABLE");
    const tier = await run(["--tier", "fast"], Buffer.alloc(0));
    expect(tier).toMatchObject({ code: 1, stdout: "" });
    expect(tier.stderr).toContain("Allowed choices are auto, batch, comb, single");
    const nothing = await run([], Buffer.alloc(0));
    expect(nothing).toMatchObject({ code: 0, stdout: "" });
    expect(nothing.stderr).toMatch(/^0 lines: 0 valid, 0 not; 0 a second\n$/);
  });

  test("takes no folder on standard input for nothing to check", () => {
    const folder = openSync(home, "r");
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "verify-signatures"], {
      stdio: [folder, "pipe", "pipe"],
      encoding: "utf8",
    });
    closeSync(folder);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^fondaco: standard input cannot be read: EISDIR \(FILE_UNREADABLE\)\n$/,
    );
  });

  test.runIf(process.platform === "linux")("says that answers are lost on a full disk", () => {
    for (const count of [1, 20_000]) {
      const path = join(home, "good.jsonl");
      writeFileSync(path, `${JSON.stringify(good)}\n`.repeat(count));
      const full = openSync("/dev/full", "w");
      const { status, stderr } = spawnSync(process.execPath, [MAIN, "verify-signatures", path], {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      closeSync(full);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /standard output cannot be written: ENOSPC[^\n]+ \(OUTPUT_UNWRITABLE\)\n$/,
      );
    }
  });

  test("tells every reason in its help", async () => {
    const { stdout } = await run(["--help"], Buffer.alloc(0));
    const reasons = new Set(cases.flatMap(([, answer]) => /[A-Z_]{6,}/.exec(answer)?.[0] ?? []));
    expect(reasons.size).toBe(11);
    for (const reason of reasons) expect(stdout).toContain(`\n  ${reason} `);
  });
});
