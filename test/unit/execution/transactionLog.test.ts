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
      outcomes: [1080, 798, 122],
      stateRoot: "374c05f7bdcd94e333092f520ac63e814df657470af654514831966481f6dc4e",
      resultHash: "9afc468f9fa941ee6a03a076c823555ef41dac0d5bd64a4a2ec045a0babf5f6a",
    });
  });
});
