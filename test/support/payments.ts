/** Signed payments of the fake network. */

import { bytesToText } from "../../src/api/index.js";
import { toHex } from "../../src/base/bytes.js";
import { draft, operation, seal, signDraft } from "../../src/client/index.js";
import { NO_REFERENCE } from "../../src/declarations/fields.js";
import { type AccountName, genesisHash, idOf, START_MS, signerOf } from "./fakeNetwork.js";

export interface PaymentOptions {
  readonly nonce?: bigint;
  readonly channel?: number;
  readonly amount?: bigint;
  readonly validUntilMs?: number;
  readonly genesisHash?: Uint8Array;
  readonly signers?: readonly string[];
}

export function payment(from: AccountName, to: AccountName, options: PaymentOptions = {}) {
  const made = draft({
    genesisHash: options.genesisHash ?? genesisHash,
    parties: [idOf(from)],
    operations: [
      operation("transfer", {
        by: 0,
        to: idOf(to),
        asset: 0,
        amount: options.amount ?? 12_50n,
        code: 0,
        reference: NO_REFERENCE,
        paymentId: undefined,
      }),
    ],
    channel: options.channel ?? 0,
    nonce: options.nonce ?? 1n,
    validUntilMs: options.validUntilMs ?? START_MS + 3_600_000,
    salt: new Uint8Array(16),
  });
  const signers = options.signers ?? [from];
  const bytes = seal(
    made,
    signers.map((name) => signDraft(made, idOf(from), signerOf(name))),
  );
  return { made, bytes, text: bytesToText(bytes), txId: toHex(made.txId) };
}
