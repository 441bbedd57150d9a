/** The worked example of src/storage/README.md is what the code writes, byte by byte. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { SafetyFile } from "../../../src/storage/safetyFile.js";
import { SafetyVoteSigner } from "../../../src/storage/safetyVoteSigner.js";
import { DIRECTORY, Machine, notarize } from "./storageFixtures.js";

function exampleOfReadme(): string {
  const readme = readFileSync(new URL("../../../src/storage/README.md", import.meta.url), "utf8");
  const block = /```hex\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  // Each line: offset, two spaces, bytes, two or more spaces and words.
  return block
    .split("\n")
    .map((line) => (line.trim().split(/\s{2,}/)[1] ?? "").replaceAll(" ", ""))
    .join("");
}

it("a safety file with one vote", () => {
  const machine = new Machine();
  const place = {
    ...machine.options(),
    genesisHash: new Uint8Array(32).fill(0x11),
    validatorId: new Uint8Array(32).fill(0x22),
  };
  const safetyFile = machine.opened<SafetyFile>((answer) => SafetyFile.open(place, answer));
  const signer = new SafetyVoteSigner({
    safetyFile,
    signer: { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    hasher: nobleHasher,
    genesisHash: place.genesisHash,
    voter: 0,
    failed: (error) => {
      throw error;
    },
  });
  const statement = notarize(1, new Uint8Array(32).fill(0x33));
  signer.cast({ statement, certificates: [], isProposal: true }, () => {});
  machine.time.run();
  const bytes = machine.disk.contentOf(`${DIRECTORY}/safety-00000001.seg`);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  expect(toHex(bytes.subarray(0, end))).toBe(exampleOfReadme());
  expect(bytes).toHaveLength(4 * 1024 * 1024);
});
