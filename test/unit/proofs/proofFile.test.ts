import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError } from "../../../src/base/assert.js";
import { concatBytes, equalBytes, hexBytes, toHex } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { decode } from "../../../src/codec/schema.js";
import type { SignatureJob } from "../../../src/crypto/interfaces.js";
import { nobleHasher as hasher } from "../../../src/crypto/noble/nobleHasher.js";
import { nobleBatchVerifier } from "../../../src/crypto/noble/nobleSignatures.js";
import {
  makeProofFile,
  makeReceiptProofFile,
  PROOF_MAGIC,
  type ProofJudgement,
  ProofTooLargeError,
  verifyProofFile,
} from "../../../src/proofs/index.js";
import { encodeProofFile, type ProofContent, proofFile } from "../../../src/proofs/proofFile.js";
import * as chain from "../../support/exampleChain.js";

// Flipping every bit of three files asks for the same valid signatures again and again: a verdict
// is a function of its job, so it is kept. Every other job is really checked.
const known = new Map<string, boolean>();
const batchVerifier = {
  verify: (jobs: readonly SignatureJob[]) =>
    jobs.map((job) => {
      const key = toHex(concatBytes(job.publicKey, job.signature, job.message));
      const verdict = known.get(key) ?? nobleBatchVerifier.verify([job])[0] === true;
      if (verdict) known.set(key, verdict);
      return verdict;
    }),
};
const tools = { hasher, batchVerifier };
const files = chain.exampleProofFiles();
const fileOf = (name: string) => {
  const file = files.get(name);
  if (file === undefined) throw new Error(`no proof file ${name}`);
  return file;
};
const judge = (file: Uint8Array) => verifyProofFile(file, chain.genesisHash, tools);
const contentOf = (file: Uint8Array) =>
  decode(proofFile, file.subarray(PROOF_MAGIC.length)).content;
const codeOf = (judgement: ProofJudgement) => (judgement.valid ? "valid" : judgement.reasonCode);
/** The file with another content and a right checksum. */
const rewritten = (name: string, change: (content: ProofContent) => ProofContent) =>
  codeOf(judge(encodeProofFile(hasher, change(contentOf(fileOf(name))))));

function withSum(file: Uint8Array): Uint8Array {
  const body = file.subarray(0, file.length - 32);
  return concatBytes(body, hasher.sha256(body));
}

