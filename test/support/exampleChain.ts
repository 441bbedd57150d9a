/**
 * A whole small chain with real signatures, from fixed seeds: the worked examples of the READMEs and
 * the three proof files come from it. Four validators of two organisations, six blocks.
 */

import { present } from "../../src/base/assert.js";
import { concatBytes, utf8 } from "../../src/base/bytes.js";
import { encode } from "../../src/codec/schema.js";
import * as digests from "../../src/crypto/digests.js";
import { encodeGenesis } from "../../src/crypto/genesisFile.js";
import { nobleHasher as hasher } from "../../src/crypto/noble/nobleHasher.js";
import { RowHashes } from "../../src/ledger/rowHashes.js";
import { HistoryLog, HistoryPaths } from "../../src/merkle/historyLog.js";
import { inclusionPath, listLeafHash, listRoot } from "../../src/merkle/listTree.js";
import { createReferenceStateTree } from "../../src/merkle/referenceStateTree.js";
import { createStateHashes, ZERO_BLIND } from "../../src/merkle/statePath.js";
import { makeProofFile, makeReceiptClaim, makeRowClaim } from "../../src/proofs/index.js";
import { batchBody } from "../../src/types/batch.js";
import {
  BLOCK_FLAGS,
  type BlockResult,
  type Cut,
  type Header,
  PROTOCOL_VERSION,
} from "../../src/types/block.js";
import { type Genesis, ROLE } from "../../src/types/genesis.js";
import { type Hash, ZERO_HASH } from "../../src/types/primitives.js";
import {
  EVENT_BLIND_SIZE_BYTES,
  event as eventSchema,
  type LedgerEvent,
  NO_OPERATION,
  OUTCOME,
  type Position,
  type Receipt,
  receipt as receiptSchema,
} from "../../src/types/receipt.js";
import { TRANSACTION_VERSION, transaction, transactionBody } from "../../src/types/transaction.js";
import {
  bitmapOf,
  type Certificate,
  type Statement,
  VOTE_KIND,
  type Vote,
} from "../../src/types/vote.js";
import { named, SMALL_PARAMETERS } from "./consortium.js";

const names = named("fondaco example");
export const { seedOf: secretOf, signerOf } = names;
const { saltOf, account, validator } = names;

const START_MS = 1_750_000_000_000;
const VALIDATORS = ["nord-1", "nord-2", "sued-1", "sued-2"] as const;

export const genesis: Genesis = {
  version: 1,
  networkName: "example",
  timeMs: START_MS,
  parameters: SMALL_PARAMETERS,
  organisations: [
    {
      code: "NORD",
      name: "Nordbank",
      accounts: [account("nord", ROLE.admin | ROLE.issuer), account("alice", 0)],
      validators: [validator("nord-1"), validator("nord-2")],
    },
    {
      code: "SUED",
      name: "Südhandel",
      accounts: [account("sued", ROLE.admin)],
      validators: [validator("sued-1"), validator("sued-2")],
    },
  ],
  assets: [
    {
      code: "EUR",
      scale: 2,
      organisation: 0,
      iso4217: 978,
      kind: 0,
      flags: 0,
      maxSupply: 1_000_000_000_00n,
    },
  ],
  balances: [{ organisation: 0, account: 1, asset: 0, amount: 1_000_00n }],
};

const encodedGenesis = encodeGenesis(hasher, genesis);
/** The record, which is what is hashed. */
export const genesisBytes = encodedGenesis.recordBytes;
export const genesisFileBytes = encodedGenesis.fileBytes;
export const { genesisHash } = encodedGenesis;

function accountIdOf(organisation: number, account: number): Hash {
  const entry = present(genesis.organisations[organisation]?.accounts[account], "an account");
  return digests.accountId(hasher, genesisHash, organisation, entry.keyPolicy, entry.salt);
}

export const alice = accountIdOf(0, 1);
export const sued = accountIdOf(1, 0);
export const validatorIds = VALIDATORS.map((name, i) =>
  digests.validatorId(hasher, genesisHash, i < 2 ? 0 : 1, signerOf(name).publicKey),
);

function transactionOf(nonce: bigint) {
  const body = {
    version: TRANSACTION_VERSION,
    chainTag: genesisHash.slice(0, 8),
    channel: 0,
    nonce,
    validUntilMs: START_MS + 3_600_000,
    salt: saltOf(`transaction ${nonce}`),
    parties: [alice],
    operations: [{ code: 513, body: utf8("example") }],
  };
  const bodyBytes = encode(transactionBody, body);
  const txId = digests.transactionId(hasher, genesisHash, bodyBytes);
  const signer = signerOf("alice");
  const signed = signer.sign(digests.transactionSignBytes(txId));
  const witnesses = [{ party: 0, publicKey: signer.publicKey, signature: signed }];
  const parts = { body, witnesses, attachment: undefined };
  return { parts, bodyBytes, txId, bytes: encode(transaction, parts) };
}

export const transactions = [transactionOf(1n), transactionOf(2n), transactionOf(3n)];

