// Goal: LED-6: sums of balances are exact, whether made of numbers or of BigInts. Method: the schema's
// row and BigInts as oracle, with amounts and limits around 0, 2^53 and 2^63.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { I64_MAX } from "../../../src/base/checkedInt.js";
import { decode, encode } from "../../../src/codec/schema.js";
import { BALANCE_OFFSET, balanceRow, KEYS, TABLES } from "../../../src/declarations/tables.js";
import { Balance } from "../../../src/ledger/balances.js";
import type { LedgerContext } from "../../../src/ledger/context.js";
import { MemoryRows } from "../../../src/ledger/memoryRows.js";
import { Rows } from "../../../src/ledger/rows.js";

const account = new Uint8Array(32).fill(7);

/** A balance with this row; nothing else of the context is looked at. */
function balanceOf(row: Uint8Array): Balance {
  const source = new MemoryRows();
  source.set(TABLES.balance.id, KEYS.balance(account, 3), row);
  return new Balance({ rows: new Rows({ source }) } as unknown as LedgerContext, account, 3);
}

const around = (middle: bigint) => fc.bigInt(middle - 3n, middle + 3n);
const U64_MAX = 2n ** 64n - 1n;
const u64 = fc
  .oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, U64_MAX), around(2n ** 53n), around(2n ** 63n))
  .filter((value) => value <= U64_MAX);
const available = fc
  .oneof(fc.bigInt(-5n, 5n), fc.bigInt(-I64_MAX, I64_MAX), around(2n ** 53n), around(-(2n ** 53n)))
  .filter((value) => value <= I64_MAX);

describe("a balance", () => {
  test("covers, takes, admits and moves what the sums of BigInts say", () => {
    fc.assert(
      fc.property(available, u64, u64, u64, u64, (before, overdraft, max, limit, amount) => {
        const row = {
          available: before,
          held: 0n,
          flags: 1,
          overdraft,
          balanceMax: max,
          transferMax: limit,
          dayMax: 0n,
          freezeDeadlineMs: 0,
          freezeSequence: 0,
          seq: 4,
          head: new Uint8Array(32).fill(9),
        };
        const bytes = encode(balanceRow, row);
        const balance = balanceOf(bytes);
        const covers = before + overdraft >= amount;
        const after = before + amount;
        const takes = after <= I64_MAX && (max === 0n || after <= max);
        expect(balance.available).toBe(before);
        expect(balance.isZero).toBe(before === 0n);
        expect(balance.covers(amount)).toBe(covers);
        expect(balance.takes(amount)).toBe(takes);
        expect(balance.admits(BALANCE_OFFSET.transferMax, amount)).toBe(
          limit === 0n || amount <= limit,
        );
        if (takes) {
          balance.credit(amount);
          expect(decode(balanceRow, balance.row)).toEqual({ ...row, available: after });
          expect(bytes).toEqual(encode(balanceRow, row));
        }
        const other = balanceOf(bytes);
        if (covers && before - amount >= -(2n ** 63n)) {
          other.debit(amount);
          expect(decode(balanceRow, other.row)).toEqual({ ...row, available: before - amount });
        }
      }),
      { numRuns: 500 },
    );
  });
});
