/** Goal: each checker fires on the history that it exists for. Method: histories made by hand. */

import { describe, expect, test } from "vitest";
import { encode } from "../../src/codec/schema.js";
import { voteSignBytes } from "../../src/crypto/digests.js";
import type { FinalBlock } from "../../src/ports/nodeApi.js";
import { peerMessage } from "../../src/types/message.js";
import { ZERO_HASH } from "../../src/types/primitives.js";
import { NO_OPERATION, OUTCOME, type Outcome } from "../../src/types/receipt.js";
import { bitmapOf, type Statement, VOTE_KIND } from "../../src/types/vote.js";
import { CheckFailure } from "./checkers/failure.js";
import { FinalWatch, type PaymentFacts } from "./checkers/finalWatch.js";
import { VoteWatch } from "./checkers/voteWatch.js";
import { keyedHashScheme } from "./core/keyedHashSignatures.js";
import { worldHasher } from "./core/worldKernels.js";

const filled = (value: number) => new Uint8Array(32).fill(value);
const genesisHash = filled(9);
const signers = [0, 1, 2, 3].map((i) => keyedHashScheme.signer(i));

function foundBy(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CheckFailure) return error.checker;
    throw error;
  }
  return "nothing";
}

describe("votes", () => {
  function watch(isHonest: (validator: number) => boolean = () => true): VoteWatch {
    return new VoteWatch({
      validatorCount: 4,
      genesisHash,
      consensusKeys: signers.map((signer) => signer.publicKey),
      hasher: worldHasher,
      verifier: keyedHashScheme.verifier,
      isHonest,
      firstSent: () => {},
    });
  }

  const statement = (kind: 1 | 2 | 3, block: number, result = 0): Statement => ({
    kind,
    epoch: 0,
    view: 5,
    blockHash: block === 0 ? ZERO_HASH : filled(block),
    result: result === 0 ? ZERO_HASH : filled(result),
  });
  const sign = (voter: number, item: Statement) =>
    signers[voter]!.sign(voteSignBytes(worldHasher, genesisHash, item));
  const voteBytes = (voter: number, item: Statement) =>
    encode(peerMessage, {
      kind: "vote",
      value: { ...item, voter, signature: sign(voter, item) },
    });
  const certificateBytes = (voters: number[], item: Statement, signed = item) =>
    encode(peerMessage, {
      kind: "certificate",
      value: {
        ...item,
        bitmap: bitmapOf(voters, 4),
        signatures: voters.map((voter) => sign(voter, signed)),
      },
    });

  test.each([
    ["two notarizations", VOTE_KIND.notarize, 1, VOTE_KIND.notarize, 2],
    ["nullify, then finalize", VOTE_KIND.nullify, 0, VOTE_KIND.finalize, 1],
    ["finalize, then nullify", VOTE_KIND.finalize, 1, VOTE_KIND.nullify, 0],
    ["two finalizations", VOTE_KIND.finalize, 1, VOTE_KIND.finalize, 2],
  ] as const)("SIM-I6: %s of one validator", (_name, firstKind, first, secondKind, second) => {
    const votes = watch();
    votes.sent(1, voteBytes(1, statement(firstKind, first, firstKind === 3 ? 7 : 0)));
    const again = () =>
      votes.sent(1, voteBytes(1, statement(secondKind, second, secondKind === 3 ? 7 : 0)));
    expect(foundBy(again)).toBe("unique-votes");
  });

  test("allowed: the same vote again, notarize beside nullify, a liar's two votes", () => {
    const votes = watch((validator) => validator !== 3);
    votes.sent(0, voteBytes(0, statement(1, 1)));
    votes.sent(0, voteBytes(0, statement(1, 1)));
    votes.sent(0, voteBytes(0, statement(2, 0)));
    votes.sent(3, voteBytes(3, statement(1, 1)));
    votes.sent(3, voteBytes(3, statement(1, 2)));
    expect(votes.maxView).toBe(5);
  });

  test("SIM-I3: a view is finalized and nullified", () => {
    const votes = watch();
    votes.sent(0, certificateBytes([0, 1, 2], statement(3, 1, 7)));
    const second = () => votes.sent(1, certificateBytes([1, 2, 3], statement(2, 0)));
    expect(foundBy(second)).toBe("certificates");
  });

  test("SIM-I4, I5: two blocks of a view, two results of a block", () => {
    const blocks = watch();
    blocks.sent(0, certificateBytes([0, 1, 2], statement(1, 1)));
    expect(foundBy(() => blocks.sent(0, certificateBytes([0, 1, 2], statement(1, 2))))).toBe(
      "certificates",
    );
    const results = watch();
    results.sent(0, certificateBytes([0, 1, 2], statement(3, 1, 7)));
    expect(foundBy(() => results.sent(0, certificateBytes([0, 1, 2], statement(3, 1, 8))))).toBe(
      "certificates",
    );
  });

  test("a certificate of too few voters, or with a wrong signature", () => {
    expect(foundBy(() => watch().sent(0, certificateBytes([0, 1], statement(1, 1))))).toBe(
      "certificates",
    );
    const forged = certificateBytes([0, 1, 2], statement(1, 1), statement(1, 2));
    expect(foundBy(() => watch().sent(0, forged))).toBe("certificates");
  });
});