function batchOf(author: number, seq: number, prevHash: Hash, items: readonly Uint8Array[]) {
  const body = {
    genesisHash,
    validatorId: present(validatorIds[author], "an author"),
    epoch: 0,
    seq,
    prevHash,
    createdMs: START_MS + 100 * seq,
    transactions: items,
  };
  const bodyBytes = encode(batchBody, body);
  const digest = digests.batchHash(hasher, bodyBytes);
  const signature = signerOf(present(VALIDATORS[author], "an author")).sign(
    digests.batchSignBytes(digest),
  );
  return { body, bodyBytes, digest, signature, bytes: concatBytes(bodyBytes, signature) };
}

const firstBatch = batchOf(
  0,
  1,
  ZERO_HASH,
  transactions.slice(0, 2).map(({ bytes }) => bytes),
);
export const batches = [
  firstBatch,
  batchOf(
    0,
    2,
    firstBatch.digest,
    transactions.slice(2).map(({ bytes }) => bytes),
  ),
];

export function voteOf(statement: Statement, voter: number): Vote {
  const signBytes = digests.voteSignBytes(hasher, genesisHash, statement);
  const signer = signerOf(present(VALIDATORS[voter], "a voter"));
  return { ...statement, voter, signature: signer.sign(signBytes) };
}

export function certificateOf(statement: Statement, voters: readonly number[]): Certificate {
  const signatures = voters.map((voter) => voteOf(statement, voter).signature);
  return { ...statement, bitmap: bitmapOf(voters, VALIDATORS.length), signatures };
}

export interface ExampleBlock {
  readonly header: Header;
  readonly cut: Cut;
  readonly blockHash: Hash;
  readonly result: BlockResult;
  readonly resultHash: Hash;
  readonly receipts: readonly Receipt[];
  readonly events: readonly (readonly LedgerEvent[])[];
  readonly finalization: Certificate;
}

// State: some rows of table 1, and after each block the row that names its height.
const stateHashes = createStateHashes(hasher);
export const tree = createReferenceStateTree(hasher);
export const BLIND = saltOf("blind");
export const publicRows = [0, 1, 2].map((n) => ({
  table: 1,
  key: Uint8Array.of(n),
  row: utf8(`row ${n}`),
  blind: n === 0 ? ZERO_BLIND : BLIND,
}));
let version = tree.update(
  tree.emptyVersion,
  publicRows.map(({ table, key, row, blind }) => ({
    path: stateHashes.path(table, key),
    valueHash: stateHashes.valueHash(blind, row),
  })),
);
const versions = [version];

/** Secret of alice's blinds. */
export const ALICE_SECRET = secretOf("alice blind");
const rowHashes = new RowHashes(hasher);

/** Second event of the first transaction of block 2. */
export const EVENT_POSITION: Position = { height: 2, index: 1, event: 1 };

/** Blind of an event of alice at this position. */
export function aliceBlindAt(position: Position): Uint8Array {
  const blind = new Uint8Array(EVENT_BLIND_SIZE_BYTES);
  const secrets = { get: () => ALICE_SECRET, scan: () => [] };
  rowHashes.writeEventBlind(secrets, alice, position, blind);
  return blind;
}

function executedOf(height: number, txIds: readonly Hash[]) {
  const events = [undefined, ...txIds].map((_, index): readonly LedgerEvent[] =>
    index === 0
      ? []
      : [0, 1, 2].map((n) => ({
          code: 257 + n,
          body: utf8(`event ${n} of ${height}/${index}`),
          // The first belongs to nobody, as public events do, the others to alice.
          blind: n === 0 ? ZERO_BLIND : aliceBlindAt({ height, index, event: n }),
        })),
  );
  const eventsRoots = events.map((items) =>
    listRoot(
      hasher,
      items.map((item) => encode(eventSchema, item)),
    ),
  );
  const receipts = [ZERO_HASH, ...txIds].map(
    (txId, index): Receipt => ({
      txId,
      position: { height, index, event: 0 },
      outcome: index === 2 ? OUTCOME.failed : OUTCOME.applied,
      code: index === 2 ? 301 : 0,
      failedOperation: index === 2 ? 0 : NO_OPERATION,
      eventsRoot: present(eventsRoots[index], "an events root"),
      eventCount: present(events[index], "events").length,
      cost: BigInt(index * 10),
    }),
  );
  return { events, eventsRoots, receipts };
}

const genesisResult: BlockResult = {
  blockHash: genesisHash,
  stateRoot: tree.root(version),
  receiptsRoot: ZERO_HASH,
  eventsRoot: ZERO_HASH,
  cost: 0n,
  validatorsNextHash: ZERO_HASH,
};

const CUTS: readonly Cut[] = [
  [],
  [{ author: 0, fromSeq: 1, toSeq: 1, headHash: firstBatch.digest }],
  [{ author: 0, fromSeq: 2, toSeq: 2, headHash: present(batches[1], "a batch").digest }],
  [],
  [],
  [],
];
const INCLUDED = [[], transactions.slice(0, 2), transactions.slice(2), [], [], []];

