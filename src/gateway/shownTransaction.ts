/** How much of a transaction's bytes and operations an asker is shown (README.md, GAT-9). */

import { bytesToText, operationToJson, type ResultOf } from "../api/index.js";
import { present } from "../base/assert.js";
import { tryDecode } from "../codec/schema.js";
import { idToText } from "../codec/text.js";
import { operationByCode } from "../declarations/operations.js";
import type { AccountId } from "../types/primitives.js";
import type { Operation, Transaction } from "../types/transaction.js";
import type { Principal, Rights } from "./rights.js";

type TransactionJson = NonNullable<ResultOf<"tx.get">["transaction"]>;

export interface ShownTransaction {
  readonly transaction: TransactionJson;
  /** The bytes as they were submitted, where the asker may have them. */
  readonly bytes?: string;
}

function hasSecret({ code }: Operation): boolean {
  return operationByCode(code)?.body.fields.some(({ kind }) => kind === "secret") ?? false;
}

/** Accounts in an operation's fields. Whoever acts is a party and not among them. */
function namedAccounts({ code, body }: Operation): AccountId[] {
  const declaration = operationByCode(code);
  const decoded = declaration === undefined ? undefined : tryDecode(declaration.body.schema, body);
  if (declaration === undefined || !decoded?.ok) return [];
  const values = decoded.value as Record<string, unknown>;
  return declaration.body.fields.flatMap(({ name, kind }) => {
    const value = values[name];
    return kind === "account" && value instanceof Uint8Array ? [value] : [];
  });
}

/** Whether the asker's organisation signed the envelope, or the asker reads everything. */
export async function readsEnvelope(
  rights: Rights,
  principal: Principal,
  parties: readonly AccountId[],
): Promise<boolean> {
  if (rights.readsAll(principal)) return true;
  await rights.learn(parties);
  return parties.some((party) => rights.isOwn(principal, party));
}

/**
 * Whether an operation of the transaction brings the secret of an account of another organisation.
 * Such an account belongs to the organisation of whoever opens it, the party that acts (DEC-1).
 */
export async function bringsForeignSecret(
  rights: Rights,
  principal: Principal,
  { operations, parties }: Transaction["body"],
): Promise<boolean> {
  const openers = operations.filter(hasSecret).map(({ body }) => actorOf(body, parties));
  if (openers.length === 0) return false;
  await rights.learn(openers);
  return openers.some((opener) => !rights.isOwn(principal, opener));
}

function actorOf(body: Uint8Array, parties: readonly AccountId[]): AccountId {
  return present(parties[body[0] as number], "static validity bounds party indices");
}

/**
 * Whoever is of the envelope sees it whole; who is only named in it sees the operations that name
 * an account of the own organisation, and of the parties those that act in them. Secrets of accounts
 * go to their own organisation alone.
 */
export async function shownTransaction(
  rights: Rights,
  principal: Principal,
  transaction: Transaction,
): Promise<ShownTransaction> {
  const { body, attachment } = transaction;
  const { parties } = body;
  const isWhole = await readsEnvelope(rights, principal, parties);
  const named = isWhole ? [] : body.operations.map(namedAccounts);
  if (!isWhole) await rights.learn(named.flat());
  const hidesSecret = await bringsForeignSecret(rights, principal, body);
  const shown = body.operations.flatMap((operation, index) =>
    isWhole || named[index]?.some((account) => rights.isOwn(principal, account))
      ? [{ operation, index }]
      : [],
  );
  const acting = new Set(shown.map(({ operation }) => operation.body[0] as number));
  const operations = shown.map(({ operation, index }) => {
    const { body: encoded, ...json } = operationToJson(operation);
    const isHidden =
      hasSecret(operation) && !rights.isOwn(principal, actorOf(operation.body, parties));
    return { index, ...json, ...(isHidden ? {} : { body: encoded }) };
  });
  return {
    transaction: {
      ...(isWhole ? { channel: body.channel, nonce: body.nonce.toString() } : {}),
      validUntilMs: body.validUntilMs,
      parties: parties.map((party, i) =>
        isWhole || acting.has(i) ? idToText("account", party) : null,
      ),
      operations,
      attachmentSizeBytes: attachment?.length ?? 0,
    },
    ...(isWhole && !hidesSecret ? { bytes: bytesToText(transaction.bytes) } : {}),
  };
}