describe("proof files", () => {
  it("prove a receipt with its transaction and events from its own block's certificate", () => {
    const judgement = judge(fileOf("receipt-certified"));
    if (!judgement.valid) throw new Error(judgement.reason);
    const { verdict } = judgement;
    expect(verdict.height).toBe(2);
    expect(verdict.certifiedHeight).toBe(2);
    expect(verdict.signers).toEqual([0, 2, 3]);
    expect(verdict.validatorCount).toBe(4);
    expect(verdict.networkName).toBe("example");
    const [claim] = verdict.claims;
    if (claim?.kind !== "receipt") throw new Error("a receipt was claimed");
    expect(claim.receipt.txId).toEqual(chain.transactions[0]?.txId);
    expect(claim.transaction?.nonce).toBe(1n);
    expect(claim.events.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(verdict.statements[1]).toContain("was applied at index 1 of block 2");
    expect(verdict.assumptions.join(" ")).toContain("At most 1 of the 4 consensus keys");
  });

  it("prove a receipt of an earlier block through the header after it", () => {
    const judgement = judge(fileOf("receipt-earlier"));
    if (!judgement.valid) throw new Error(judgement.reason);
    expect(judgement.verdict.height).toBe(2);
    expect(judgement.verdict.certifiedHeight).toBe(6);
    const [claim] = judgement.verdict.claims;
    if (claim?.kind !== "receipt") throw new Error("a receipt was claimed");
    expect(claim.events.map(({ index }) => index)).toEqual([1]);
    expect(claim.transaction).toBeUndefined();
    expect(judgement.verdict.statements[1]).toContain("failed and changed nothing with code 301");
  });

  it("prove rows and the absence of a row", () => {
    const judgement = judge(fileOf("rows"));
    if (!judgement.valid) throw new Error(judgement.reason);
    expect(judgement.verdict.height).toBe(5);
    expect(judgement.verdict.claims.map(({ kind }) => kind)).toEqual([
      "rowPresent",
      "rowPresent",
      "rowPresent",
      "rowAbsent",
    ]);
    expect(judgement.verdict.assumptions.join(" ")).toContain("may have changed since");
  });

  it("are made from the parts that a validator answers", () => {
    const block = chain.blockAt(2);
    const certified = chain.blockAt(2);
    const content = contentOf(fileOf("receipt-certified"));
    const [claim] = content.claims;
    if (claim?.kind !== "receipt") throw new Error("a receipt was claimed");
    const file = makeReceiptProofFile(
      hasher,
      chain.genesisBytes,
      {
        block,
        result: block.result,
        executed: { receipt: block.receipts[1]!, events: block.events[1]! },
        receiptPath: claim.value.path,
        certified: { block: certified, certificate: certified.finalization },
        historyPath: [],
      },
      chain.transactions[0]?.bodyBytes,
    );
    expect(file).toEqual(fileOf("receipt-certified"));
  });

  for (const [name, file] of files) {
    it(`fail when any bit of ${name} is flipped`, () => {
      const survivors: string[] = [];
      for (let at = 0; at < file.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = file.slice();
          changed[at]! ^= 1 << bit;
          if (judge(changed).valid) survivors.push(`${at}.${bit}`);
        }
      }
      expect(survivors).toEqual([]);
    });
  }

  // The checksum notices accidents. What a forger changes has to fail without it: here it is right.
  for (const [name, file] of files) {
    it(`fail when a byte of ${name} is changed and the checksum made right again`, () => {
      const original = contentOf(file);
      const absent = original.claims.filter((claim) => claim.kind === "rowAbsent");
      const survivors: number[] = [];
      for (let at = 0; at < file.length - 32; at++) {
        const changed = file.slice();
        changed[at]! ^= 1 << (at % 8);
        const judgement = judge(withSum(changed));
        if (judgement.valid) survivors.push(at);
      }
      // The key of an absence may be another that is absent too: a true statement about that key.
      for (const at of survivors) {
        const changed = file.slice();
        changed[at]! ^= 1 << (at % 8);
        const claims = contentOf(withSum(changed)).claims.filter(
          ({ kind }) => kind === "rowAbsent",
        );
        expect(claims.length).toBe(1);
        expect(claims).not.toEqual(absent);
        const present = chain.publicRows.map(({ table, key }) => `${table} ${toHex(key)}`);
        for (const claim of claims) {
          if (claim.kind !== "rowAbsent") throw new Error("an absence was claimed");
          const { table, key } = claim.value;
          expect(present).not.toContain(`${table} ${toHex(key)}`);
          expect(`${table} ${toHex(key)}`).not.toBe(`2 ${toHex(new Uint8Array([]))}`);
        }
      }
      expect(survivors.length).toBeLessThanOrEqual(name === "rows" ? 3 : 0);
    });
  }

  it("are refused by name when they would be too large", () => {
    const block = chain.blockAt(2);
    const parts = {
      genesisBytes: chain.genesisBytes,
      certified: { header: block.header, certificate: block.finalization },
      subject: block,
      claims: contentOf(fileOf("receipt-certified")).claims,
    };
    const genesisBytes = new Uint8Array(LIMITS.proofFileSizeBytesMax + 1);
    expect(() => makeProofFile(hasher, { ...parts, genesisBytes })).toThrow(ProofTooLargeError);
    const row = new Uint8Array(LIMITS.proofFileSizeBytesMax - 100);
    const value = {
      table: 1,
      key: row.subarray(0, 1),
      row,
      blind: new Uint8Array(16),
      siblings: [],
    };
    const claims = [{ kind: "rowPresent" as const, value }];
    expect(() => makeProofFile(hasher, { ...parts, claims })).toThrow(ProofTooLargeError);
    // A certificate says nothing about later blocks, nor about blocks far below without a successor.
    const early = { header: chain.blockAt(1).header, certificate: chain.blockAt(1).finalization };
    expect(() => makeProofFile(hasher, { ...parts, certified: early })).toThrow(AssertionError);
    const late = { header: chain.blockAt(6).header, certificate: chain.blockAt(6).finalization };
    expect(() => makeProofFile(hasher, { ...parts, certified: late })).toThrow(AssertionError);
  });

  it("fail when cut, lengthened, empty or of any other bytes, and never throw", () => {
    const file = fileOf("receipt-earlier");
    for (let length = 0; length < file.length; length += 7) {
      expect(judge(file.subarray(0, length)).valid).toBe(false);
    }
    expect(codeOf(judge(concatBytes(file, Uint8Array.of(0))))).toBe("PROOF_MALFORMED");
    expect(codeOf(judge(new Uint8Array()))).toBe("PROOF_MAGIC");
    expect(codeOf(judge(new Uint8Array(LIMITS.proofFileSizeBytesMax + 1)))).toBe("PROOF_TOO_LARGE");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(judge(concatBytes(PROOF_MAGIC, bytes)).valid).toBe(false);
      }),
    );
  });
});

