import { describe, expect, it } from "vitest";
import { equalBytes, toHex } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { batchSignBytes, voteSignBytes } from "../../../src/crypto/digests.js";
import type { Signer } from "../../../src/crypto/interfaces.js";
import { createNobleSigner, nobleBatchVerifier } from "../../../src/crypto/noble/index.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import type { CastOutcome } from "../../../src/ports/voteSigner.js";
import { SafetyFile } from "../../../src/storage/safetyFile.js";
import {
  SafetyVoteSigner,
  type SafetyVoteSignerOptions,
} from "../../../src/storage/safetyVoteSigner.js";
import { type Certificate, type Statement, VOTE_KIND } from "../../../src/types/vote.js";
import { type Random, SECTOR_SIZE_BYTES } from "../../support/simulatedFileSystem.js";
import { seededRandom } from "../../support/virtualTime.js";
import {
  certificateOf,
  codeThrown,
  DIRECTORY,
  finalize,
  GENESIS,
  hashOf,
  Machine,
  notarize,
  nullify,
} from "./storageFixtures.js";

/** Deterministic like Ed25519, and cheap: thousands of votes are signed again at each start. */
const testSigner = {
  publicKey: hashOf(7),
  sign: (message: Uint8Array) => {
    const half = nobleHasher.sha256(message);
    const signature = new Uint8Array(64);
    signature.set(half);
    signature.set(nobleHasher.sha256(half), 32);
    return signature;
  },
};

type Faults = SafetyVoteSignerOptions["faults"];

interface Validator {
  readonly machine: Machine;
  signer: SafetyVoteSigner;
  failures: Error[];
}

function start(
  machine: Machine,
  more: { faults?: Faults; segmentSizeBytes?: number; signer?: Signer } = {},
): Validator {
  const { segmentSizeBytes = 64 * 1024, faults, signer = testSigner } = more;
  const safetyFile = machine.opened<SafetyFile>((answer) =>
    SafetyFile.open({ ...machine.options(), segmentSizeBytes }, answer),
  );
  const failures: Error[] = [];
  const voteSigner = new SafetyVoteSigner({
    safetyFile,
    signer,
    hasher: nobleHasher,
    genesisHash: GENESIS,
    voter: 2,
    failed: (error) => failures.push(error),
    ...(faults === undefined ? {} : { faults }),
  });
  return { machine, signer: voteSigner, failures };
}

function castOn(
  { machine, signer }: Validator,
  statement: Statement,
  certificates: readonly Certificate[] = [],
  isProposal = false,
): CastOutcome {
  let outcome: CastOutcome | undefined;
  signer.cast({ statement, certificates, isProposal }, (answer) => {
    outcome = answer;
  });
  machine.time.runUntil(() => outcome !== undefined);
  return outcome!;
}

function reasonOf(outcome: CastOutcome): string {
  return outcome.ok ? "signed" : outcome.reason;
}

const H1 = hashOf(101);
const H2 = hashOf(102);
const R1 = hashOf(201);
const R2 = hashOf(202);

