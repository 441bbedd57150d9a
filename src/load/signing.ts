/** Signs all payments of a run before it begins, so that signing is no part of what is measured. */

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { assert } from "../base/assert.js";
import { concatBytes, hexBytes } from "../base/bytes.js";
import { encode } from "../codec/schema.js";
import { transactionSignBytes } from "../crypto/digests.js";
import { OPERATIONS } from "../declarations/operations.js";
import { TRANSACTION_VERSION, transactionBody } from "../types/transaction.js";
import type { Schedule } from "./schedule.js";

/** PKCS #8 (RFC 8410) around a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = hexBytes("302e020100300506032b657004220420");
const SPKI_PREFIX_SIZE_BYTES = 12;
const SALT_SIZE_BYTES = 16;
const TX_ID_SIZE_BYTES = 32;
/** Payments between two reports of progress. */
const PROGRESS_STEP = 2_000;

export interface LoadAccount {
  readonly accountId: Uint8Array;
  readonly keySeed: Uint8Array;
}

export interface SigningOptions {
  readonly schedule: Schedule;
  readonly accounts: readonly LoadAccount[];
  readonly genesisHash: Uint8Array;
  /** Numbers of the assets that the schedule counts from 0. */
  readonly assets: readonly number[];
  readonly channel: number;
  /** First free nonce of each account in that channel. */
  readonly firstNonces: readonly bigint[];
  readonly validUntilMs: number;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Signed payments as they are sent. `texts[node]` is one JSON array body: entries of `entrySizeBytes`
 * bytes, each a quoted base64url text with its comma, in the order of the node's schedule. So any run
 * of entries is sent as it lies there.
 */
export interface SignedPayments {
  /** txId of payment k at 32 k. */
  readonly ids: Uint8Array;
  readonly entrySizeBytes: number;
  readonly texts: readonly Uint8Array[];
}

interface Key {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function keyOf(seed: Uint8Array): Key {
  const key = createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX_SIZE_BYTES)),
    sign: (message) => sign(null, message, key),
  };
}

/** One witness of party 0 and no attachment, as types/README.md states them. */
function withWitness(bodyBytes: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): Buffer {
  const [oneWitness, party, noAttachment] = [1, 0, 0];
  return Buffer.concat([
    bodyBytes,
    Uint8Array.of(oneWitness, party),
    publicKey,
    signature,
    Uint8Array.of(noAttachment),
  ]);
}

export async function signPayments(options: SigningOptions): Promise<SignedPayments> {
  const { schedule, accounts, genesisHash, assets, channel, firstNonces, validUntilMs } = options;
  const keys = accounts.map(({ keySeed }) => keyOf(keySeed));
  const nonces = [...firstNonces];
  const ids = new Uint8Array(new SharedArrayBuffer(schedule.count * TX_ID_SIZE_BYTES));
  const chainTag = genesisHash.slice(0, 8);
  const { transfer } = OPERATIONS;

  const make = (k: number): Buffer => {
    const payer = schedule.payer[k] as number;
    const { accountId } = accounts[payer] as LoadAccount;
    const nonce = nonces[payer] as bigint;
    nonces[payer] = nonce + 1n;
    // A salt keeps ids apart; it need not be secret here, and the same seed gives the same bytes.
    const salt = new Uint8Array(SALT_SIZE_BYTES);
    new DataView(salt.buffer).setUint32(0, k, true);
    const bodyBytes = encode(transactionBody, {
      version: TRANSACTION_VERSION,
      chainTag,
      channel,
      nonce,
      validUntilMs,
      salt,
      parties: [accountId],
      operations: [
        {
          code: transfer.code,
          body: encode(transfer.body.schema, {
            by: 0,
            to: (accounts[schedule.payee[k] as number] as LoadAccount).accountId,
            asset: assets[schedule.asset[k] as number] as number,
            amount: BigInt(schedule.amount[k] as number),
            code: 0,
            reference: { kind: "none", value: {} },
            paymentId: undefined,
          }),
        },
      ],
    });
    const txId = createHash("sha256").update(genesisHash).update(bodyBytes).digest();
    ids.set(txId, k * TX_ID_SIZE_BYTES);
    const key = keys[payer] as Key;
    return withWitness(bodyBytes, key.publicKey, key.sign(transactionSignBytes(txId)));
  };

  let entrySizeBytes = 0;
  let done = 0;
  const texts: Uint8Array[] = [];
  for (const payments of schedule.byNode) {
    let text: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    for (const [at, k] of payments.entries()) {
      const entry = `"${make(k).toString("base64url")}",`;
      if (entrySizeBytes === 0) entrySizeBytes = entry.length;
      assert(entry.length === entrySizeBytes, "payments of one run have equal sizes");
      if (at === 0) text = Buffer.from(new SharedArrayBuffer(payments.length * entrySizeBytes));
      text.write(entry, at * entrySizeBytes, "latin1");
      done++;
      if (done % PROGRESS_STEP !== 0) continue;
      options.progress(done, schedule.count);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    texts.push(text);
  }
  options.progress(done, schedule.count);
  return { ids, entrySizeBytes, texts };
}
