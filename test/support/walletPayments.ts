/** Signed payments between wallets of a real network, valid for an hour. */

import { bytesToText } from "../../src/api/index.js";
import { toHex } from "../../src/base/bytes.js";
import { draft, operation, seal, signDraft, type Wallet } from "../../src/client/index.js";
import { NO_REFERENCE } from "../../src/declarations/fields.js";

export interface WalletPayment {
  readonly genesisHash: Uint8Array;
  readonly from: Wallet;
  readonly to: Wallet;
  /** In minor units of asset 0. */
  readonly amount: bigint;
  readonly channel: number;
  readonly nonce: bigint;
}

export function walletPayment({ genesisHash, from, to, amount, channel, nonce }: WalletPayment) {
  const transfer = { by: 0, to: to.account, asset: 0, amount, code: 0 };
  const made = draft({
    genesisHash,
    parties: [from.account],
    operations: [
      operation("transfer", { ...transfer, reference: NO_REFERENCE, paymentId: undefined }),
    ],
    channel,
    nonce,
    validUntilMs: Date.now() + 3_600_000,
  });
  const witnesses = from.signers.map((signer) => signDraft(made, from.account, signer));
  return { txId: toHex(made.txId), tx: bytesToText(seal(made, witnesses)) };
}
