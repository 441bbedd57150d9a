// Goal: a group of blocks that became final together may be very long, and each step asks for all that it
// misses. Method: made-up headers under a real certificate; nothing here executes them.
import { expect, it } from "vitest";
import { present } from "../../../src/base/assert.js";
import { LIMITS } from "../../../src/base/limits.js";
import { findBase } from "../../../src/consensus/base.js";
import { makeCertificate } from "../../../src/consensus/certificates.js";
import { Consensus } from "../../../src/consensus/consensus.js";
import type { ConsensusEffect } from "../../../src/consensus/effects.js";
import type { BatchSource, Fetcher } from "../../../src/consensus/ports.js";
import { genesisNode } from "../../../src/consensus/state.js";
import type { ExecutionSummary } from "../../../src/execution/interface.js";
import { type Hash, ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND } from "../../../src/types/vote.js";
import {
  GENESIS_HASH,
  GENESIS_RESULT,
  hasher,
  PARAMETERS,
  resultOf,
  seats,
  signVote,
  verifier,
} from "../validator/records.js";
import { chainOf, finalization } from "./madeUpChain.js";

const SEATS = seats(4);

/** Validator 3, which lacks no batch. */
function validator(rootView = 0) {
  const effects: ConsensusEffect[] = [];
  const wanted: Hash[] = [];
  const ranges: (readonly [number, number])[] = [];
  const heads = SEATS.map(() => ({ seq: 0, headHash: ZERO_HASH, key: "" }));
  const batches: BatchSource = {
    advance: (before) => before,
    inspect: () => ({ kind: "complete", transactionCount: 0 }),
    transactions: () => [],
    makeCut: () => ({ cut: [], transactionCount: 0 }),
    isWaiting: () => false,
    isIncludable: () => false,
    committed: () => {},
    finalStored: () => {},
    holders: () => [],
  };
  const fetcher: Fetcher = {
    certificates: (fromView, toView) => ranges.push([fromView, toView]),
    claimed: () => {},
    proposal: (_view, hash) => wanted.push(hash),
    batches: () => {},
  };
  const genesis = { genesisHash: GENESIS_HASH, genesisResultHash: GENESIS_RESULT };
  const consensus = new Consensus(
    {
      ...genesis,
      genesisTimeMs: 500,
      parameters: PARAMETERS,
      consensusKeys: SEATS.map(({ consensusKey }) => consensusKey),
      self: 3,
      hasher,
      batchVerifier: verifier,
      faults: {},
      batches,
      fetcher,
      emit: (effect) => effects.push(effect),
    },
    {
      node: {
        ...genesisNode({ ...genesis, genesisTimeMs: 500, hasher, heads }),
        view: rootView,
      },
      certificate: undefined,
    },
  );
  consensus.start({ votes: [], certificates: [], blocks: [] }, 1_000);
  return { consensus, effects, wanted, ranges };
}

function outcomeOf(hash: Hash, resultHash = resultOf(hash)): ExecutionSummary {
  return {
    blockHash: hash,
    result: {
      blockHash: hash,
      stateRoot: ZERO_HASH,
      receiptsRoot: ZERO_HASH,
      eventsRoot: ZERO_HASH,
      cost: 0n,
      validatorsNextHash: ZERO_HASH,
    },
    resultHash,
    isNonEmpty: false,
    nextTimerDeadlineMs: undefined,
    hasTimerBacklog: false,
    timerBacklogFromMs: undefined,
  };
}

it("CON-R-C: a group of 20,000 blocks with one certificate is executed and committed", () => {
  const { consensus, effects } = validator();
  const blocks = chainOf(20_000);
  const last = present(blocks.at(-1), "blocks");
  consensus.insertFinal(blocks, 1_000);
  expect(consensus.certificate(0, finalization(last), 1_000)).toBe(true);
  consensus.progress(1_000);
  expect(effects.filter(({ kind }) => kind === "execute")).toHaveLength(blocks.length);
  for (const { hash } of blocks) consensus.executed(outcomeOf(hash));
  consensus.progress(1_001);
  expect(consensus.state.root.height).toBe(blocks.length);
  expect(consensus.state.tree.size).toBe(1);
});

it("CON-R-F: a block that misses its parent has it asked for in the same step", () => {
  const { consensus, wanted } = validator();
  const [first, second, third] = chainOf(3);
  consensus.certificate(0, finalization(present(third, "three")), 1_000);
  consensus.progress(1_000);
  expect(wanted.splice(0)).toEqual([third?.hash]);
  consensus.insertFinal([present(third, "three")], 1_000);
  consensus.progress(1_001);
  expect(wanted.splice(0)).toEqual([second?.hash]);
  consensus.insertFinal([present(second, "three")], 1_001);
  consensus.progress(1_002);
  expect(wanted.splice(0)).toEqual([first?.hash]);
});

