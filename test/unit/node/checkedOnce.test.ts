// Goal: whichever ways a transaction comes, its signature is checked once; another signature is checked anew.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { beforeEach, expect, test } from "vitest";
import { present } from "../../../src/base/assert.js";
import { concatBytes } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { batchHash, batchSignBytes, transactionSignBytes } from "../../../src/crypto/digests.js";
import { nobleBatchVerifier, nobleHasher } from "../../../src/crypto/noble/index.js";
import { signatureJobs } from "../../../src/execution/prepare.js";
import { BatchChecker } from "../../../src/node/batchChecker.js";
import { type Prepared, TransactionPool } from "../../../src/node/transactionPool.js";
import { batchBody, readBatch } from "../../../src/types/batch.js";
import { readTransaction, transaction } from "../../../src/types/transaction.js";
import type { BatchVerdict } from "../../../src/validator/interface.js";
import { createInlinePool, createVerdictCache } from "../../../src/workers/index.js";
import {
  batches,
  genesisHash,
  secretOf,
  signerOf,
  transactions,
} from "../../support/exampleChain.js";

const { Point } = ed25519;
const author = signerOf("nord-1");

function prepare(bytes: Uint8Array): Prepared {
  const read = readTransaction(bytes);
  if (!read.ok) return read;
  const txId = nobleHasher.sha256(concatBytes(genesisHash, read.value.bodyBytes));
  return { ok: true, value: { transaction: read.value, txId, cost: 1 } };
}

/** A validator's ways in: clients' transactions and peers' batches, over one cache of verdicts. */
function ways() {
  const turns: (() => void)[] = [];
  let checked = 0;
  const verifier = {
    verify: (jobs: Parameters<typeof nobleBatchVerifier.verify>[0]) => {
      checked += jobs.length;
      return nobleBatchVerifier.verify(jobs);
    },
  };
  const verifierPool = createVerdictCache(createInlinePool(verifier), {
    hasher: nobleHasher,
    secret: new Uint8Array(32).fill(5),
  });
  const clock = {
    nowMs: () => 1_750_000_000_000,
    after: () => () => {},
    soon: (callback: () => void) => void turns.push(callback),
  };
  // Each client of its own: one pool would know by its id what it has taken.
  const newPool = () =>
    new TransactionPool({
      clock,
      verifierPool,
      prepare,
      signatureJobs,
      whyNotAuthorised: () => undefined,
      findFinal: () => undefined,
      headTimeMs: () => 0,
      self: 0,
      notReady: () => undefined,
      submit: () => {},
    });
  const checker = new BatchChecker({
    hasher: nobleHasher,
    clock,
    verifierPool,
    prepare,
    signatureJobs,
    // As after its end: the pool of pending transactions has forgotten it.
    isVerified: () => false,
  });
  return {
    cache: verifierPool,
    /** Signatures that were checked since the last question. */
    checked() {
      const count = checked;
      checked = 0;
      return count;
    },
    submit: (bytes: Uint8Array) =>
      new Promise<unknown>((resolve) => {
        newPool().submit([bytes], ([outcome]) => resolve(outcome));
        for (const turn of turns.splice(0)) turn();
      }),
    receive: (bytes: Uint8Array) =>
      new Promise<BatchVerdict>((resolve) => {
        const read = readBatch(bytes);
        if (!read.ok) throw new Error(read.message);
        checker.check(read.value, author.publicKey, (_hash, verdict) => resolve(verdict));
      }),
  };
}

/** A batch of the same author with other transactions. */
function batchOf(items: readonly Uint8Array[]): Uint8Array {
  const bodyBytes = encode(batchBody, { ...batches[0]!.body, transactions: items });
  const signature = author.sign(batchSignBytes(batchHash(nobleHasher, bodyBytes)));
  return concatBytes(bodyBytes, signature);
}

const [first, second] = transactions.map((made) => made);
const one = present(first, "a transaction");
const other = present(second, "another transaction");
const valid = { txId: one.txId, duplicate: false };
const invalid = expect.objectContaining({ code: "BAD_SIGNATURE" });