function buildBlocks(): readonly ExampleBlock[] {
  const blocks: ExampleBlock[] = [];
  let history = HistoryLog.empty(hasher).append(genesisHash);
  for (let height = 1; height <= CUTS.length; height++) {
    const parent = blocks[height - 2];
    const cut = present(CUTS[height - 1], "a cut");
    const included = present(INCLUDED[height - 1], "transactions");
    const header: Header = {
      protocolVersion: PROTOCOL_VERSION,
      genesisHash,
      epoch: 0,
      // View 3 was nullified, so views run one ahead of heights from there on.
      view: height < 3 ? height : height + 1,
      height,
      parentView: parent?.header.view ?? 0,
      parentHash: parent?.blockHash ?? genesisHash,
      proposer: ((height < 3 ? height : height + 1) - 1) % VALIDATORS.length,
      timeMs: START_MS + 200 * height,
      cutRoot: digests.cutRoot(hasher, cut),
      transactionCount: included.length,
      parentResult: parent?.resultHash ?? digests.resultHash(hasher, genesisResult),
      historyRoot: history.root(),
      flags: included.length === 0 ? BLOCK_FLAGS.empty : 0,
      nextEpochHash: ZERO_HASH,
      evidenceRoot: ZERO_HASH,
    };
    const hash = digests.blockHash(hasher, header);
    history = history.append(hash);
    version = tree.update(version, [
      {
        path: stateHashes.path(2, utf8("height")),
        valueHash: stateHashes.valueHash(ZERO_BLIND, Uint8Array.of(height)),
      },
    ]);
    versions.push(version);
    const executed = executedOf(
      height,
      included.map(({ txId }) => txId),
    );
    const result: BlockResult = {
      blockHash: hash,
      stateRoot: tree.root(version),
      receiptsRoot: listRoot(
        hasher,
        executed.receipts.map((item) => encode(receiptSchema, item)),
      ),
      eventsRoot: listRoot(hasher, executed.eventsRoots),
      cost: BigInt(10 * included.length),
      validatorsNextHash: ZERO_HASH,
    };
    const resultHash = digests.resultHash(hasher, result);
    const finalization = certificateOf(
      {
        kind: VOTE_KIND.finalize,
        epoch: 0,
        view: header.view,
        blockHash: hash,
        result: resultHash,
      },
      [0, 2, 3],
    );
    const { receipts, events } = executed;
    blocks.push({
      header,
      cut,
      blockHash: hash,
      result,
      resultHash,
      receipts,
      events,
      finalization,
    });
  }
  return blocks;
}

export const blocks = buildBlocks();
export const blockAt = (height: number) => present(blocks[height - 1], "a block");
export const versionAt = (height: number) => present(versions[height], "a state");
export const historyHashes = [genesisHash, ...blocks.map(({ blockHash }) => blockHash)];

function receiptClaimOf(height: number, index: number, showEvents?: readonly number[]) {
  const { receipts, events } = blockAt(height);
  const leaves = receipts.map((item) => listLeafHash(hasher, encode(receiptSchema, item)));
  const receipt = present(receipts[index], "a receipt");
  const shown = transactions.find(({ txId }) => txId === receipt.txId);
  return makeReceiptClaim(hasher, {
    receipt,
    path: inclusionPath(hasher, leaves, index),
    bodyBytes: showEvents === undefined ? shown?.bodyBytes : undefined,
    events: events[index],
    showEvents,
  });
}

function certifiedAt(height: number) {
  const { header, finalization } = blockAt(height);
  return { header, certificate: finalization };
}

/** The three proof files of test/fixtures/proofs/, by name. */
export function exampleProofFiles(): ReadonlyMap<string, Uint8Array> {
  const paths = new HistoryPaths(
    hasher,
    (height) => present(historyHashes[height], "a block hash"),
    historyHashes.length,
  );
  const rowAt = (height: number, table: number, key: Uint8Array) =>
    tree.prove(versionAt(height), stateHashes.path(table, key));
  const missing = { table: 1, key: Uint8Array.of(9), row: undefined, blind: ZERO_BLIND };
  return new Map([
    [
      "receipt-certified",
      makeProofFile(hasher, {
        genesisBytes,
        certified: certifiedAt(2),
        subject: blockAt(2),
        claims: [receiptClaimOf(2, 1)],
      }),
    ],
    [
      "receipt-earlier",
      makeProofFile(hasher, {
        genesisBytes,
        certified: certifiedAt(6),
        subject: blockAt(2),
        successor: { header: blockAt(3).header, path: paths.inclusion(3, 6) },
        claims: [receiptClaimOf(2, 2, [1])],
      }),
    ],
    [
      "rows",
      makeProofFile(hasher, {
        genesisBytes,
        certified: certifiedAt(6),
        subject: blockAt(5),
        claims: [
          ...publicRows.map((row) => makeRowClaim({ ...row, path: rowAt(5, row.table, row.key) })),
          makeRowClaim({ ...missing, path: rowAt(5, missing.table, missing.key) }),
        ],
      }),
    ],
  ]);
}
