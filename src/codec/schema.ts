import { assert } from "../base/assert.js";
import { fromUtf8, utf8 } from "../base/bytes.js";
import { accepted, type Result, rejected } from "../base/result.js";
import { CodecError } from "./errors.js";
import { Reader } from "./reader.js";
import type { Shape } from "./shape.js";
import { Writer } from "./writer.js";

/**
 * A schema: writes values of T as BCS and reads them back, refusing every encoding but the one
 * that it would write itself. `sizeBytesMin` lets a list check its length before it allocates.
 */
export interface Schema<T> {
  readonly sizeBytesMin: number;
  /** What it is made of, for descriptions and tests. All combinators of this file give it. */
  readonly shape?: Shape;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;

/** A writer that waits for the next record; small ones are most, and need no buffer of their own. */
let idleWriter: Writer | undefined = new Writer(1_024);
/** A writer that grew beyond this is not kept. */
const KEPT_WRITER_SIZE_BYTES = 4_096;

/** BCS bytes of a value. A value outside its schema is a bug of the caller, hence asserted. */
export function encode<T>(schema: Schema<T>, value: T): Uint8Array {
  // While one record is written another may be: it takes a writer of its own.
  const writer = idleWriter ?? new Writer();
  idleWriter = undefined;
  try {
    schema.write(writer, value);
    return writer.finish();
  } finally {
    if (writer.length <= KEPT_WRITER_SIZE_BYTES) {
      writer.restart();
      idleWriter = writer;
    }
  }
}

/**
 * The value of `bytes`, which must hold it and nothing more.
 *
 * @throws {CodecError} If they do not.
 */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = schema.read(reader);
  reader.end();
  return value;
}

/** As {@link decode}, for bytes from outside: answers a code instead of throwing. */
export function tryDecode<T>(
  schema: Schema<T>,
  bytes: Uint8Array,
): Result<T, CodecError["detail"]["code"]> {
  try {
    return accepted(decode(schema, bytes));
  } catch (error) {
    if (error instanceof CodecError) return rejected(error.code, error.message);
    throw error;
  }
}

export const u8: Schema<number> = {
  shape: { kind: "u8" },
  sizeBytesMin: 1,
  write: (writer, value) => writer.u8(value),
  read: (reader) => reader.u8(),
};

export const u16: Schema<number> = {
  shape: { kind: "u16" },
  sizeBytesMin: 2,
  write: (writer, value) => writer.u16(value),
  read: (reader) => reader.u16(),
};

export const u32: Schema<number> = {
  shape: { kind: "u32" },
  sizeBytesMin: 4,
  write: (writer, value) => writer.u32(value),
  read: (reader) => reader.u32(),
};

/** u64 as bigint: amounts, nonces, sequences that clients choose. */
export const u64: Schema<bigint> = {
  shape: { kind: "u64" },
  sizeBytesMin: 8,
  write: (writer, value) => writer.u64(value),
  read: (reader) => reader.u64(),
};

/** u64 as a safe integer: heights, views, times. Above 2^53 - 1 it is refused. */
export const count: Schema<number> = {
  shape: { kind: "count" },
  sizeBytesMin: 8,
  write: (writer, value) => writer.count(value),
  read: (reader) => reader.count(),
};

export const bool: Schema<boolean> = {
  shape: { kind: "bool" },
  sizeBytesMin: 1,
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read: (reader) => {
    const byte = reader.u8();
    if (byte > 1) throw reader.badValue("a boolean that is neither 0 nor 1");
    return byte === 1;
  },
};

/** Exactly `sizeBytes` bytes, without a length. */
export function fixedBytes(sizeBytes: number): Schema<Uint8Array> {
  return {
    shape: { kind: "fixedBytes", sizeBytes },
    sizeBytesMin: sizeBytes,
    write: (writer, value) => {
      assert(value.length === sizeBytes, `expected ${sizeBytes} bytes, got ${value.length}`);
      writer.raw(value);
    },
    read: (reader) => reader.raw(sizeBytes),
  };
}

/** A ULEB128 length and that many bytes, between `min` and `max`. */
export function bytes(max: number, min = 0): Schema<Uint8Array> {
  return {
    shape: { kind: "bytes", min, max },
    sizeBytesMin: 1 + min,
    write: (writer, value) => {
      assert(
        value.length >= min && value.length <= max,
        `${value.length} bytes: not ${min}-${max}`,
      );
      writer.uleb(value.length);
      writer.raw(value);
    },
    read: (reader) => {
      const length = reader.length(max);
      if (length < min) throw reader.badValue(`fewer than ${min} bytes`);
      return reader.raw(length);
    },
  };
}

/** UTF-8 text of at most `max` bytes. */
export function text(max: number, min = 0): Schema<string> {
  const schema = bytes(max, min);
  return {
    shape: { kind: "text", min, max },
    sizeBytesMin: schema.sizeBytesMin,
    write: (writer, value) => {
      const encoded = utf8(value);
      assert(fromUtf8(encoded) === value, "text with half a surrogate pair");
      schema.write(writer, encoded);
    },
    read: (reader) => {
      const value = fromUtf8(schema.read(reader));
      if (value === undefined) throw reader.badValue("text that is not UTF-8");
      return value;
    },
  };
}

