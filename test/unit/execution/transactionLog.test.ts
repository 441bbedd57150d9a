// Goal: the log of transactions is always the same and so is what it does: a frozen state root.
// Method: its first 2,000 transactions. A change of any format or rule shows here.
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { createReferenceStateTree } from "../../../src/merkle/referenceStateTree.js";
import { TestNetwork } from "../../support/ledgerFixture.js";
import { executeLog, makeTransactionLog, prepareLog } from "../../support/transactionLog.js";

describe("the log of transactions", () => {
  test("EXE-1, EXE-4: gives the frozen state root and outcomes of all three kinds", () => {
    const network = new TestNetwork();
    const log = makeTransactionLog(network, 2_000, { isSigned: false });
    const transactions = prepareLog(nobleHasher, network, log);
    const parts = { hasher: nobleHasher, tree: createReferenceStateTree(nobleHasher) };
    const outcome = executeLog(network, transactions, parts);
    expect({
      genesisHash: toHex(network.genesisHash),
      outcomes: outcome.outcomes,
      stateRoot: outcome.stateRoot,
      resultHash: outcome.resultHashes.at(-1),
    }).toEqual({
      genesisHash: "4862bffbd50973f9d5cad124f97757e6cc30d96a3319b03833ff3eaf6ceb47ac",
      outcomes: [1058, 820, 122],
      stateRoot: "a21a74698b1b1d4aef6d716d4b55a666f235eab778fb45379466a4b01f7eaa47",
      resultHash: "9e8fede4cd134372f6563478807f80e324df3fa0596e6ba28c0e546824e33af1",
    });
  });
});
