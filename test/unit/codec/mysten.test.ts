// Goal: what we call BCS is BCS. Method: every record and every combinator against `@mysten/bcs`, a
// library that others wrote, in both directions and on random values.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import {
  bool,
  bytes,
  codes,
  count,
  decode,
  encode,
  fixedBytes,
  list,
  option,
  type Schema,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  union,
} from "../../../src/codec/schema.js";
import { EVENTS } from "../../../src/declarations/events.js";
import { OPERATIONS } from "../../../src/declarations/operations.js";
import { TABLES } from "../../../src/declarations/tables.js";
import {
  generate,
  PROOF_RECORDS,
  Random,
  TYPE_RECORDS,
  toJson,
  toMysten,
} from "../../support/records.js";

type AnySchema = Schema<unknown>;

const COMBINATORS: ReadonlyMap<string, AnySchema> = new Map<string, AnySchema>([
  ["u8", u8],
  ["u16", u16],
  ["u32", u32],
  ["u64", u64],
  ["count", count],
  ["bool", bool],
  ["codes", codes([1, 2, 9], "code")],
  ["fixedBytes", fixedBytes(5)],
  ["bytes", bytes(300)],
  ["text", text(60)],
  ["list", list(u16, 200)],
  ["list of lists", list(list(bytes(9), 4), 4)],
  ["option", option(u32)],
  ["option of option", option(option(text(8)))],
  ["struct", struct({ a: u8, b: text(9), c: option(bool) })],
  ["union", union({ first: u8, second: list(u64, 3), third: struct({}) })],
]);

const ALL: ReadonlyMap<string, AnySchema> = new Map([
  ...COMBINATORS,
  ...TYPE_RECORDS,
  ...PROOF_RECORDS,
  ...Object.entries(OPERATIONS).map(
    ([name, item]) => [`operation ${name}`, item.body.schema as AnySchema] as const,
  ),
  ...Object.entries(EVENTS).map(
    ([name, item]) => [`event ${name}`, item.body.schema as AnySchema] as const,
  ),
  ...Object.entries(TABLES).map(([name, item]) => [`row ${name}`, item.row as AnySchema] as const),
]);

describe("@mysten/bcs", () => {
  for (const [name, schema] of ALL) {
    it(`agrees on ${name}, both ways`, () => {
      const mysten = toMysten(schema);
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const value = generate(schema, new Random(seed));
          const ours = encode(schema, value);
          const json = toJson(schema, value);
          expect(toHex(mysten.serialize(json).toBytes())).toBe(toHex(ours));
          expect(mysten.parse(ours)).toEqual(json);
          // And what they wrote, we read: the value comes back, and its only encoding is this one.
          expect(toJson(schema, decode(schema, ours))).toEqual(json);
          expect(encode(schema, decode(schema, ours))).toEqual(ours);
        }),
        { numRuns: 40 },
      );
    });
  }
});