/** A ULEB128 count and that many items, between `min` and `max`. */
export function list<T>(item: Schema<T>, max: number, min = 0): Schema<readonly T[]> {
  return {
    shape: { kind: "list", item, min, max },
    sizeBytesMin: 1 + min * item.sizeBytesMin,
    write: (writer, items) => {
      assert(
        items.length >= min && items.length <= max,
        `${items.length} items: not ${min}-${max}`,
      );
      writer.uleb(items.length);
      for (const value of items) item.write(writer, value);
    },
    read: (reader) => {
      const length = reader.length(max, item.sizeBytesMin);
      if (length < min) throw reader.badValue(`fewer than ${min} items`);
      const items: T[] = [];
      for (let i = 0; i < length; i++) items.push(item.read(reader));
      return items;
    },
  };
}

/** BCS option: 0, or 1 and the value. */
export function option<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    shape: { kind: "option", inner },
    sizeBytesMin: 1,
    write: (writer, value) => {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(writer, value);
    },
    read: (reader) => {
      const tag = reader.u8();
      if (tag > 1) throw reader.badValue("an option that is neither 0 nor 1");
      return tag === 0 ? undefined : inner.read(reader);
    },
  };
}

type Fields = Readonly<Record<string, Schema<never> | Schema<unknown>>>;
type StructOf<F> = { readonly [K in keyof F]: F[K] extends Schema<infer T> ? T : never };

/** Fields in the order in which they are written down. */
// biome-ignore lint/suspicious/noExplicitAny: the only way to infer each field's own type
export function struct<F extends Readonly<Record<string, Schema<any>>>>(
  fields: F,
): Schema<StructOf<F>> {
  const entries = Object.entries(fields as Fields) as [string, Schema<unknown>][];
  return {
    shape: { kind: "struct", fields: entries },
    sizeBytesMin: entries.reduce((sum, [, schema]) => sum + schema.sizeBytesMin, 0),
    write: (writer, value) => {
      for (const [name, schema] of entries) {
        schema.write(writer, (value as Record<string, unknown>)[name]);
      }
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, schema] of entries) value[name] = schema.read(reader);
      return value as StructOf<F>;
    },
  };
}

type Variants = Readonly<Record<string, Schema<unknown>>>;
// biome-ignore lint/suspicious/noExplicitAny: as in `struct`
type AnyVariants = Readonly<Record<string, Schema<any>>>;
type UnionOf<V> = {
  [K in keyof V]: { readonly kind: K; readonly value: V[K] extends Schema<infer T> ? T : never };
}[keyof V];

/** BCS enum: ULEB128 variant in the order in which they are written down, then its value. */
export function union<V extends AnyVariants>(variants: V): Schema<UnionOf<V>> {
  const entries = Object.entries(variants as Variants);
  const indexOf = new Map(entries.map(([name], index) => [name, index]));
  return {
    shape: { kind: "union", variants: entries },
    sizeBytesMin: 1 + Math.min(...entries.map(([, schema]) => schema.sizeBytesMin)),
    write: (writer, variant) => {
      const { kind, value } = variant as { kind: string; value: unknown };
      const index = indexOf.get(kind);
      const entry = index === undefined ? undefined : entries[index];
      assert(index !== undefined && entry !== undefined, `unknown variant ${kind}`);
      writer.uleb(index);
      entry[1].write(writer, value);
    },
    read: (reader) => {
      const entry = entries[reader.uleb()];
      if (entry === undefined) throw reader.badValue("an unknown variant");
      return { kind: entry[0], value: entry[1].read(reader) } as UnionOf<V>;
    },
  };
}

/** A u8 that names one of `values`, which are written as their code. */
export function codes<T extends number>(values: readonly T[], what: string): Schema<T> {
  return {
    shape: { kind: "codes", values },
    sizeBytesMin: 1,
    write: (writer, value) => {
      assert(values.includes(value), `an unknown ${what} ${value}`);
      writer.u8(value);
    },
    read: (reader) => {
      const code = reader.u8() as T;
      if (!values.includes(code)) throw reader.badValue(`an unknown ${what} ${code}`);
      return code;
    },
  };
}

/** As `inner`, with a further rule that a well-formed value has to keep. */
export function refined<T>(
  inner: Schema<T>,
  holds: (value: T) => boolean,
  what: string,
): Schema<T> {
  return {
    shape: { kind: "refined", inner, rule: what },
    sizeBytesMin: inner.sizeBytesMin,
    write: (writer, value) => {
      assert(holds(value), what);
      inner.write(writer, value);
    },
    read: (reader) => {
      const value = inner.read(reader);
      if (!holds(value)) throw reader.badValue(what);
      return value;
    },
  };
}