/** The same transaction under another signature by the same key: Ed25519 takes any nonce of the signer's. */
function signedAgain(nonce: bigint): Uint8Array {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(secretOf("alice"));
  const r = Point.BASE.multiply(nonce).toBytes();
  const message = transactionSignBytes(one.txId);
  const k = Point.Fn.fromBytes(scalarOf(sha512(concatBytes(r, pointBytes, message))));
  const s = Point.Fn.toBytes(Point.Fn.create(nonce + k * scalar));
  const [witness] = one.parts.witnesses;
  const signature = concatBytes(r, s);
  return encode(transaction, { ...one.parts, witnesses: [{ ...witness!, signature }] });
}

/** The 64-byte little-endian number modulo the group's order, in 32 bytes. */
function scalarOf(bytes: Uint8Array): Uint8Array {
  let number = 0n;
  for (const byte of [...bytes].reverse()) number = (number << 8n) | BigInt(byte);
  return Point.Fn.toBytes(Point.Fn.create(number));
}

let node: ReturnType<typeof ways>;
beforeEach(() => {
  node = ways();
});

test("NODE-11: what came by the gateway, then in a peer's batch, then while catching up, is checked once", async () => {
  expect(await node.submit(one.bytes)).toEqual(valid);
  expect(node.checked()).toBe(1);
  // Of the batch only the author's signature and the other transaction are new.
  const bytes = batchOf([one.bytes, other.bytes]);
  expect(await node.receive(bytes)).toMatchObject({ ok: true });
  expect(node.checked()).toBe(2);
  // The same batch by a page of a certified range, and in another batch.
  expect(await node.receive(bytes)).toMatchObject({ ok: true });
  expect(node.checked()).toBe(0);
  expect(await node.receive(batchOf([other.bytes, one.bytes]))).toMatchObject({ ok: true });
  expect(node.checked()).toBe(1);
  // A client that turns to this validator because another did not answer.
  expect(await node.submit(one.bytes)).toEqual(valid);
  expect(node.checked()).toBe(0);
  expect(node.cache.stats).toEqual({ hits: 1 + 3 + 2 + 1, misses: 1 + 2 + 1 });
});

test("NODE-11: a client and a peer that bring it in one moment cost one check", async () => {
  const [outcome, verdict] = await Promise.all([
    node.submit(one.bytes),
    node.receive(batchOf([one.bytes, other.bytes])),
  ]);
  expect(outcome).toEqual(valid);
  expect(verdict).toMatchObject({ ok: true });
  expect(node.checked()).toBe(1 + 2);
});

test("NODE-11: another signature of the same transaction is checked anew, good or bad", async () => {
  expect(await node.submit(one.bytes)).toEqual(valid);
  expect(node.checked()).toBe(1);
  const again = signedAgain(12_345n);
  expect(await node.submit(again)).toEqual(valid);
  expect(node.checked()).toBe(1);
  const signatureAt = one.bodyBytes.length + 1 + 1 + 32;
  for (const at of [signatureAt, signatureAt + 31, signatureAt + 32, signatureAt + 63]) {
    const spoilt = one.bytes.slice();
    spoilt[at]! ^= 1;
    expect(await node.submit(spoilt)).toEqual(invalid);
    // What was wrong is not remembered.
    expect(await node.submit(spoilt)).toEqual(invalid);
    expect(node.checked()).toBe(2);
    expect(await node.receive(batchOf([spoilt]))).toMatchObject({ ok: false });
    expect(node.checked()).toBe(2);
  }
  // Another key, and the same signature over another body.
  const [witness] = one.parts.witnesses;
  const otherKey = encode(transaction, {
    ...one.parts,
    witnesses: [{ ...witness!, publicKey: signerOf("sued").publicKey }],
  });
  expect(await node.submit(otherKey)).toEqual(invalid);
  const otherBody = encode(transaction, { ...other.parts, witnesses: one.parts.witnesses });
  expect(await node.submit(otherBody)).toEqual(invalid);
  expect(node.checked()).toBe(2);
});
