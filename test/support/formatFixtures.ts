/** Everything that test/fixtures/formats.json holds: it freezes the formats and serves outsiders. */

import { present } from "../../src/base/assert.js";
import { toHex, utf8 } from "../../src/base/bytes.js";
import { encode, type Schema } from "../../src/codec/schema.js";
import { describeSchema } from "../../src/codec/shape.js";
import { amountToText, idToText } from "../../src/codec/text.js";
import * as digests from "../../src/crypto/digests.js";
import { HASH_TAGS, SIGN_TAGS, TREE_TAGS } from "../../src/crypto/domainTags.js";
import { nobleHasher as hasher } from "../../src/crypto/noble/nobleHasher.js";
import { EVENTS } from "../../src/declarations/events.js";
import { OPERATIONS } from "../../src/declarations/operations.js";
import { TABLES } from "../../src/declarations/tables.js";
import { HistoryLog } from "../../src/merkle/historyLog.js";
import {
  consistencyPath,
  inclusionPath,
  listLeafHash,
  listRoot,
} from "../../src/merkle/listTree.js";
import { createReferenceStateTree } from "../../src/merkle/referenceStateTree.js";
import { createStateHashes } from "../../src/merkle/statePath.js";
import { peerMessage } from "../../src/types/message.js";
import * as chain from "./exampleChain.js";
import {
  framed,
  generate,
  type Json,
  PROOF_RECORDS,
  Random,
  RECORD_NAMES,
  TYPE_RECORDS,
  toJson,
} from "./records.js";
import { MESSAGE_KINDS, WORKED_EXAMPLES } from "./workedExamples.js";

type AnySchema = Schema<unknown>;

/** Encodings behind each record's hash. */
export const ENCODINGS = 64;
const GENERATED_EXAMPLES = 2;

function example(schema: AnySchema, value: unknown): Json {
  return { hex: toHex(encode(schema, value)), value: toJson(schema, value) };
}

/** `values` are the deterministic ones; the worked example comes first where there is one. */
function recordFixture(name: string, schema: AnySchema, notation: string): Json {
  const kind = name.startsWith("peerMessage.") ? name.slice("peerMessage.".length) : undefined;
  const random = Random.named(name);
  const shape = schema.shape;
  const values = Array.from({ length: ENCODINGS }, () => {
    if (kind === undefined || shape?.kind !== "union") return generate(schema, random);
    const variant = present(shape.variants.find(([other]) => other === kind)?.[1], "a variant");
    return { kind, value: generate(variant, random) };
  });
  const worked = WORKED_EXAMPLES.get(name);
  const shown = [...(worked === undefined ? [] : [worked]), ...values.slice(0, GENERATED_EXAMPLES)];
  return {
    notation,
    sha256: toHex(hasher.sha256(framed(values.map((value) => encode(schema, value))))),
    examples: shown.map((value) => example(schema, value)),
  };
}

function recordFixtures(records: ReadonlyMap<string, AnySchema>): Json {
  const names = new Map(RECORD_NAMES);
  return Object.fromEntries(
    [...records].map(([name, schema]) => [
      name,
      recordFixture(name, schema, describeSchema(schema, names)),
    ]),
  );
}

/** Records of the contracts: described without names, so that each stands by itself. */
function declaredFixtures(prefix: string, records: Readonly<Record<string, AnySchema>>): Json {
  return Object.fromEntries(
    Object.entries(records).map(([name, schema]) => [
      name,
      recordFixture(`${prefix}.${name}`, schema, describeSchema(schema)),
    ]),
  );
}

const tagsOf = (tags: Readonly<Record<string, Uint8Array>>): Json =>
  Object.fromEntries(
    Object.entries(tags).map(([name, tag]) => [name, String.fromCharCode(...tag)]),
  );

function digestFixtures(): Json {
  const block = chain.blockAt(2);
  const transaction = present(chain.transactions[0], "a transaction");
  const batch = present(chain.batches[0], "a batch");
  const organisation = present(chain.genesis.organisations[0], "an organisation");
  const account = present(organisation.accounts[1], "an account");
  const validator = present(organisation.validators[0], "a validator");
  const clientId = chain.BLIND;
  return {
    tags: { sign: tagsOf(SIGN_TAGS), hash: tagsOf(HASH_TAGS), tree: tagsOf(TREE_TAGS) },
    genesisHash: toHex(chain.genesisHash),
    transactionId: toHex(transaction.txId),
    transactionSignBytes: toHex(digests.transactionSignBytes(transaction.txId)),
    batchHash: toHex(batch.digest),
    batchSignBytes: toHex(digests.batchSignBytes(batch.digest)),
    blockHash: toHex(block.blockHash),
    cutRoot: toHex(block.header.cutRoot),
    resultHash: toHex(block.resultHash),
    voteDigest: toHex(digests.voteDigest(hasher, chain.genesisHash, block.finalization)),
    voteSignBytes: toHex(digests.voteSignBytes(hasher, chain.genesisHash, block.finalization)),
    eventBlind: {
      secret: toHex(chain.ALICE_SECRET),
      position: toHex(encode(TYPE_RECORDS.get("position") as AnySchema, chain.EVENT_POSITION)),
      value: toHex(chain.aliceBlindAt(chain.EVENT_POSITION)),
      leaf: toHex(
        listLeafHash(
          hasher,
          encode(TYPE_RECORDS.get("event") as AnySchema, present(block.events[1]?.[1], "an event")),
        ),
      ),
    },
    accountId: {
      organisation: 0,
      keyPolicy: toHex(encode(TYPE_RECORDS.get("keyPolicy") as AnySchema, account.keyPolicy)),
      salt: toHex(account.salt),
      value: toHex(chain.alice),
    },
    validatorId: {
      organisation: 0,
      consensusKey: toHex(validator.consensusKey),
      value: toHex(present(chain.validatorIds[0], "an id")),
    },
    objectId: {
      creator: toHex(chain.alice),
      kind: 7,
      clientId: toHex(clientId),
      value: toHex(digests.objectId(hasher, chain.alice, 7, clientId)),
    },
  };
}

