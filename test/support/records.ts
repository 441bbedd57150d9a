/**
 * Deterministic values of every schema, from its shape: the same seed gives the same values for
 * ever, so that hashes of their encodings freeze the formats. Also other views of a value: as JSON,
 * and as `@mysten/bcs` reads it.
 */

import { type BcsType, bcs } from "@mysten/bcs";
import { assert, present } from "../../src/base/assert.js";
import { compareBytes, hexBytes, toHex, utf8 } from "../../src/base/bytes.js";
import { encode, type Schema, struct } from "../../src/codec/schema.js";
import { Writer } from "../../src/codec/writer.js";
import * as proofRecords from "../../src/proofs/proofFile.js";
import * as batchRecords from "../../src/types/batch.js";
import { batchBody } from "../../src/types/batch.js";
import * as blockRecords from "../../src/types/block.js";
import * as genesisRecords from "../../src/types/genesis.js";
import * as keyPolicyRecords from "../../src/types/keyPolicy.js";
import * as messageRecords from "../../src/types/message.js";
import * as primitives from "../../src/types/primitives.js";
import * as receiptRecords from "../../src/types/receipt.js";
import * as transactionRecords from "../../src/types/transaction.js";
import * as voteRecords from "../../src/types/vote.js";

type AnySchema = Schema<unknown>;

function isSchema(value: unknown): value is AnySchema {
  return typeof value === "object" && value !== null && "shape" in value && "read" in value;
}

function schemasOf(module: object): [string, AnySchema][] {
  return Object.entries(module).filter((entry): entry is [string, AnySchema] => isSchema(entry[1]));
}

/** A signed batch: no schema of src/, which reads it in a way that keeps the bytes of its body. */
export const batch = struct({ body: batchBody, signature: primitives.signature });

/** Every record of src/types/ by name. New ones join by themselves. */
export const TYPE_RECORDS: ReadonlyMap<string, AnySchema> = new Map([
  ...[
    primitives,
    keyPolicyRecords,
    genesisRecords,
    transactionRecords,
    batchRecords,
    blockRecords,
    voteRecords,
    receiptRecords,
    messageRecords,
  ].flatMap(schemasOf),
  ["batch", batch as AnySchema],
]);

/** Every record of the proof file by name. */
export const PROOF_RECORDS: ReadonlyMap<string, AnySchema> = new Map(schemasOf(proofRecords));

/** Names to write in descriptions; a record that stands in two modules keeps its first name. */
export const RECORD_NAMES: ReadonlyMap<AnySchema, string> = new Map(
  [...PROOF_RECORDS, ...TYPE_RECORDS].map(([name, schema]) => [schema, name]),
);

/** Random numbers from a seed (mulberry32): deterministic, and nothing more is needed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A seed from a name, so that adding a record does not change the values of the others. */
  static named(name: string): Random {
    let seed = 0x811c9dc5;
    for (const byte of utf8(name)) seed = Math.imul(seed ^ byte, 0x01000193);
    return new Random(seed);
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return this.u32() % bound;
  }

  pick<T>(items: readonly T[]): T {
    return present(items[this.below(items.length)], "something to pick from");
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }
}

/** A number of up to `bits` bits; the ends of the range and small numbers come often. */
function integer(random: Random, bits: number): bigint {
  const max = (1n << BigInt(bits)) - 1n;
  const wide = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  return random.pick([0n, 1n, max, BigInt(random.below(100)) & max, wide & max, wide & max]);
}

const CHARACTERS = [..."ABCXYZ", ..."abc-0129. ", "é", "ß", "中", "🜚"];

function textOf(random: Random, min: number, max: number): string {
  const length = Math.min(max, min + random.below(12));
  const letters = random.pick([CHARACTERS, CHARACTERS.slice(0, 6)]);
  let text = "";
  while (utf8(text).length < length) {
    const next = text + random.pick(letters);
    text = utf8(next).length <= max ? next : `${text}A`;
  }
  return text;
}

type Fix = (value: never, random: Random) => unknown;

const byBytes =
  <T>(of: (item: T) => Uint8Array) =>
  (a: T, b: T) =>
    compareBytes(of(a), of(b));

/** How to bend a random value so that it keeps a rule; keyed by the rule's words. */
const FIXES: Readonly<Record<string, Fix>> = {
  "a key policy that nobody can satisfy": (policy: keyPolicyRecords.KeyPolicy, random) => {
    const keys = policy.keys
      .map((key) => ({ ...key, weight: Math.max(1, key.weight) }))
      .sort(byBytes((key) => key.publicKey));
    const sum = keys.reduce((total, { weight }) => total + weight, 0);
    return { keys, threshold: 1 + random.below(sum) };
  },
  "witnesses out of order": (items: readonly transactionRecords.Witness[]) =>
    items.slice().sort((a, b) => a.party - b.party || compareBytes(a.publicKey, b.publicKey)),
  "a cut out of order": (cut: blockRecords.Cut) =>
    cut.map((entry, author) => {
      const fromSeq = Math.max(1, Math.min(entry.fromSeq, entry.toSeq));
      return { ...entry, author, fromSeq, toSeq: Math.max(1, entry.fromSeq, entry.toSeq) };
    }),
  "evidence about two validators or two views": (pair: voteRecords.Evidence) => ({
    first: pair.first,
    second: { ...pair.second, voter: pair.first.voter, view: pair.first.view },
  }),
  "assets out of order": (assets: readonly number[]) => [...new Set(assets)].sort((a, b) => a - b),
};

