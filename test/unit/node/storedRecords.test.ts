// Goal: what is written by hand is what its schema says.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { encodeExecuted, executedRecord } from "../../../src/node/storedRecords.js";
import { OUTCOME } from "../../../src/types/receipt.js";

const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u32s = fc.oneof(fc.nat(300), fc.constant(0xffff_ffff), fc.nat());
const receipts = fc.record({
  txId: hashes,
  position: fc.record({ height: fc.maxSafeNat(), index: u32s, event: u32s }),
  outcome: fc.constantFrom(...Object.values(OUTCOME)),
  code: fc.nat(0xffff),
  failedOperation: fc.nat(0xff),
  eventsRoot: hashes,
  eventCount: u32s,
  cost: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});
const events = fc.record({
  code: fc.nat(0xffff),
  // Lengths around those at which their ULEB128 grows.
  body: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(127, 128, 16_383, 16_384, 65_536).map((length) => new Uint8Array(length)),
  ),
  blind: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});
const executed = fc.record({
  receipt: receipts,
  events: fc.array(events, { maxLength: 4 }),
  accounts: fc.oneof(
    fc.array(hashes, { maxLength: 4 }),
    fc.constantFrom(127, 128).map((count) => Array(count).fill(new Uint8Array(32).fill(9))),
  ),
});
const results = fc.record({
  blockHash: hashes,
  stateRoot: hashes,
  receiptsRoot: hashes,
  eventsRoot: hashes,
  cost: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  validatorsNextHash: hashes,
});
const records = fc.record({
  blockHash: hashes,
  result: results,
  resultHash: hashes,
  executed: fc.oneof(
    fc.array(executed, { maxLength: 5 }),
    fc
      .tuple(fc.constantFrom(127, 128, 129), executed)
      .map(([count, one]) => Array(count).fill(one)),
  ),
});

describe("the outcome of a block", () => {
  it("is written as its schema writes it", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(toHex(encodeExecuted(record))).toBe(toHex(encode(executedRecord, record)));
      }),
      { numRuns: 200 },
    );
  });

  it("refuses what the schema refuses", () => {
    const [record] = fc.sample(
      records.filter((made) => made.executed.length > 0),
      1,
    );
    const [first] = record!.executed;
    const of = (change: object) => ({ ...record!, executed: [{ ...first!, ...change }] });
    const body = new Uint8Array(65_537);
    const short = new Uint8Array(31);
    expect(() => encodeExecuted(of({ accounts: [short] }))).toThrow();
    expect(() => encodeExecuted(of({ receipt: { ...first!.receipt, txId: short } }))).toThrow();
    const event = { code: 1, body, blind: new Uint8Array(16) };
    expect(() => encodeExecuted(of({ events: [event] }))).toThrow();
    expect(() =>
      encodeExecuted(of({ events: [{ ...event, body: short, blind: short }] })),
    ).toThrow();
  });
});
