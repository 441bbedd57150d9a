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
      stateRoot: "db6582151dfb136d4a24564c46992c910b2b40e0e0f827829b830023c3a94cd0",
      resultHash: "eb4cf5e60a450618fa26202b80195f33ac7949885b7a96e0fbf031ef6a726815",
    });
  });
});