it("CON-C1: a start far above view 0 looks at no view below what it holds", () => {
  // Years of views: one look at each would stop the validator for seconds or for ever.
  const rootView = 2 ** 45;
  const { consensus } = validator(rootView);
  const kind = VOTE_KIND.nullify;
  const view = rootView + 1;
  const statement = { kind, epoch: 0, view, blockHash: ZERO_HASH, result: ZERO_HASH };
  for (const seat of SEATS.slice(0, 3)) {
    const message = { kind: "vote", value: signVote(seat, statement) } as const;
    consensus.receive(seat.index, message, 1_000);
  }
  consensus.progress(1_000);
  expect(consensus.state.view).toBe(view + 1);
});

it("CON-C1: while views are nullified without end, votes of the last 64 are kept", () => {
  const { consensus } = validator();
  const count = 500;
  for (let view = 1; view <= count; view++) {
    const kind = VOTE_KIND.nullify;
    const statement = { kind, epoch: 0, view, blockHash: ZERO_HASH, result: ZERO_HASH };
    for (const seat of SEATS.slice(0, 3)) {
      const message = { kind: "vote", value: signVote(seat, statement) } as const;
      consensus.receive(seat.index, message, 1_000 + view);
    }
    consensus.progress(1_000 + view);
  }
  const { state } = consensus;
  expect(state.view).toBe(count + 1);
  const withVotes = [...state.views.values()].filter(({ pools }) => pools[2].size > 0);
  expect(withVotes.length).toBeLessThanOrEqual(LIMITS.viewsBehindMax + 1);
  expect(consensus.certificatesFor(1, 1, 7)).toHaveLength(1);
  // A late one of a view far back is not taken in again.
  const late = {
    kind: VOTE_KIND.nullify,
    epoch: 0,
    view: 3,
    blockHash: ZERO_HASH,
    result: ZERO_HASH,
  };
  const vote = signVote(present(SEATS[0], "a seat"), late);
  consensus.receive(0, { kind: "vote", value: vote }, 2_000);
  expect(state.record(3).pools[2].size).toBe(0);
});

function nullification(view: number) {
  const kind = VOTE_KIND.nullify;
  const statement = { kind, epoch: 0, view, blockHash: ZERO_HASH, result: ZERO_HASH };
  const votes = SEATS.slice(0, 3).map((seat) => signVote(seat, statement));
  return makeCertificate(votes, SEATS.length);
}

it("CON-R-P: a hole is asked for where it is, however far above the root, until it is filled", () => {
  const { consensus, ranges } = validator();
  const [from, to] = [60, 140];
  for (let view = 1; view <= 151; view++) {
    if (view < from || view > to) consensus.certificate(0, nullification(view), 1_000);
  }
  let asked = 0;
  for (let step = 0; step < 200; step++) {
    consensus.progress(1_000 + step);
    const wishes = ranges.splice(0);
    if (wishes.length === 0) break;
    expect(consensus.state.view).toBe(152);
    asked++;
    for (const [first, last] of wishes) {
      // As another validator answers: oldest first, 32 at most.
      const end = Math.min(last, first + 31);
      for (let view = first; view <= end; view++) {
        consensus.certificate(1, nullification(view), 1_000 + step);
      }
    }
  }
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(5);
  expect(findBase(consensus.state, 152).kind).toBe("base");
});

it("CON-R-C, CON-R-F: who does not vote for another reason commits nothing that diverged either, and says so", () => {
  const { consensus, effects } = validator();
  consensus.state.stop("SAFETY_LOST", "the safety file is gone");
  const [first, second] = chainOf(2).map((block) => present(block, "two"));
  consensus.insertFinal([first!, second!], 1_000);
  consensus.certificate(0, finalization(second!), 1_000);
  consensus.progress(1_000);
  // Only a receipt differs: the state, and with it the second block's own result, is the same.
  consensus.executed(outcomeOf(first!.hash, resultOf(second!.hash)));
  consensus.executed(outcomeOf(second!.hash));
  consensus.progress(1_001);
  expect(consensus.state.root.height).toBe(0);
  const stops = effects.filter((effect) => effect.kind === "stopVoting");
  expect(stops.map(({ code }) => code)).toEqual(["SAFETY_LOST", "DIVERGED"]);
  expect(consensus.state.stoppedReason).toBe("SAFETY_LOST");
});