/** A value of a schema. */
export function generate(schema: AnySchema, random: Random): unknown {
  const shape = present(schema.shape, "a schema that says what it is made of");
  switch (shape.kind) {
    case "u8":
    case "u16":
    case "u32":
      return Number(integer(random, Number(shape.kind.slice(1))));
    case "u64":
      return integer(random, 64);
    case "i64":
      return BigInt.asIntN(64, integer(random, 64));
    case "count":
      return Number(integer(random, 53));
    case "bool":
      return random.below(2) === 1;
    case "codes":
      return random.pick(shape.values);
    case "fixedBytes":
      return random.bytes(shape.sizeBytes);
    case "bytes":
      return random.bytes(Math.min(shape.max, shape.min + random.below(40)));
    case "text":
      return textOf(random, shape.min, shape.max);
    case "list": {
      const length = Math.min(shape.max, shape.min + random.below(4));
      return Array.from({ length }, () => generate(shape.item, random));
    }
    case "option":
      return random.below(2) === 0 ? undefined : generate(shape.inner, random);
    case "struct":
      return Object.fromEntries(
        shape.fields.map(([name, field]) => [name, generate(field, random)]),
      );
    case "union": {
      const [kind, variant] = random.pick(shape.variants);
      return { kind, value: generate(variant, random) };
    }
    case "refined": {
      const fix = FIXES[shape.rule] ?? ((value: unknown) => value);
      for (let attempt = 0; attempt < 1_000; attempt++) {
        const value = fix(generate(shape.inner, random) as never, random);
        if (keeps(schema, value)) return value;
      }
      throw new Error(`no value that keeps the rule "${shape.rule}": add it to FIXES`);
    }
  }
}

/** Whether a value is within its schema, which asserts that when it writes. */
function keeps(schema: AnySchema, value: unknown): boolean {
  try {
    schema.write(new Writer(), value);
    return true;
  } catch {
    return false;
  }
}

/** `count` encodings of one record. */
export function generateEncodings(name: string, schema: AnySchema, count: number): Uint8Array[] {
  const random = Random.named(name);
  return Array.from({ length: count }, () => encode(schema, generate(schema, random)));
}

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A value as JSON: byte strings as hex, 64-bit integers as decimal text, no value as null. */
export function toJson(schema: AnySchema, value: unknown): Json {
  const shape = present(schema.shape, "a schema that says what it is made of");
  switch (shape.kind) {
    case "u64":
    case "i64":
    case "count":
      return String(value);
    case "fixedBytes":
    case "bytes":
      return toHex(value as Uint8Array);
    case "list":
      return (value as readonly unknown[]).map((item) => toJson(shape.item, item));
    case "option":
      return value === undefined ? null : toJson(shape.inner, value);
    case "struct":
      return Object.fromEntries(
        shape.fields.map(([name, field]) => [
          name,
          toJson(field, (value as Record<string, unknown>)[name]),
        ]),
      );
    case "union": {
      const { kind, value: inner } = value as { kind: string; value: unknown };
      const variant = present(shape.variants.find(([name]) => name === kind)?.[1], "a variant");
      return { kind, value: toJson(variant, inner) };
    }
    case "refined":
      return toJson(shape.inner, value);
    default:
      return value as Json;
  }
}

/** The same record as `@mysten/bcs` has it. Its values are those of {@link toJson}. */
export function toMysten(schema: AnySchema): BcsType<Json, Json> {
  return mystenOf(schema) as unknown as BcsType<Json, Json>;
}

// biome-ignore lint/suspicious/noExplicitAny: the library's types follow from each schema
type Mysten = BcsType<any, any>;

function mystenOf(schema: AnySchema): Mysten {
  const shape = present(schema.shape, "a schema that says what it is made of");
  switch (shape.kind) {
    case "u8":
    case "codes":
      return bcs.u8();
    case "u16":
      return bcs.u16();
    case "u32":
      return bcs.u32();
    case "u64":
    case "count":
      return bcs.u64();
    case "i64":
      return bcs.u64().transform({
        input: (value: string) => BigInt.asUintN(64, BigInt(value)).toString(),
        output: (value: string) => BigInt.asIntN(64, BigInt(value)).toString(),
      });
    case "bool":
      return bcs.bool();
    case "fixedBytes":
      return bcs
        .bytes(shape.sizeBytes)
        .transform({ input: (hex: string) => hexBytes(hex), output: (value) => toHex(value) });
    case "bytes":
      return bcs
        .byteVector()
        .transform({ input: (hex: string) => hexBytes(hex), output: (value) => toHex(value) });
    case "text":
      return bcs.string();
    case "list":
      return bcs.vector(mystenOf(shape.item));
    case "option":
      return bcs.option(mystenOf(shape.inner));
    case "struct":
      return bcs.struct(
        "struct",
        Object.fromEntries(shape.fields.map(([name, field]) => [name, mystenOf(field)])),
      );
    case "union":
      return bcs
        .enum(
          "union",
          Object.fromEntries(shape.variants.map(([name, item]) => [name, mystenOf(item)])),
        )
        .transform({
          input: ({ kind, value }: { kind: string; value: unknown }) =>
            ({ [kind]: value }) as never,
          output: (value) => {
            const kind = (value as { $kind: string }).$kind;
            return { kind, value: (value as Record<string, unknown>)[kind] };
          },
        });
    case "refined":
      return mystenOf(shape.inner);
  }
}

/** Concatenation with a u32 length before each item, so that no two lists give the same bytes. */
export function framed(items: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const item of items) {
    assert(item.length < 2 ** 32, "an item fits its length");
    writer.u32(item.length);
    writer.raw(item);
  }
  return writer.finish();
}
