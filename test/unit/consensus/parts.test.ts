import { describe, expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { concatBytes, utf8 } from "../../../src/base/bytes.js";
import {
  type CertificateRules,
  isWellFormed,
  makeCertificate,
  verifyCertificate,
} from "../../../src/consensus/certificates.js";
import { VotePool } from "../../../src/consensus/viewRecord.js";
import { HistoryLog } from "../../../src/merkle/historyLog.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { type Statement, statementKey, VOTE_KIND } from "../../../src/types/vote.js";
import { TestNetwork } from "../validator/harness.js";
import { GENESIS_HASH, hasher, seats, signVote, verifier } from "../validator/records.js";

const SEATS = seats(4);
const RULES: CertificateRules = {
  genesisHash: GENESIS_HASH,
  consensusKeys: SEATS.map(({ consensusKey }) => consensusKey),
  quorum: 3,
  hasher,
  batchVerifier: verifier,
  acceptsOneLess: false,
};
const BLOCK = hasher.sha256(utf8("block"));
const NOTARIZE: Statement = {
  kind: VOTE_KIND.notarize,
  epoch: 0,
  view: 1,
  blockHash: BLOCK,
  result: ZERO_HASH,
};

/** RFC 9162, 2.1.1, as written there. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 1) return hasher.sha256(concatBytes(new Uint8Array([0]), leaves[0]!));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = naiveRoot(leaves.slice(0, split));
  return hasher.sha256(concatBytes(new Uint8Array([1]), left, naiveRoot(leaves.slice(split))));
}

describe("CON-V4: history", () => {
  it("has the root of RFC 9162 at every size, and an edge of one hash a bit", () => {
    let log = HistoryLog.empty(hasher);
    const leaves: Hash[] = [];
    for (let i = 0; i < 70; i++) {
      const leaf = hasher.sha256(utf8(`block ${i}`));
      leaves.push(leaf);
      log = log.append(leaf);
      expect(log.root()).toEqual(naiveRoot(leaves));
      const bits = leaves.length.toString(2).replaceAll("0", "").length;
      expect(log.edge).toHaveLength(bits);
    }
  });
});

describe("certificates", () => {
  const votes = SEATS.map((seat) => signVote(seat, NOTARIZE));

  it("hold exactly q signatures over one statement", () => {
    const certificate = makeCertificate([votes[3]!, votes[0]!, votes[2]!], 4);
    expect(verifyCertificate(RULES, certificate)).toEqual({ ok: true, voters: [0, 2, 3] });
    expect(verifyCertificate(RULES, makeCertificate(votes, 4)).ok).toBe(false);
    expect(verifyCertificate(RULES, makeCertificate(votes.slice(2), 4)).ok).toBe(false);
    expect(verifyCertificate(RULES, { ...certificate, view: 2 }).ok).toBe(false);
    expect(verifyCertificate(RULES, { ...certificate, epoch: 1 }).ok).toBe(false);
    expect(verifyCertificate(RULES, { ...certificate, bitmap: new Uint8Array(2) }).ok).toBe(false);
    const slack = new Uint8Array([certificate.bitmap[0]! | 0x80]);
    expect(verifyCertificate(RULES, { ...certificate, bitmap: slack }).ok).toBe(false);
    const twice = { ...certificate, signatures: Array(3).fill(votes[0]!.signature) };
    expect(verifyCertificate(RULES, twice).ok).toBe(false);
  });

  it("have zeros where their kind has no field", () => {
    expect(isWellFormed(NOTARIZE)).toBe(true);
    expect(isWellFormed({ ...NOTARIZE, result: BLOCK })).toBe(false);
    expect(isWellFormed({ ...NOTARIZE, kind: VOTE_KIND.finalize })).toBe(false);
    expect(isWellFormed({ ...NOTARIZE, kind: VOTE_KIND.nullify })).toBe(false);
    expect(isWellFormed({ ...NOTARIZE, kind: VOTE_KIND.nullify, blockHash: ZERO_HASH })).toBe(true);
  });

  it("keep one slot a voter, free again after a wrong signature", () => {
    const pool = new VotePool();
    pool.add(votes[1]!, false);
    expect(pool.count(statementKey(NOTARIZE))).toBe(1);
    pool.remove(1);
    expect(pool.of(1)).toBeUndefined();
    expect(pool.count(statementKey(NOTARIZE))).toBe(0);
  });
});

describe("votes that are wrong", () => {
  it("CON-C2: a bad signature is named when a quorum stands beside it, and the right vote still counts", () => {
    const network = new TestNetwork();
    // Validator 3's votes reach validator 0 spoiled for a while, and those of 2 come late.
    network.mangle = (from, to, message) => {
      if (from !== 3 || to !== 0 || message.kind !== "vote" || network.nowMs > 1_500)
        return message;
      return { ...message, value: { ...message.value, signature: new Uint8Array(64) } };
    };
    network.drop = (from, to, message, nowMs) =>
      from === 2 && to === 0 && message.kind === "vote" && nowMs < 1_500;
    network.start();
    network.submit(1, 1);
    expect(network.run(8_000, () => network.finalTransactions(0).length === 1)).toBe(true);
    const blamed = network
      .node(0)
      .effects.flatMap((e) => (e.kind === "reportPeer" ? [[e.peer, e.code, e.disconnect]] : []));
    expect(blamed[0]).toEqual([3, "BAD_SIGNATURE", true]);
    network.check();
  });

  it("votes of somebody else, malformed ones and false certificates cut the peer off", () => {
    const network = new TestNetwork();
    network.start();
    network.run(100);
    const vote = signVote(present(SEATS[2], "seat"), NOTARIZE);
    const certificate = makeCertificate(
      SEATS.slice(0, 3).map((seat) => signVote(seat, NOTARIZE)),
      4,
    );
    const signatures = certificate.signatures.map(() => new Uint8Array(64));
    const node = network.node(0);
    const blame = (message: Parameters<TestNetwork["deliver"]>[2]): string[] => {
      const before = node.effects.length;
      network.step(0, { kind: "message", from: 1, message });
      return node.effects
        .slice(before)
        .flatMap((e) => (e.kind === "reportPeer" && e.disconnect ? [e.code] : []));
    };
    expect(blame({ kind: "vote", value: vote })).toEqual(["BAD_VOTE"]);
    expect(blame({ kind: "vote", value: { ...vote, voter: 1, result: BLOCK } })).toEqual([
      "BAD_VOTE",
    ]);
    expect(blame({ kind: "certificate", value: { ...certificate, signatures } })).toEqual([
      "BAD_CERTIFICATE",
    ]);
  });

  it("CON-C1: votes more than nine views ahead are not kept, certificates of any view are", () => {
    const network = new TestNetwork();
    network.start();
    const far: Statement = { ...NOTARIZE, kind: VOTE_KIND.nullify, view: 40, blockHash: ZERO_HASH };
    for (const seat of SEATS.slice(1)) {
      const message = { kind: "vote", value: signVote(seat, far) } as const;
      network.step(0, { kind: "message", from: seat.index, message });
    }
    expect(network.node(0).chain.status(network.nowMs).view).toBe(1);
    const value = makeCertificate(
      SEATS.slice(1).map((seat) => signVote(seat, far)),
      4,
    );
    network.step(0, { kind: "message", from: 1, message: { kind: "certificate", value } });
    expect(network.node(0).chain.status(network.nowMs).view).toBe(41);
    // The chain goes on over the hole that only this validator sees: nobody has those views.
    network.submit(1, 1);
    network.run(3_000);
    network.check();
  });
});
