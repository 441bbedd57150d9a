/** JSON forms of declared records: bodies of operations and events, by the kind of each field. */

import { toHex } from "../base/bytes.js";
import { tryDecode } from "../codec/schema.js";
import { idToText } from "../codec/text.js";
import { eventByCode } from "../declarations/events.js";
import type { FieldKind, RecordDeclaration } from "../declarations/fields.js";
import { operationByCode } from "../declarations/operations.js";
import type { KeyPolicy } from "../types/keyPolicy.js";
import type { AccountId } from "../types/primitives.js";
import type { LedgerEvent, Position } from "../types/receipt.js";
import type { Operation } from "../types/transaction.js";
import { bytesToText } from "./base64.js";
import { cursorToText } from "./cursor.js";

export type JsonFields = Record<string, unknown>;

export function keyPolicyToJson(policy: KeyPolicy) {
  return {
    threshold: policy.threshold,
    keys: policy.keys.map(({ publicKey, weight }) => ({ publicKey: toHex(publicKey), weight })),
  };
}

function valueToJson(kind: FieldKind, value: unknown): unknown {
  if (value === undefined) return null;
  switch (kind) {
    case "account":
      return idToText("account", value as Uint8Array);
    case "amount":
    case "balance":
    case "sequence":
      return String(value);
    case "hash":
    case "clientId":
    case "salt":
      return toHex(value as Uint8Array);
    case "secret":
      return null;
    case "keyPolicy":
      return keyPolicyToJson(value as KeyPolicy);
    case "reference": {
      const { kind: variant, value: content } = value as { kind: string; value: unknown };
      if (variant === "none") return null;
      const text = content instanceof Uint8Array ? toHex(content) : String(content);
      return { kind: variant, value: text };
    }
    default:
      return value;
  }
}

/**
 * Fields in JSON: u64 and i64 as decimal text, accounts as bech32m, other bytes as hexadecimal,
 * absent options and secrets as null, a reference as `{ kind, value }` or null.
 */
export function recordToJson(
  declaration: RecordDeclaration<unknown>,
  body: Uint8Array,
): { readonly json: JsonFields; readonly values: JsonFields } | undefined {
  const decoded = tryDecode(declaration.schema, body);
  if (!decoded.ok) return undefined;
  const values = decoded.value as JsonFields;
  const json: JsonFields = {};
  for (const { name, kind } of declaration.fields) json[name] = valueToJson(kind, values[name]);
  return { json, values };
}

/** Whom an event concerns, and whose organisations may read it. */
export interface EventAccounts {
  readonly accounts: readonly AccountId[];
  readonly readers: readonly AccountId[];
  /** Whether anyone may read it. An event that is not declared is nobody's but an auditor's. */
  readonly isPublic: boolean;
}

const undeclared: EventAccounts = { accounts: [], readers: [], isPublic: false };

export function accountsOfEvent(event: LedgerEvent): EventAccounts {
  const declaration = eventByCode(event.code);
  if (declaration === undefined) return undeclared;
  const decoded = tryDecode(declaration.body.schema, event.body);
  if (!decoded.ok) return undeclared;
  const values = decoded.value as JsonFields;
  const pick = (names: readonly string[]) =>
    names.map((name) => values[name]).filter((value) => value instanceof Uint8Array);
  return {
    accounts: pick(declaration.accounts),
    readers: pick(declaration.readers),
    isPublic: declaration.readers.length === 0,
  };
}

export function eventToJson(event: LedgerEvent, position: Position) {
  const declaration = eventByCode(event.code);
  const decoded =
    declaration === undefined ? undefined : recordToJson(declaration.body, event.body);
  return {
    cursor: cursorToText(position),
    code: event.code,
    name: declaration?.name ?? "unknown",
    accounts: accountsOfEvent(event).accounts.map((account) => idToText("account", account)),
    fields: decoded?.json ?? {},
    body: bytesToText(event.body),
    blind: toHex(event.blind),
  };
}

export function operationToJson(operation: Operation) {
  const declaration = operationByCode(operation.code);
  const decoded =
    declaration === undefined ? undefined : recordToJson(declaration.body, operation.body);
  return {
    code: operation.code,
    name: declaration?.name ?? "unknown",
    fields: decoded?.json ?? {},
    body: bytesToText(operation.body),
  };
}
