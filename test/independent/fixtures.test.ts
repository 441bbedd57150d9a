// Goal: the READMEs are enough to implement the formats. Method: verifier.mjs, written from them alone, decodes
// every example of the fixtures, recomputes every digest and root, and judges the proof files.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fixturePath, repositoryPath } from "../support/data.js";

type Json = ReturnType<typeof JSON.parse>;

const VERIFIER = repositoryPath("test", "independent", "verifier.mjs");
type Exported = (...values: unknown[]) => Json;
type Names =
  | "ascii"
  | "blockHash"
  | "checkCertificate"
  | "decode"
  | "isSigned"
  | "keyed"
  | "leafHash"
  | "listRoot"
  | "resultHash"
  | "rootByPath"
  | "rootsByPath"
  | "rowPath"
  | "sha"
  | "stateRoot"
  | "tagged"
  | "treeKey"
  | "validatorsOf"
  | "verifyProof"
  | "voteDigest";
const verifier = (await import(VERIFIER)) as Record<Names, Exported> & {
  definitions: Record<string, string>;
  rawOf: WeakMap<object, string>;
};
const { decode, sha, ascii, leafHash, listRoot, keyed, rowPath, stateRoot } = verifier;
const fixtures = JSON.parse(readFileSync(fixturePath("formats.json"), "utf8")) as Json;
const { digests, lists, stateTree } = fixtures;
const worked = (name: string): Json => {
  const { hex } = fixtures.types[name].examples[0];
  return { hex, value: decode(name, hex) };
};
const raw = (value: object) => verifier.rawOf.get(value);
const proofNames = readdirSync(fixturePath("proofs"));
const proofHex = (name: string) => readFileSync(fixturePath("proofs", name)).toString("hex");

