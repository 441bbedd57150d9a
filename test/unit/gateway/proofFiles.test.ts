// Goal: a proof file, which is made to be handed on, never holds the secret of an account's blinds.
import { expect, test } from "vitest";
import { equalBytes } from "../../../src/base/bytes.js";
import { draft, operation, seal, signDraft } from "../../../src/client/index.js";
import { shownBody } from "../../../src/gateway/proofFiles.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import { readTransaction } from "../../../src/types/transaction.js";
import { genesisHash, idOf, START_MS, signerOf } from "../../support/fakeNetwork.js";
import { payment } from "../../support/payments.js";

function transactionOf(bytes: Uint8Array) {
  const read = readTransaction(bytes);
  if (!read.ok) throw new Error(read.message);
  return read.value;
}

test("the body of a payment is shown", () => {
  const transaction = transactionOf(payment("alice", "bob").bytes);
  expect(shownBody(transaction)).toEqual(transaction.bodyBytes);
});

test("a body that opens an account is not", () => {
  const blindSecret = new Uint8Array(32).fill(77);
  const made = draft({
    genesisHash,
    parties: [idOf("alice")],
    operations: [
      operation("account.open", {
        by: 0,
        policy: singleKeyPolicy(signerOf("carol").publicKey),
        salt: new Uint8Array(16),
        blindSecret,
        roles: 0,
        referenceRequired: false,
      }),
    ],
    channel: 0,
    nonce: 1n,
    validUntilMs: START_MS + 1_000,
    salt: new Uint8Array(16),
  });
  const transaction = transactionOf(
    seal(made, [signDraft(made, idOf("alice"), signerOf("alice"))]),
  );
  const holdsSecret = transaction.bodyBytes.some((_, at) =>
    equalBytes(transaction.bodyBytes.subarray(at, at + 32), blindSecret),
  );
  expect(holdsSecret).toBe(true);
  expect(shownBody(transaction)).toBeUndefined();
});