describe("forged proof files, each with its reason", () => {
  const zero = new Uint8Array(32);

  it("another network, or a genesis record that is not its own", () => {
    const file = fileOf("rows");
    expect(codeOf(verifyProofFile(file, zero, tools))).toBe("PROOF_OTHER_NETWORK");
    const lied = (content: ProofContent): ProofContent => ({
      ...content,
      genesis: content.genesis.slice(0, -1),
    });
    expect(rewritten("rows", lied)).toBe("PROOF_GENESIS");
  });

  it("a checkpoint, or epochs: room that no reader accepts yet", () => {
    const value = { genesisHash: chain.genesisHash, epoch: 0, height: 1, blockHash: zero };
    const anchored = (content: ProofContent): ProofContent => ({
      ...content,
      anchor: { kind: "checkpoint", value },
    });
    expect(rewritten("rows", anchored)).toBe("PROOF_UNSUPPORTED");
    expect(rewritten("rows", (content) => ({ ...content, epochs: [zero] }))).toBe(
      "PROOF_UNSUPPORTED",
    );
  });

  it("a certificate of another block, another kind, too few, too many or repeated votes", () => {
    const block = chain.blockAt(2);
    const certified = (certificate: ProofContent["certified"]["certificate"]) =>
      rewritten("receipt-certified", (content) => ({
        ...content,
        certified: { header: content.certified.header, certificate },
      }));
    const { finalization } = block;
    expect(certified(finalization)).toBe("valid");
    expect(certified(chain.certificateOf(finalization, [1, 2, 3]))).toBe("valid");
    expect(certified(chain.blockAt(3).finalization)).toBe("PROOF_CERTIFICATE");
    expect(certified(chain.certificateOf({ ...finalization, kind: 1 }, [0, 2, 3]))).toBe(
      "PROOF_CERTIFICATE",
    );
    expect(certified(chain.certificateOf(finalization, [0, 2]))).toBe("PROOF_CERTIFICATE");
    expect(certified(chain.certificateOf(finalization, [0, 1, 2, 3]))).toBe("PROOF_CERTIFICATE");
    const [first, , third] = finalization.signatures;
    const repeated = { ...finalization, signatures: [first!, first!, third!] };
    expect(certified(repeated)).toBe("PROOF_CERTIFICATE");
    const slack = { ...finalization, bitmap: Uint8Array.of(finalization.bitmap[0]! | 0x10) };
    expect(certified(slack)).toBe("PROOF_CERTIFICATE");
    const longer = { ...finalization, bitmap: Uint8Array.of(finalization.bitmap[0]!, 0) };
    expect(certified(longer)).toBe("PROOF_CERTIFICATE");
  });

  it("a result, a block or a history that was not certified", () => {
    const result = chain.blockAt(3).result;
    expect(rewritten("receipt-certified", (content) => ({ ...content, result }))).toBe(
      "PROOF_RESULT",
    );
    const other = chain.blockAt(3).header;
    expect(
      rewritten("receipt-earlier", (content) => ({
        ...content,
        earlier: { header: other, successor: content.earlier?.successor },
      })),
    ).toBe("PROOF_HISTORY");
    expect(
      rewritten("receipt-earlier", (content) => ({
        ...content,
        earlier: {
          header: content.earlier!.header,
          successor: { header: chain.blockAt(3).header, path: [zero] },
        },
      })),
    ).toBe("PROOF_HISTORY");
    // The certified block is not the child of block 2, so it says nothing about its result.
    expect(
      rewritten("receipt-earlier", (content) => ({
        ...content,
        earlier: { header: content.earlier!.header, successor: undefined },
      })),
    ).toBe("PROOF_HISTORY");
  });

  it("a header of another network, version or epoch", () => {
    const changes = [{ genesisHash: zero }, { protocolVersion: 2 }, { epoch: 1 }, { height: 0 }];
    for (const change of changes) {
      const code = rewritten("receipt-certified", (content) => ({
        ...content,
        certified: {
          ...content.certified,
          header: { ...content.certified.header, ...change },
        },
      }));
      expect(code).toBe("PROOF_HEADER");
    }
  });

  it("a receipt, a transaction or an event of something else", () => {
    const receiptClaim = (content: ProofContent) => {
      const [claim] = content.claims;
      if (claim?.kind !== "receipt") throw new Error("a receipt was claimed");
      return claim.value;
    };
    type ReceiptClaim = ReturnType<typeof receiptClaim>;
    const forged = (change: (claim: ReceiptClaim) => ReceiptClaim) =>
      rewritten("receipt-certified", (content) => ({
        ...content,
        claims: [{ kind: "receipt", value: change(receiptClaim(content)) }],
      }));
    expect(forged((claim) => claim)).toBe("valid");
    expect(forged((claim) => ({ ...claim, receipt: { ...claim.receipt, code: 1 } }))).toBe(
      "PROOF_RECEIPT",
    );
    expect(forged((claim) => ({ ...claim, path: claim.path.slice(1) }))).toBe("PROOF_RECEIPT");
    const body = chain.transactions[1]!.bodyBytes;
    expect(forged((claim) => ({ ...claim, body }))).toBe("PROOF_TRANSACTION");
    expect(forged((claim) => ({ ...claim, body: hexBytes("00") }))).toBe("PROOF_TRANSACTION");
    const reversed = (claim: ReceiptClaim) => ({ ...claim, events: [...claim.events].reverse() });
    expect(forged(reversed)).toBe("PROOF_EVENT");
    const repeated = (claim: ReceiptClaim) => ({
      ...claim,
      events: [claim.events[0]!, claim.events[0]!],
    });
    expect(forged(repeated)).toBe("PROOF_EVENT");
  });

  it("an absence of a row that is there, and a presence of one that is not", () => {
    const [present] = contentOf(fileOf("rows")).claims;
    if (present?.kind !== "rowPresent") throw new Error("a row was claimed");
    const { table, key, siblings, row, blind } = present.value;
    const forged = (claim: ProofContent["claims"][number]) =>
      rewritten("rows", (content) => ({ ...content, claims: [claim] }));
    for (const depth of [siblings.length, siblings.length - 1]) {
      const value = { table, key, siblings: siblings.slice(0, depth), terminal: undefined };
      expect(forged({ kind: "rowAbsent", value })).toBe("PROOF_ROW");
    }
    const changed = { table, key, siblings, row: hexBytes("00"), blind };
    expect(forged({ kind: "rowPresent", value: changed })).toBe("PROOF_ROW");
    const elsewhere = { table: table + 1, key, siblings, row, blind };
    expect(forged({ kind: "rowPresent", value: elsewhere })).toBe("PROOF_ROW");
    expect(equalBytes(chain.publicRows[0]!.row, row)).toBe(true);
  });
});
