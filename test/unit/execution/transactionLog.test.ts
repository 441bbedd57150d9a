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
      genesisHash: "6f1e75171b7752b9779c306fd78ae8b367140945fa5b0ff2a6c77df945420ae4",
      outcomes: [1058, 820, 122],
      stateRoot: "9ed974ffc775ba2a372008692baf6d32ebe8b5f61e7a47d213c02fd5e65e8cb6",
      resultHash: "6c05641eacdf55fdfca8c61820a359add6771639b37f9d56e5e616dc44524c24",
    });
  });
});