describe("the vote signer", () => {
  it("signs with the key it was given, and the same statement again gives the same vote", () => {
    const signer = createNobleSigner(new Uint8Array(32).fill(3));
    const validator = start(new Machine(), { signer });
    const first = castOn(validator, notarize(1, H1), [], true);
    const again = castOn(validator, notarize(1, H1));
    expect(again).toEqual(first);
    expect(first.ok && first.vote.voter).toBe(2);
    const message = voteSignBytes(nobleHasher, GENESIS, notarize(1, H1));
    const signature = first.ok ? first.vote.signature : new Uint8Array();
    const jobs = [{ publicKey: signer.publicKey, signature, message }];
    expect(nobleBatchVerifier.verify(jobs)).toEqual([true]);
    const batch = validator.signer.signBatch(H2);
    expect(equalBytes(batch, signer.sign(batchSignBytes(H2)))).toBe(true);
    validator.machine.end(() => 0);
    const { votes } = start(validator.machine, { signer }).signer.recover();
    expect(votes).toEqual([{ vote: first.ok && first.vote, isProposal: true }]);
  });

  it("CON-W1, CON-W2: one Notarize vote a view, also after a restart", () => {
    const machine = new Machine();
    let validator = start(machine);
    for (let life = 0; life < 3; life++) {
      expect(castOn(validator, notarize(1, H1), [], true).ok).toBe(true);
      expect(reasonOf(castOn(validator, notarize(1, H2)))).toMatch(/^CON-W2: another vote/);
      machine.end(() => 0);
      validator = start(machine);
    }
  });

  it("CON-W2: needs the certificate of the view before, and of every gap view", () => {
    const validator = start(new Machine());
    expect(reasonOf(castOn(validator, notarize(4, H1)))).toMatch(/no certificate of view 3/);
    const of3 = certificateOf(nullify(3));
    expect(reasonOf(castOn(validator, notarize(4, H1), [of3]))).toMatch(/gap view 2/);
    const of2 = certificateOf(notarize(2, H2));
    expect(castOn(validator, notarize(4, H1), [of3, of2]).ok).toBe(true);
  });

  it("CON-W2: takes nullifications down to the genesis block, and a finalization as a base", () => {
    const validator = start(new Machine());
    const certificates = [1, 2].map((view) => certificateOf(nullify(view)));
    expect(castOn(validator, notarize(3, H1), certificates).ok).toBe(true);
    const base = certificateOf(finalize(9, H2, R1));
    expect(castOn(validator, notarize(10, H1), [base]).ok).toBe(true);
  });

  it("CON-W3: records Nullify with the certificate by which its view was entered", () => {
    const machine = new Machine();
    const validator = start(machine);
    expect(reasonOf(castOn(validator, nullify(2)))).toMatch(/^CON-W3: no certificate of view 1/);
    validator.signer.storeCertificate(certificateOf(notarize(1, H1)));
    expect(castOn(validator, nullify(2)).ok).toBe(true);
    machine.end(() => 0);
    const { votes, certificates } = start(machine).signer.recover();
    expect(votes.map(({ vote }) => [vote.kind, vote.view])).toEqual([[VOTE_KIND.nullify, 2]]);
    expect(certificates).toEqual([certificateOf(notarize(1, H1))]);
  });

  it("CON-W3, CON-W4: neither Nullify after Finalize nor Finalize after Nullify", () => {
    const machine = new Machine();
    let validator = start(machine);
    const of1 = certificateOf(notarize(1, H1));
    const of2 = certificateOf(notarize(2, H2));
    expect(castOn(validator, finalize(1, H1, R1), [of1]).ok).toBe(true);
    expect(castOn(validator, nullify(2), [of1]).ok).toBe(true);
    for (let life = 0; life < 2; life++) {
      expect(reasonOf(castOn(validator, nullify(1)))).toMatch(/^CON-W3: a Finalize vote/);
      expect(reasonOf(castOn(validator, finalize(2, H2, R1), [of2]))).toMatch(/^CON-W4: a Null/);
      machine.end(() => 0);
      validator = start(machine);
    }
    // Having nullified forbids no Notarize (R-N).
    expect(castOn(validator, notarize(2, H2)).ok).toBe(true);
  });

  it("CON-W4: one block and result a view, and only with its notarization", () => {
    const validator = start(new Machine());
    expect(reasonOf(castOn(validator, finalize(1, H1, R1)))).toMatch(/notarization of view 1/);
    const other = certificateOf(notarize(1, H2));
    expect(reasonOf(castOn(validator, finalize(1, H1, R1), [other]))).toMatch(/notarization/);
    const of1 = certificateOf(notarize(1, H1));
    expect(castOn(validator, finalize(1, H1, R1), [of1]).ok).toBe(true);
    expect(reasonOf(castOn(validator, finalize(1, H1, R2)))).toMatch(/^CON-W4: another vote/);
  });

  it("refuses statements with fields that their kind does not have", () => {
    const validator = start(new Machine());
    for (const statement of [
      { ...notarize(1, H1), result: R1 },
      { ...nullify(1), blockHash: H1 },
      { ...finalize(1, H1, R1), blockHash: new Uint8Array(32) },
      notarize(0, H1),
    ]) {
      expect(reasonOf(castOn(validator, statement))).toMatch(/^a vote/);
    }
  });

  it("answers in order, all casts of a turn after one flush and none before it", () => {
    const machine = new Machine();
    const { signer } = start(machine);
    const answers: string[] = [];
    const before = machine.disk.flushes;
    const cast = (name: string, statement: Statement, certificates: Certificate[] = []): void =>
      signer.cast({ statement, certificates, isProposal: false }, (outcome) => {
        answers.push(`${name} ${outcome.ok}`);
      });
    cast("a", notarize(1, H1));
    cast("b", notarize(1, H2));
    cast("c", finalize(1, H1, R1), [certificateOf(notarize(1, H1))]);
    cast("d", nullify(2));
    expect(answers).toEqual([]);
    machine.time.run();
    expect(answers).toEqual(["a true", "b false", "c true", "d true"]);
    expect(machine.disk.flushes - before).toBe(1);
  });

  it("never answers when the disk failed, and says so once", () => {
    const machine = new Machine();
    const validator = start(machine);
    const answers: CastOutcome[] = [];
    const request = { statement: notarize(1, H1), certificates: [], isProposal: false };
    machine.disk.failFlushes(1);
    validator.signer.cast(request, (outcome) => answers.push(outcome));
    validator.signer.cast(request, (outcome) => answers.push(outcome));
    machine.time.run();
    validator.signer.cast(request, (outcome) => answers.push(outcome));
    machine.time.run();
    expect(answers).toEqual([]);
    expect(validator.failures.map(({ message }) => message)).toEqual(["a flush failed"]);
  });

  it("CON-W10: prunes below a durable finalization, and signs nothing there, also later", () => {
    const machine = new Machine();
    const segmentSizeBytes = 16 * 1024;
    let validator = start(machine, { segmentSizeBytes });
    for (let view = 1; view <= 200; view++) {
      const notarization = certificateOf(notarize(view, hashOf(view)));
      castOn(validator, notarize(view, hashOf(view)));
      castOn(validator, finalize(view, hashOf(view), R1), [notarization]);
      const done = machine.completed((answer) =>
        validator.signer.prune(certificateOf(finalize(view, hashOf(view), R1)), answer),
      );
      expect(done).toBeUndefined();
    }
    for (const ended of [() => {}, () => machine.end(() => 0), () => machine.end()]) {
      ended();
      validator = start(machine, { segmentSizeBytes });
      const { votes, certificates } = validator.signer.recover();
      const lowest = Math.min(...votes.map(({ vote }) => vote.view));
      expect(lowest).toBeGreaterThan(100);
      expect(lowest).toBeLessThanOrEqual(200 - LIMITS.viewsBehindMax);
      for (let view = lowest; view <= 200; view++) {
        const kinds = votes.filter(({ vote }) => vote.view === view).map(({ vote }) => vote.kind);
        expect(kinds).toEqual([VOTE_KIND.notarize, VOTE_KIND.finalize]);
      }
      const finalized = certificates.filter(({ kind }) => kind === VOTE_KIND.finalize);
      expect(finalized.some(({ view }) => view - LIMITS.viewsBehindMax >= lowest)).toBe(true);
      expect(reasonOf(castOn(validator, notarize(lowest - 1, H1)))).toMatch(/^CON-W10/);
    }
    expect(machine.disk.paths().length).toBeLessThan(8);
  });

  it("refuses a file of another chain and of another validator", () => {
    const machine = new Machine();
    castOn(start(machine), notarize(1, H1));
    const openAs = (more: object) => () =>
      machine.opened((answer) => SafetyFile.open({ ...machine.options(), ...more }, answer));
    expect(codeThrown(openAs({ genesisHash: H2 }))).toBe("WRONG_CHAIN");
    expect(codeThrown(openAs({ validatorId: H2 }))).toBe("WRONG_VALIDATOR");
  });

  it("recovers a prefix of its votes, or refuses, truncated at any byte or with any bit flipped", () => {
    const machine = new Machine();
    const validator = start(machine, { segmentSizeBytes: 16 * 1024 });
    const sent: string[] = [];
    for (let view = 1; view <= 3; view++) {
      const entered = view === 1 ? [] : [certificateOf(notarize(view - 1, hashOf(view - 1)))];
      const outcome = castOn(validator, notarize(view, hashOf(view)), entered);
      sent.push(outcome.ok ? toHex(outcome.vote.signature) : "");
    }
    machine.end(() => 0);
    const path = `${DIRECTORY}/safety-00000001.seg`;
    const content = machine.disk.contentOf(path);
    const end = content.findLastIndex((byte) => byte !== 0) + 1;
    const votesOf = (bytes: Uint8Array): string[] | undefined => {
      const other = new Machine();
      other.options().fileSystem.createDirectory(DIRECTORY);
      other.disk.replace(path, bytes);
      let votes: string[] | undefined;
      const code = codeThrown(() => {
        const recovered = start(other, { segmentSizeBytes: 16 * 1024 }).signer.recover();
        votes = recovered.votes.map(({ vote }) => toHex(vote.signature));
      });
      if (votes === undefined) expect(code).toBe("SAFETY_CORRUPT");
      return votes;
    };
    for (let size = 0; size <= end; size++) {
      const votes = votesOf(content.subarray(0, size));
      expect(votes).toEqual(sent.slice(0, votes?.length));
    }
    expect(votesOf(content.subarray(0, end))).toEqual(sent);
    let refused = 0;
    for (let bit = 0; bit < end * 8; bit += 3) {
      const damaged = content.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const votes = votesOf(damaged);
      if (votes === undefined) refused++;
      // Only the last group may look like a torn write.
      else expect(votes).toEqual(sent.slice(0, 2));
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

interface PowerCutFindings {
  /** Votes that were answered and are not there after a start. */
  readonly lost: number;
  /** Views in which two Notarize votes for different blocks were answered. */
  readonly doubled: number;
  /** Recovered votes without a certificate that permits them. */
  readonly unfounded: number;
}

/**
 * A validator that follows the rules, cut off at random moments. After each start it wants to vote
 * for another block in each view: only its record keeps it from doing so.
 */
function runPowerCuts(seed: number, faults?: Faults): PowerCutFindings {
  const random: Random = seededRandom(seed);
  const machine = new Machine(() => 1 + Math.floor(random() * 3));
  const answered = new Map<string, string>();
  const notarized = new Map<number, Set<string>>();
  let lost = 0;
  let unfounded = 0;
  let view = 1;
  for (let life = 0; life < 6; life++) {
    const segmentSizeBytes = 12 * 1024 + SECTOR_SIZE_BYTES;
    const { signer } = start(machine, { segmentSizeBytes, ...(faults ? { faults } : {}) });
    const { votes, certificates } = signer.recover();
    const there = new Set(votes.map(({ vote }) => toHex(vote.signature)));
    for (const signature of answered.keys()) if (!there.has(signature)) lost++;
    for (const { vote } of votes) {
      const needed = vote.kind === VOTE_KIND.finalize ? vote.view : vote.view - 1;
      if (needed > 0 && !certificates.some((held) => held.view === needed)) unfounded++;
    }
    // Time passes for the others: the view that it comes back to has a certificate below.
    view = Math.max(view - Math.floor(random() * 3), 1);
    const cast = (statement: Statement, certificate: Certificate | undefined): void =>
      signer.cast(
        { statement, certificates: certificate ? [certificate] : [], isProposal: false },
        (outcome) => {
          if (!outcome.ok) return;
          answered.set(toHex(outcome.vote.signature), "sent");
          if (statement.kind !== VOTE_KIND.notarize) return;
          const blocks = notarized.get(statement.view) ?? new Set();
          notarized.set(statement.view, blocks.add(toHex(statement.blockHash)));
        },
      );
    const rounds = 1 + Math.floor(random() * 8);
    for (let round = 0; round < rounds; round++) {
      const entered = view === 1 ? undefined : certificateOf(notarize(view - 1, H1));
      if (entered !== undefined && random() < 0.5) signer.storeCertificate(entered);
      cast(notarize(view, hashOf(1000 * view + life)), entered);
      if (random() < 0.5) {
        cast(finalize(view, H1, R1), certificateOf(notarize(view, H1)));
      } else cast(nullify(view), entered);
      const steps = Math.floor(random() * 8);
      for (let i = 0; i < steps; i++) machine.time.step();
      if (random() < 0.7) view++;
    }
    machine.end(random() < 0.2 ? undefined : random);
  }
  const doubled = [...notarized.values()].filter((blocks) => blocks.size > 1).length;
  return { lost, doubled, unfounded };
}

describe("the vote signer under power cuts", () => {
  const total = (faults?: Faults): PowerCutFindings => {
    const sum = { lost: 0, doubled: 0, unfounded: 0 };
    for (let seed = 0; seed < 300; seed++) {
      const found = runPowerCuts(seed, faults);
      sum.lost += found.lost;
      sum.doubled += found.doubled;
      sum.unfounded += found.unfounded;
    }
    return sum;
  };

  it("keeps every vote that it answered, none twice, each with what permitted it", () => {
    expect(total()).toEqual({ lost: 0, doubled: 0, unfounded: 0 });
  });

  it("is caught when it answers before the flush", () => {
    const found = total({ voteBeforeFlush: true });
    expect(found.lost).toBeGreaterThan(0);
    expect(found.doubled).toBeGreaterThan(0);
  });

  it("is caught when it writes certificates later than votes", () => {
    expect(total({ lazyCertificates: true }).unfounded).toBeGreaterThan(0);
  });

  it("CON-W10: loses no vote above the floor when it is cut while it prunes", () => {
    let pruned = 0;
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const machine = new Machine(() => 1 + Math.floor(random() * 3));
      const answered = new Map<string, number>();
      let view = 1;
      let finalView = 0;
      for (let life = 0; life < 4; life++) {
        const { signer, failures } = start(machine, { segmentSizeBytes: 16 * 1024 });
        const { votes } = signer.recover();
        const there = new Set(votes.map(({ vote }) => toHex(vote.signature)));
        const lowest = Math.min(...votes.map(({ vote }) => vote.view));
        for (const [signature, inView] of answered) {
          // What is gone lies more than 64 views below a finalization that was handed over.
          if (!there.has(signature)) expect(inView).toBeLessThan(finalView - LIMITS.viewsBehindMax);
        }
        if (lowest > 1 && votes.length > 0) pruned++;
        for (let round = 0; round < 60; round++, view++) {
          const block = hashOf(view);
          const entered = view === 1 ? [] : [certificateOf(notarize(view - 1, hashOf(view - 1)))];
          const inView = view;
          for (const request of [
            { statement: notarize(view, block), certificates: entered },
            {
              statement: finalize(view, block, R1),
              certificates: [certificateOf(notarize(view, block))],
            },
          ]) {
            signer.cast({ ...request, isProposal: false }, (outcome) => {
              if (outcome.ok) answered.set(toHex(outcome.vote.signature), inView);
            });
          }
          if (random() < 0.3) {
            finalView = view;
            signer.prune(certificateOf(finalize(view, block, R1)), () => {});
          }
          const steps = Math.floor(random() * 9);
          for (let i = 0; i < steps; i++) machine.time.step();
        }
        expect(failures).toEqual([]);
        machine.end(random() < 0.2 ? undefined : random);
      }
    }
    expect(pruned).toBeGreaterThan(40);
  });
});
