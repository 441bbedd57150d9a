/**
 * Fields of operation bodies and events: the schema that encodes a field, what it means, and one
 * sentence about it. From them come schemas, forms, the reference pages and the index of accounts.
 */

import { I64_MAX } from "../base/checkedInt.js";
import {
  bool,
  count,
  fixedBytes,
  list,
  option,
  refined,
  type Schema,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  union,
} from "../codec/schema.js";
import { keyPolicy } from "../types/keyPolicy.js";
import { hash } from "../types/primitives.js";

/** What a field means. `party` is an index into the transaction's parties. */
export type FieldKind =
  | "party"
  | "account"
  | "asset"
  | "assets"
  | "organisation"
  | "amount"
  | "balance"
  | "sequence"
  | "time"
  | "hash"
  | "clientId"
  | "secret"
  | "salt"
  | "text"
  | "boolean"
  | "number"
  | "bits"
  | "keyPolicy"
  | "reference";

export interface Field<T> {
  readonly kind: FieldKind;
  readonly schema: Schema<T>;
  readonly text: string;
  /** BCS type, as the reference page prints it. */
  readonly type: string;
}

/** A u64 read as a signed number in two's complement: a balance, which an overdraft makes negative. */
export const i64: Schema<bigint> = {
  shape: { kind: "i64" },
  sizeBytesMin: 8,
  write: (writer, value) => writer.u64(BigInt.asUintN(64, value)),
  read: (reader) => BigInt.asIntN(64, reader.u64()),
};

/** A movement of value: at least 1, at most 2^63 - 1 minor units. */
export const positiveAmount = refined(
  u64,
  (value) => value >= 1n && value <= I64_MAX,
  "an amount that is not between 1 and 2^63 - 1",
);

/** A limit or a supply: 0 to 2^63 - 1 minor units. */
export const limitAmount = refined(u64, (value) => value <= I64_MAX, "an amount above 2^63 - 1");

/** What a payment is for. `none` says nothing; the others are indexed as written. */
export const reference = union({
  none: struct({}),
  /** SHA-256 of an invoice. */
  invoiceHash: fixedBytes(32),
  /** ISO 20022 EndToEndId: at most 35 bytes. */
  endToEndId: text(35, 1),
  number: u64,
  /** At most 64 bytes of UTF-8. */
  text: text(64, 1),
});

export const NO_REFERENCE = { kind: "none", value: {} } as const;

/** Id that its creator chose, unique within the creator's account. */
export const clientId = fixedBytes(16);

function field<T>(kind: FieldKind, type: string, schema: Schema<T>) {
  return (words: string): Field<T> => ({ kind, type, schema, text: words });
}

export const party = field("party", "u8", u8);
export const account = field("account", "[u8; 32]", hash);
export const asset = field("asset", "u32", u32);
export const organisation = field("organisation", "u32", u32);
export const amount = field("amount", "u64", positiveAmount);
export const limit = field("amount", "u64", limitAmount);
export const balance = field("balance", "i64", i64);
export const sequence = field("sequence", "u64", count);
export const time = field("time", "u64", count);
export const digest = field("hash", "[u8; 32]", hash);
export const clientIdField = field("clientId", "[u8; 16]", clientId);
export const secret = field("secret", "[u8; 32]", hash);
export const salt = field("salt", "[u8; 16]", fixedBytes(16));
export const flag = field("boolean", "bool", bool);
export const byte = field("number", "u8", u8);
export const code = field("number", "u16", u16);
export const bits = field("bits", "u16", u16);
export const policy = field("keyPolicy", "KeyPolicy", keyPolicy);
export const paymentReference = field("reference", "Reference", reference);

export function name(max: number): (words: string) => Field<string> {
  return field("text", `string (1-${max} bytes)`, text(max, 1));
}

/** Assets in ascending order without repeats, so that a set has one encoding. */
export function assetSet(max: number): (words: string) => Field<readonly number[]> {
  const schema = refined(
    list(u32, max),
    (items) => items.every((item, i) => i === 0 || (items[i - 1] as number) < item),
    "assets out of order",
  );
  return field("assets", `vector<u32> (0-${max}, ascending)`, schema);
}

export function optional<T>(inner: Field<T>): Field<T | undefined> {
  return { ...inner, type: `option<${inner.type}>`, schema: option(inner.schema) };
}

/** A field of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the only way to infer each field's own type
type AnyField = Omit<Field<unknown>, "schema"> & { readonly schema: Schema<any> };
type Fields = Readonly<Record<string, AnyField>>;
export type RecordOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

export interface FieldDeclaration {
  readonly name: string;
  readonly kind: FieldKind;
  readonly type: string;
  readonly text: string;
}

/** A record: its schema, and its fields in the order in which they are encoded. */
export interface RecordDeclaration<T> {
  readonly schema: Schema<T>;
  readonly fields: readonly FieldDeclaration[];
}

export function record<F extends Fields>(fields: F): RecordDeclaration<RecordOf<F>> {
  const entries = Object.entries(fields);
  return {
    schema: struct(
      Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    ) as Schema<RecordOf<F>>,
    fields: entries.map(([name, { kind, type, text: words }]) => ({
      name,
      kind,
      type,
      text: words,
    })),
  };
}