describe("final blocks", () => {
  const payment = (id: number, amount: bigint, nonce: bigint): PaymentFacts => ({
    txId: filled(id),
    from: 0,
    to: 1,
    asset: 0,
    amount,
    channel: 0,
    nonce,
  });
  const payments = [payment(1, 60n, 0n), payment(2, 60n, 1n), payment(3, 1n, 0n)];

  function watch(): FinalWatch {
    return new FinalWatch(2, genesisHash, [[100n], [0n]], (txId) =>
      payments.find((item) => item.txId[0] === txId[0]),
    );
  }

  function block(
    height: number,
    transactions: readonly (readonly [id: number, outcome: Outcome])[],
    tag = height,
    resultTag = 1,
  ): FinalBlock {
    const receipts = [[0, OUTCOME.applied] as const, ...transactions];
    const parentHash = height === 1 ? genesisHash : filled(100 + height - 1);
    return {
      height,
      blockHash: filled(100 + tag),
      block: { header: { parentHash } as FinalBlock["block"]["header"], cut: [] },
      resultHash: filled(resultTag),
      executed: receipts.map(([id, outcome], index) => ({
        receipt: {
          txId: filled(id),
          position: { height, index, event: 0 },
          outcome,
          code: 0,
          failedOperation: NO_OPERATION,
          eventsRoot: ZERO_HASH,
          eventCount: 0,
          cost: 0n,
        },
        events: [],
        accounts: [],
      })),
    };
  }

  test("SIM-I1, I2: another block, another result, a gap, another parent", () => {
    const other = watch();
    other.final(0, block(1, []));
    expect(foundBy(() => other.final(1, block(1, [], 50)))).toBe("agreement");
    const result = watch();
    result.final(0, block(1, []));
    expect(foundBy(() => result.final(1, block(1, [], 1, 2)))).toBe("agreement");
    expect(foundBy(() => watch().final(0, block(2, [])))).toBe("agreement");
    const parent = watch();
    parent.final(0, block(1, [], 50));
    expect(foundBy(() => parent.final(0, block(2, [])))).toBe("agreement");
  });

  test("SIM-I9: a transaction or a nonce that takes effect twice, one that nobody sent", () => {
    const twice = watch();
    twice.final(0, block(1, [[1, OUTCOME.applied]]));
    expect(foundBy(() => twice.final(0, block(2, [[1, OUTCOME.applied]])))).toBe("exactly-once");
    const nonce = watch();
    nonce.final(0, block(1, [[1, OUTCOME.applied]]));
    expect(foundBy(() => nonce.final(0, block(2, [[3, OUTCOME.applied]])))).toBe("exactly-once");
    expect(foundBy(() => watch().final(0, block(1, [[8, OUTCOME.applied]])))).toBe("exactly-once");
  });

  test("SIM-I8: outcomes and balances follow the model", () => {
    const finals = watch();
    finals.final(0, block(1, [[1, OUTCOME.applied]]));
    expect(foundBy(() => finals.final(0, block(2, [[2, OUTCOME.applied]])))).toBe("conservation");
    const balances = watch();
    balances.final(0, block(1, [[1, OUTCOME.applied]]));
    const keyOf = (account: number) => String(account);
    const held = (a: bigint, b: bigint) =>
      new Map([
        ["0", a],
        ["1", b],
      ]);
    balances.compareBalances(0, 1, held(40n, 60n), keyOf);
    expect(foundBy(() => balances.compareBalances(0, 1, held(41n, 59n), keyOf))).toBe(
      "conservation",
    );
  });

  test("SIM-I11: a validator that comes back below what it told", () => {
    const finals = watch();
    finals.final(0, block(1, []));
    const back = { height: 0, blockHash: genesisHash };
    expect(foundBy(() => finals.restarted(0, back, 1))).toBe("durability");
  });
});