describe("the independent verifier", () => {
  it("has at most 300 lines, and imports nothing of src/", () => {
    const text = readFileSync(VERIFIER, "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(300);
    const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map((match) => match[1]);
    expect(imports.filter((name) => !/^(node:(fs|url)|@noble\/)/.test(name ?? ""))).toEqual([]);
    expect(text).not.toMatch(/\b(import|require)\(/);
  });

  for (const section of ["types", "messages", "proofs", "operations", "events", "rows"]) {
    it(`decodes every example of ${section} to its value, and no damaged one`, () => {
      let count = 0;
      for (const [name, record] of Object.entries<Json>(fixtures[section])) {
        count += record.examples.length;
        for (const { hex, value } of record.examples) {
          expect(decode(record.notation, hex), name).toEqual(value);
          expect(() => decode(record.notation, `${hex}00`), name).toThrow("trailing");
          if (hex === "") continue;
          expect(() => decode(record.notation, hex.slice(0, -2)), name).toThrow();
        }
        const defined = verifier.definitions[name];
        if (section === "types" || section === "proofs") expect(defined).toBe(record.notation);
      }
      expect(count).toBeGreaterThan(20);
    });
  }

  it("refuses what is not in its only form", () => {
    expect(() => decode("bytes<0..10>", "8100aa")).toThrow("shortest");
    expect(() => decode("bytes<0..10>", "808080808001")).toThrow("five");
    expect(() => decode("list<u8, 0..1>", "020000")).toThrow("bounds");
    expect(() => decode("list<u8, 1..2>", "00")).toThrow("bounds");
    expect(() => decode("bool", "02")).toThrow("code");
    expect(() => decode("option<u8>", "0200")).toThrow("code");
    expect(() => decode("codes<1|2>", "03")).toThrow("code");
    expect(() => decode("codes<1|2>", "02")).not.toThrow();
    expect(() => decode("union { a: u8 b: u8 }", "0200")).toThrow("bounds");
    expect(() => decode("text<0..9>", "01ff")).toThrow();
    expect(() => decode("count", "0000000000002000")).toThrow("count");
    expect(() => decode("u16", "01")).toThrow("truncated");
    const entry = `0000${"01".padEnd(16, "0")}${"01".padEnd(16, "0")}${"00".repeat(32)}`;
    expect(() => decode("cut", `01${entry}`)).not.toThrow();
    expect(() => decode("cut", `02${entry}${entry}`)).toThrow("rule of cut");
  });

  it("makes every digest and checks every signature of the example chain", () => {
    const network = digests.genesisHash;
    const genesis = worked("genesisRecord");
    expect(sha(genesis.hex)).toBe(network);
    expect(sha(worked("founding").hex)).toBe(genesis.value.foundingHash);
    const validators = verifier.validatorsOf(genesis.value);

    const { body, witnesses } = worked("transaction").value;
    expect(sha(network, raw(body))).toBe(digests.transactionId);
    expect(ascii("fondaco/tx/1...") + digests.transactionId).toBe(digests.transactionSignBytes);
    const [{ publicKey, signature }] = witnesses;
    const { isSigned } = verifier;
    expect(isSigned(publicKey, signature, "fondaco/tx/1...", digests.transactionId)).toBe(true);
    expect(isSigned(publicKey, signature, "fondaco/tx/2...", digests.transactionId)).toBe(false);

    const batch = worked("batch").value;
    expect(sha(raw(batch.body))).toBe(digests.batchHash);
    expect(ascii("fondaco/batch/1") + digests.batchHash).toBe(digests.batchSignBytes);
    const author = validators[0].consensusKey;
    expect(isSigned(author, batch.signature, "fondaco/batch/1", digests.batchHash)).toBe(true);
    expect(batch.body.transactions).toContain(worked("transaction").hex);

    const { header, cut } = worked("block").value;
    const result = worked("blockResult").value;
    expect(verifier.blockHash(header)).toBe(digests.blockHash);
    expect(verifier.tagged("fondaco/cut/1..", cut)).toBe(digests.cutRoot);
    expect(header.cutRoot).toBe(digests.cutRoot);
    expect(verifier.resultHash(result)).toBe(digests.resultHash);
    expect(result.blockHash).toBe(digests.blockHash);

    const certificate = worked("certificate").value;
    expect([certificate.blockHash, certificate.result]).toEqual([
      digests.blockHash,
      digests.resultHash,
    ]);
    expect(verifier.voteDigest(network, certificate)).toBe(digests.voteDigest);
    expect(ascii("fondaco/vote/1.") + digests.voteDigest).toBe(digests.voteSignBytes);
    expect(() => verifier.checkCertificate(network, validators, certificate)).not.toThrow();
    expect(() => verifier.checkCertificate("00".repeat(32), validators, certificate)).toThrow();
    const vote = worked("vote").value;
    const voter = validators[vote.voter].consensusKey;
    expect(isSigned(voter, vote.signature, "fondaco/vote/1.", digests.voteDigest)).toBe(true);
  });

  it("makes the ids of accounts, validators and objects", () => {
    const network = digests.genesisHash;
    const { accountId, validatorId, objectId } = digests;
    const number = (value: number) => value.toString(16).padStart(2, "0").padEnd(8, "0");
    const account = [number(accountId.organisation), accountId.keyPolicy, accountId.salt].join("");
    expect(sha(ascii("fondaco/acct/1."), network, account)).toBe(accountId.value);
    const validator = number(validatorId.organisation) + validatorId.consensusKey;
    expect(sha(ascii("fondaco/vldtr/1"), network, validator)).toBe(validatorId.value);
    const kind = number(objectId.kind).slice(0, 4);
    const object = objectId.creator + kind + objectId.clientId;
    expect(sha(ascii("fondaco/objct/1"), object)).toBe(objectId.value);
    const organisation = worked("genesisRecord").value.organisations[0];
    expect(raw(worked("founding").value.accounts[0][1].keyPolicy)).toBe(accountId.keyPolicy);
    expect(organisation.validators[0].consensusKey).toBe(validatorId.consensusKey);
  });

  it("makes the blind of an event, and its leaf", () => {
    const { secret, position, value, leaf } = digests.eventBlind;
    expect(keyed("evbld", secret, position).slice(0, 32)).toBe(value);
    const { hex, value: event } = worked("event");
    expect(event.blind).toBe(value);
    expect(leafHash(hex)).toBe(leaf);
  });

  it("has tags of 15 bytes without repeats", () => {
    const tags = Object.values<Json>(digests.tags).flatMap((group) => Object.values<string>(group));
    expect(tags.filter((tag) => tag.length !== 15)).toEqual([]);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("makes the roots and walks the paths of lists and of history", () => {
    const { leaves, roots, inclusionPaths, consistencyPaths, history } = lists;
    for (let n = 0; n <= leaves.length; n++) expect(listRoot(leaves.slice(0, n))).toBe(roots[n]);
    const size = leaves.length;
    for (const [index, path] of inclusionPaths.entries()) {
      const leaf = leafHash(leaves[index]);
      expect(verifier.rootByPath(leaf, index, size, path)).toBe(roots[size]);
    }
    for (const [i, path] of consistencyPaths.entries()) {
      const found = verifier.rootsByPath(i + 1, size, path, roots[i + 1]);
      expect(found).toEqual([roots[i + 1], roots[size]]);
    }
    expect(listRoot(history.leaves)).toBe(history.root);
    expect(history.leaves[0]).toBe(digests.genesisHash);
    expect(history.leaves[2]).toBe(digests.blockHash);
    // Seven leaves: the edge holds subtrees of four, two and one.
    expect(history.edge).toEqual([
      listRoot(history.leaves.slice(0, 4)),
      listRoot(history.leaves.slice(4, 6)),
      listRoot(history.leaves.slice(6)),
    ]);
  });

  it("makes the hashes of the state tree and walks its paths", () => {
    const { keys, rows, rootsOfFirstRows, proofs } = stateTree;
    for (const [name, key] of Object.entries(keys)) expect(verifier.treeKey(name)).toBe(key);
    const keyBytes = ({ table, key }: Json) =>
      `${table.toString(16).padStart(2, "0")}00${(key.length / 2).toString(16).padStart(2, "0")}${key}`;
    for (const row of rows) {
      expect(rowPath(keyBytes(row), row.key)).toBe(row.path);
      expect(keyed("value", row.blind, row.row)).toBe(row.valueHash);
      expect(keyed("leaf", row.path, row.valueHash)).toBe(row.leaf);
    }
    expect(rootsOfFirstRows[0]).toBe("00".repeat(32));
    expect(rootsOfFirstRows[1]).toBe(rows[0].leaf);
    for (const proof of proofs) {
      expect(rowPath(keyBytes(proof), proof.key)).toBe(proof.path);
      expect(stateRoot(proof.path, proof.siblings, proof.terminal)).toBe(rootsOfFirstRows[3]);
      const row = rows.find(({ path }: Json) => path === proof.path);
      if (row === undefined) expect(proof.terminal?.path).not.toBe(proof.path);
      else expect(proof.terminal).toEqual({ path: row.path, valueHash: row.valueHash });
    }
    expect(proofs.length).toBe(rows.length + 2);
  });

  it("reads ids and amounts in text", () => {
    // Bech32 (BIP 173) with the constant of BIP 350, over the 32 bytes in groups of five bits.
    const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const polymod = (values: number[]) => {
      const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
      return values.reduce((sum, value) => {
        const shifted = ((sum & 0x1ffffff) << 5) ^ value;
        return generators.reduce((x, g, i) => (((sum >>> 25) >> i) & 1 ? x ^ g : x), shifted);
      }, 1);
    };
    const prefixes: Record<string, string> = { account: "fa", validator: "fv", object: "fo" };
    for (const { kind, hex, text } of fixtures.text.ids) {
      const prefix = prefixes[kind] as string;
      expect(text.slice(0, 3)).toBe(`${prefix}1`);
      const data = [...text.slice(3)].map((letter) => letters.indexOf(letter));
      const codes = [...prefix].map((letter) => letter.charCodeAt(0));
      const expanded = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
      expect(polymod([...expanded, ...data])).toBe(0x2bc830a3);
      const bits = data.slice(0, -6).map((group) => group.toString(2).padStart(5, "0"));
      expect(BigInt(`0b${bits.join("").slice(0, 256)}`)).toBe(BigInt(`0x${hex}`));
    }
    for (const { minorUnits, scale, text } of fixtures.text.amounts) {
      const [whole, fraction = ""] = text.split(".");
      expect(fraction.length).toBe(scale);
      expect(BigInt(whole + fraction).toString()).toBe(minorUnits);
    }
  });

  it("judges the three proof files as valid, also from its command line", () => {
    expect(proofNames.length).toBe(3);
    const heights = proofNames.map((name) => {
      const path = fixturePath("proofs", name);
      const words = execFileSync(process.execPath, [
        VERIFIER,
        path,
        digests.genesisHash,
      ]).toString();
      expect(words).toMatch(/^valid: [14] claims? about block [25]/);
      return verifier.verifyProof(proofHex(name), digests.genesisHash).height;
    });
    expect(heights).toEqual(["2", "2", "5"]);
    expect(() => verifier.verifyProof(proofHex("rows.bin"), "00".repeat(32))).toThrow("anchor");
  });

  it("refuses them with any byte changed, the checksum made right again or not", () => {
    for (const name of proofNames) {
      const file = proofHex(name);
      const survivors: number[] = [];
      // One byte in 37 here; the tests of proofs/ flip every bit.
      for (let at = 0; at < file.length; at += 2 * 37) {
        const byte = Number.parseInt(file.slice(at, at + 2), 16) ^ (1 << ((at / 2) % 8));
        const hex = byte.toString(16).padStart(2, "0");
        const changed = file.slice(0, at) + hex + file.slice(at + 2);
        expect(() => verifier.verifyProof(changed, digests.genesisHash)).toThrow();
        const body = changed.slice(0, -64);
        try {
          verifier.verifyProof(body + sha(body), digests.genesisHash);
          if (at < file.length - 64) survivors.push(at);
        } catch {
          // It has to be refused.
        }
      }
      // Table and key of the absence: a proof may be true of another absent key (proofs/README.md).
      expect(survivors.length).toBeLessThanOrEqual(name === "rows.bin" ? 3 : 0);
    }
  });
});
