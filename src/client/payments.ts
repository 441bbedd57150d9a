/** The common case: one payment from one account to another. */

import { utf8 } from "../base/bytes.js";
import { NO_REFERENCE } from "../declarations/fields.js";
import type { OperationBody } from "../declarations/operations.js";
import { RESULT, resultCode } from "../declarations/resultCodes.js";
import type { AccountId } from "../types/primitives.js";
import { minorUnits } from "./amounts.js";
import type { FondacoClient, SubmitResult } from "./client.js";
import { ClientError } from "./errors.js";
import { accountFrom, accountToText, type Wallet } from "./keys.js";
import { draft, operation, seal, signDraft } from "./transactionBuilder.js";

type Reference = OperationBody<"transfer">["reference"];

export interface PaymentRequest {
  readonly from: Wallet;
  readonly to: AccountId | string;
  /** Code of the asset. */
  readonly asset: string;
  /** Decimal text such as `"12.50"`, or minor units as a bigint. */
  readonly amount: string | bigint;
  /** Text of at most 64 bytes, or a typed reference. */
  readonly reference?: string | Reference;
  /** 16 bytes: the same id and payment is paid once, whoever asks and however often. */
  readonly paymentId?: Uint8Array;
  /** How long it may take effect; 5 minutes if absent. */
  readonly validForMs?: number;
  readonly wait?: "admitted" | "final";
  readonly receipt?: "none" | "full" | "proof";
  readonly signal?: AbortSignal;
}

export interface PaymentResult extends SubmitResult {
  /** The signed bytes: submitting them again is always safe. */
  readonly transaction: Uint8Array;
}

const VALID_FOR_MS = 5 * 60_000;
const REFERENCE_SIZE_BYTES_MAX = 64;
/** Channels to try when other processes use the same ones. */
const CHANNELS_TRIED_MAX = 4;

function referenceOf(reference: PaymentRequest["reference"]): Reference {
  if (reference === undefined || reference === "") return NO_REFERENCE;
  if (typeof reference !== "string") return reference;
  if (utf8(reference).length > REFERENCE_SIZE_BYTES_MAX) {
    const words = `A reference in words has at most ${REFERENCE_SIZE_BYTES_MAX} bytes of UTF-8.`;
    throw new ClientError("BAD_ARGUMENT", words);
  }
  return { kind: "text", value: reference };
}

/** Assets never change number or scale, so each is asked for once. */
const assetsKnown = new WeakMap<
  FondacoClient,
  Map<string, Promise<{ readonly asset: number; readonly scale: number }>>
>();

export function assetOf(
  client: FondacoClient,
  code: string,
): Promise<{ readonly asset: number; readonly scale: number }> {
  const known = assetsKnown.get(client) ?? new Map();
  assetsKnown.set(client, known);
  let found = known.get(code);
  if (found === undefined) {
    found = client.call("asset.get", { asset: code }).then(({ asset }) => asset);
    known.set(code, found);
    found.catch(() => known.delete(code));
  }
  return found;
}

export async function pay(client: FondacoClient, request: PaymentRequest): Promise<PaymentResult> {
  const { from, wait = "final", receipt = "none", signal } = request;
  const to = accountFrom(request.to);
  const { asset, scale } = await assetOf(client, request.asset);
  const amount = minorUnits(request.amount, scale);
  if (amount <= 0n) throw new ClientError("BAD_ARGUMENT", "A payment is above zero.");
  const transfer = operation("transfer", {
    by: 0,
    to,
    asset,
    amount,
    code: 0,
    reference: referenceOf(request.reference),
    paymentId: request.paymentId,
  });
  const account = accountToText(from.account);
  for (let tried = 1; ; tried++) {
    const channel = await client.nonceChannel(account);
    const { nonce, release } = await channel.take();
    try {
      const made = draft({
        genesisHash: client.genesisHash,
        parties: [from.account],
        operations: [transfer],
        channel: channel.channel,
        nonce,
        validUntilMs: Date.now() + (request.validForMs ?? VALID_FOR_MS),
      });
      const transaction = seal(
        made,
        from.signers.map((signer) => signDraft(made, from.account, signer)),
      );
      const result = await client.submit(transaction, {
        wait,
        receipt,
        ...(signal === undefined ? {} : { signal }),
      });
      // Another process took the nonce: this transaction can never take effect, so a new one may.
      const isTaken = result.outcome === "void" && result.code === RESULT.NONCE_USED;
      if (isTaken && tried < CHANNELS_TRIED_MAX) {
        client.leaveChannel(account);
        continue;
      }
      // Too many nonces were given out for transactions that no node took: begin another channel.
      if (result.code === RESULT.NONCE_OUT_OF_WINDOW) client.leaveChannel(account);
      return { ...checked(result), transaction };
    } finally {
      release();
    }
  }
}

function checked(result: SubmitResult): SubmitResult {
  const { txId, status, code = 0, codeName = "unknown code", outcome } = result;
  if (status === "expired") {
    throw new ClientError("EXPIRED", "The payment expired without effect; pay anew.", { txId });
  }
  if (outcome === undefined || outcome === "applied") return result;
  // Void is not always for good: another block may still hold the same bytes before they expire.
  const mayStillApply = outcome === "void" && resultCode(code)?.retry === "same-bytes";
  const words = mayStillApply
    ? `The payment had no effect so far: ${codeName} (${code}). It may still be applied until it expires: submit the same bytes, never a new payment without a payment id.`
    : `The payment had no effect: ${codeName} (${code}).`;
  const fields = { txId, status, resultCode: code, codeName, mayStillApply };
  throw new ClientError("NOT_APPLIED", words, fields);
}
