// Goal: the reader of the hot path accepts what the schemas accept and nothing else, part for part.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../src/base/bytes.js";
import { decode, encode, tryDecode } from "../../../src/codec/schema.js";
import { OPERATIONS } from "../../../src/declarations/operations.js";
import { isTransferForm } from "../../../src/execution/transferForm.js";
import {
  readTransaction,
  transaction as schema,
  transactionBody,
} from "../../../src/types/transaction.js";

const fixed = (sizeBytes: number) => fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const transactions = fc
  .record({
    parties: fc.uniqueArray(fixed(32), { minLength: 1, maxLength: 16, selector: String }),
    operations: fc.array(
      fc.record({
        code: fc.integer({ min: 0, max: 0xffff }),
        body: fc.oneof(fc.uint8Array({ maxLength: 300 }), fixed(127), fixed(128)),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    keys: fc.array(fixed(32), { minLength: 1, maxLength: 6 }),
    attachment: fc.option(fc.uint8Array({ maxLength: 400 }), { nil: undefined }),
    version: fc.integer({ min: 0, max: 0xffff }),
    channel: fc.integer({ min: 0, max: 0xffff_ffff }),
    nonce: u64,
    validUntilMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  })
  .map(({ parties, operations, keys, attachment, version, channel, nonce, validUntilMs }) => {
    const text = (key: Uint8Array) => Buffer.from(key).toString("hex");
    const sorted = [...new Map(keys.map((key) => [text(key), key])).values()]
      .map((publicKey, i) => ({ party: i % parties.length, publicKey }))
      .sort((a, b) => a.party - b.party || (text(a.publicKey) < text(b.publicKey) ? -1 : 1))
      .map((item) => ({ ...item, signature: new Uint8Array(64).fill(item.party + 1) }));
    const [chainTag, salt] = [new Uint8Array(8).fill(7), new Uint8Array(16).fill(9)];
    const body = { version, chainTag, channel, nonce, validUntilMs, salt, parties, operations };
    return { body, witnesses: sorted, attachment };
  });

/** As the format says it: the schema, and that witnesses are of parties. */
function bySchema(bytes: Uint8Array) {
  const decoded = tryDecode(schema, bytes);
  if (!decoded.ok) return undefined;
  const { body, witnesses } = decoded.value;
  return witnesses.every(({ party }) => party < body.parties.length) ? decoded.value : undefined;
}

function expectSame(bytes: Uint8Array): boolean {
  const expected = bySchema(bytes);
  const read = readTransaction(bytes);
  expect(read.ok).toBe(expected !== undefined);
  if (!read.ok || expected === undefined) return false;
  // Equal encodings are equal parts: every schema has one encoding for each value.
  const { body, bodyBytes } = read.value;
  expect(Buffer.compare(encode(transactionBody, body), bodyBytes)).toBe(0);
  expect(Buffer.compare(encode(transactionBody, expected.body), bodyBytes)).toBe(0);
  expect(Buffer.compare(encode(schema, read.value), bytes)).toBe(0);
  return true;
}

describe("a transaction read where it lies", () => {
  test("is what the schemas read", () => {
    fc.assert(
      fc.property(transactions, (parts) => {
        const bytes = encode(schema, parts);
        expect(expectSame(bytes)).toBe(true);
        const read = readTransaction(bytes);
        if (!read.ok) throw new Error(read.message);
        const { version, chainTag, channel, nonce, validUntilMs, salt } = read.value;
        const { parties, operations, witnesses, attachment } = read.value;
        const scalars = { version, chainTag, channel, nonce, validUntilMs, salt };
        const body = { ...scalars, parties, operations };
        expect({ body, witnesses, attachment }).toEqual(parts);
        for (const { publicKey } of parts.witnesses) {
          const other = publicKey.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
          for (const key of [publicKey, other]) {
            for (let party = 0; party <= parties.length; party++) {
              const isListed = parts.witnesses.some(
                (item) => item.party === party && Buffer.compare(item.publicKey, key) === 0,
              );
              expect(read.value.isWitnessedBy(party, key)).toBe(isListed);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is refused where the schemas refuse it: changed, cut, and longer bytes", () => {
    let accepted = 0;
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.constantFrom(0, 1, 2, 15, 16, 17, 0x20, 0x7f, 0x80, 0x81, 0xff),
      kind: fc.constantFrom("change", "head", "cut", "insert", "append"),
    });
    fc.assert(
      fc.property(transactions, fc.array(change, { minLength: 1, maxLength: 2 }), (parts, list) => {
        let bytes = encode(schema, parts);
        for (const { at, byte, kind } of list) {
          const i = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
          const head = Math.min(bytes.length - 1, 22 + Math.floor(at * 60));
          if (kind === "change") bytes[i] = byte;
          else if (kind === "head") bytes[head] = byte;
          else if (kind === "cut") bytes = bytes.slice(0, i);
          else if (kind === "append") bytes = concatBytes(bytes, Uint8Array.of(byte));
          else bytes = concatBytes(bytes.slice(0, i), Uint8Array.of(byte), bytes.slice(i));
          if (bytes.length === 0) bytes = Uint8Array.of(byte);
        }
        if (expectSame(bytes)) accepted++;
      }),
      { numRuns: 1_500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test("knows every place of every part: each byte of a small one, changed to what may matter", () => {
    const bytes = encode(schema, {
      body: {
        version: 1,
        chainTag: new Uint8Array(8),
        channel: 1,
        nonce: 2n,
        validUntilMs: 3,
        salt: new Uint8Array(16),
        parties: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
        operations: [{ code: 769, body: new Uint8Array(130) }],
      },
      witnesses: [0, 1].map((party) => ({
        party,
        publicKey: new Uint8Array(32).fill(5),
        signature: new Uint8Array(64),
      })),
      attachment: new Uint8Array(129),
    });
    const large = { code: 1, body: new Uint8Array(20_000) };
    for (const sizeBytes of [0, 127, 128, 16_383, 16_384, 65_536]) {
      const parts = decode(schema, bytes);
      const operations = [large, { code: 2, body: new Uint8Array(sizeBytes) }];
      expectSame(encode(schema, { ...parts, body: { ...parts.body, operations } }));
      expectSame(encode(schema, { ...parts, attachment: new Uint8Array(sizeBytes) }));
    }
    for (let i = 0; i < bytes.length; i++) {
      for (const byte of [0, 1, 2, 3, 0x7f, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[i] = byte;
        expectSame(changed);
      }
      expectSame(bytes.slice(0, i));
    }
  });
});

describe("the form of a transfer by offset", () => {
  const { schema: body } = OPERATIONS.transfer.body;
  const ascii = (max: number) =>
    fc.array(fc.integer({ min: 0x20, max: 0x7e }), { minLength: 1, maxLength: max });
  const transfers = fc.record({
    by: fc.constantFrom(0, 1),
    to: fixed(32),
    asset: fc.integer({ min: 0, max: 0xffff_ffff }),
    amount: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    code: fc.integer({ min: 0, max: 0xffff }),
    reference: fc.oneof(
      fc.constant({ kind: "none" as const, value: {} }),
      fixed(32).map((value) => ({ kind: "invoiceHash" as const, value })),
      u64.map((value) => ({ kind: "number" as const, value })),
      ascii(35).map((codes) => ({
        kind: "endToEndId" as const,
        value: String.fromCharCode(...codes),
      })),
      ascii(64).map((codes) => ({ kind: "text" as const, value: String.fromCharCode(...codes) })),
    ),
    paymentId: fc.option(fixed(16), { nil: undefined }),
  });

  test("takes every plain transfer, and no party that is not there", () => {
    fc.assert(
      fc.property(transfers, (value) => {
        const bytes = encode(body, value);
        expect(isTransferForm(bytes, 2)).toBe(true);
        expect(isTransferForm(bytes, value.by)).toBe(false);
      }),
    );
  });

  test("says yes to nothing that the schema refuses", () => {
    let refused = 0;
    const change = fc.record({ at: fc.nat(100), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        transfers,
        change,
        fc.constantFrom(-1, 0, 0, 0, 1),
        (value, { at, byte }, more) => {
          const longer = concatBytes(encode(body, value), Uint8Array.of(byte));
          const bytes = longer.subarray(0, longer.length - 1 + more);
          bytes[at % bytes.length] = byte;
          const decoded = tryDecode(body, bytes);
          if (isTransferForm(bytes, 2)) expect(decoded.ok && decoded.value.by < 2).toBe(true);
          if (!decoded.ok) refused++;
        },
      ),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(200);
    const euro = encode(body, {
      by: 0,
      to: new Uint8Array(32),
      asset: 0,
      amount: 1n,
      code: 0,
      reference: { kind: "text", value: "12 €" },
      paymentId: undefined,
    });
    expect(isTransferForm(euro, 2)).toBe(false);
  });
});