function listFixtures(): Json {
  const leaves = Array.from({ length: 7 }, (_, i) => utf8(`leaf ${i}`));
  const hashes = leaves.map((leaf) => listLeafHash(hasher, leaf));
  let history = HistoryLog.empty(hasher);
  for (const hash of chain.historyHashes) history = history.append(hash);
  return {
    leaves: leaves.map(toHex),
    roots: Array.from({ length: 8 }, (_, n) => toHex(listRoot(hasher, leaves.slice(0, n)))),
    inclusionPaths: hashes.map((_, index) => inclusionPath(hasher, hashes, index).map(toHex)),
    consistencyPaths: hashes.map((_, i) => consistencyPath(hasher, hashes, i + 1).map(toHex)),
    history: {
      leaves: chain.historyHashes.map(toHex),
      edge: history.edge.map(toHex),
      root: toHex(history.root()),
    },
  };
}

function stateTreeFixtures(): Json {
  const hashes = createStateHashes(hasher);
  const tree = createReferenceStateTree(hasher);
  const rows = chain.publicRows.map(({ table, key, row, blind }) => ({
    table,
    key,
    row,
    blind,
    path: hashes.path(table, key),
    valueHash: hashes.valueHash(blind, row),
  }));
  const roots = Array.from({ length: rows.length + 1 }, (_, n) => {
    const version = tree.update(
      tree.emptyVersion,
      rows.slice(0, n).map(({ path, valueHash }) => ({ path, valueHash })),
    );
    return { version, root: toHex(tree.root(version)) };
  });
  const { version } = present(roots[rows.length], "a full tree");
  const proofOf = (table: number, key: Uint8Array): Json => {
    const { siblings, terminal } = tree.prove(version, hashes.path(table, key));
    return {
      table,
      key: toHex(key),
      path: toHex(hashes.path(table, key)),
      siblings: siblings.map(toHex),
      terminal:
        terminal === undefined
          ? null
          : { path: toHex(terminal.path), valueHash: toHex(terminal.valueHash) },
    };
  };
  return {
    keys: Object.fromEntries(Object.entries(hashes.keys).map(([name, key]) => [name, toHex(key)])),
    rows: rows.map(({ table, key, row, blind, path, valueHash }) => ({
      table,
      key: toHex(key),
      row: toHex(row),
      blind: toHex(blind),
      path: toHex(path),
      valueHash: toHex(valueHash),
      leaf: toHex(hashes.leaf(path, valueHash)),
    })),
    rootsOfFirstRows: roots.map(({ root }) => root),
    proofs: [
      ...rows.map(({ table, key }) => proofOf(table, key)),
      proofOf(1, Uint8Array.of(9)),
      proofOf(2, new Uint8Array()),
    ],
  };
}

function textFixtures(): Json {
  return {
    ids: (["account", "validator", "object"] as const).map((kind) => ({
      kind,
      hex: toHex(chain.alice),
      text: idToText(kind, chain.alice),
    })),
    amounts: (
      [
        [0n, 0],
        [0n, 2],
        [5n, 2],
        [1_250n, 2],
        [2n ** 64n - 1n, 9],
      ] as const
    ).map(([minorUnits, scale]) => ({
      minorUnits: minorUnits.toString(),
      scale,
      text: amountToText(minorUnits, scale),
    })),
  };
}

/** The content of formats.json. */
export function formatFixtures(): Json {
  const messages: ReadonlyMap<string, AnySchema> = new Map(
    MESSAGE_KINDS.map((kind) => [`peerMessage.${kind}`, peerMessage as AnySchema]),
  );
  return {
    about:
      "Frozen formats of Fondaco. `sha256` is over 64 generated encodings, each after its u32 " +
      "length; examples give bytes and the value in them. A change here is a change of the protocol.",
    types: recordFixtures(TYPE_RECORDS),
    messages: recordFixtures(messages),
    proofs: recordFixtures(PROOF_RECORDS),
    operations: declaredFixtures(
      "operation",
      Object.fromEntries(
        Object.entries(OPERATIONS).map(([name, item]) => [name, item.body.schema]),
      ),
    ),
    events: declaredFixtures(
      "event",
      Object.fromEntries(Object.entries(EVENTS).map(([name, item]) => [name, item.body.schema])),
    ),
    rows: declaredFixtures(
      "row",
      Object.fromEntries(Object.entries(TABLES).map(([name, item]) => [name, item.row])),
    ),
    digests: digestFixtures(),
    lists: listFixtures(),
    stateTree: stateTreeFixtures(),
    text: textFixtures(),
  };
}
