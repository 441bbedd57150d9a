// Goal: the declarations agree with one another and can be decoded as the README says.
import { describe, expect, test } from "vitest";
import { hexBytes, toHex } from "../../../src/base/bytes.js";
import { decode, encode } from "../../../src/codec/schema.js";
import { EVENTS, eventByCode } from "../../../src/declarations/events.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import { OPERATIONS, operationByCode } from "../../../src/declarations/operations.js";
import { RESULT, RESULT_CODES, resultCode } from "../../../src/declarations/resultCodes.js";
import {
  BALANCE_OFFSET,
  BALANCE_SIZE_BYTES,
  balanceRow,
  countOfKey,
  KEYS,
  numberOfKey,
  TABLES,
  tableById,
} from "../../../src/declarations/tables.js";

describe("operations", () => {
  test("have distinct codes, are found by them and are named as their key", () => {
    const all = Object.entries(OPERATIONS);
    expect(new Set(all.map(([, { code }]) => code)).size).toBe(all.length);
    for (const [name, declaration] of all) {
      expect(declaration.name).toBe(name);
      expect(operationByCode(declaration.code)).toBe(declaration);
      expect(Number.isInteger(declaration.cost) && declaration.cost > 0).toBe(true);
    }
    expect(operationByCode(9999)).toBeUndefined();
  });

  test("DEC-1: every body begins with the party that acts", () => {
    for (const { body } of Object.values(OPERATIONS)) {
      expect(body.fields[0]).toMatchObject({ name: "by", kind: "party", type: "u8" });
    }
  });

  test("name events that are declared, and results in which nothing voids", () => {
    for (const { events, results } of Object.values(OPERATIONS)) {
      for (const name of events) expect(EVENTS[name].name).toBe(name);
      for (const name of results) expect(RESULT_CODES[name].isVoid).toBe(false);
    }
  });

  test("a transfer's bytes are as documented", () => {
    const bytes = encode(OPERATIONS.transfer.body.schema, {
      by: 0,
      to: new Uint8Array(32).fill(7),
      asset: 2,
      amount: 1250n,
      code: 3,
      reference: { kind: "text", value: "tea" },
      paymentId: undefined,
    });
    const expected = `00${"07".repeat(32)}02000000e20400000000000003000403${"746561"}00`;
    expect(toHex(bytes)).toBe(expected);
    expect(decode(OPERATIONS.transfer.body.schema, hexBytes(expected)).amount).toBe(1250n);
  });
});

describe("events", () => {
  test("have distinct codes and say which fields are accounts", () => {
    const all = Object.values(EVENTS);
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
    for (const declaration of all) {
      expect(eventByCode(declaration.code)).toBe(declaration);
      const names = declaration.body.fields.map(({ name }) => name);
      for (const name of declaration.accounts) expect(names).toContain(name);
    }
    expect(EVENTS["payment.sent"].accounts).toEqual(["account", "to"]);
  });

  test("DEC-2, DEC-6: a link begins with account, asset, seq, balance, previous; its owner reads it", () => {
    for (const { isLink, body, readers } of Object.values(EVENTS)) {
      if (!isLink) continue;
      const names = body.fields.slice(0, 5).map(({ name }) => name);
      expect(names).toEqual(["account", "asset", "seq", "balance", "previous"]);
      expect(readers).toEqual(["account"]);
    }
  });
});

describe("result codes", () => {
  test("DEC-3: are distinct, void in class 1 only, and found by number", () => {
    const all = Object.values(RESULT_CODES);
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
    for (const item of all) {
      expect(resultCode(item.code)).toBe(item);
      if (item.isVoid) expect(item.code).toBeLessThan(120);
    }
    expect(RESULT.INSUFFICIENT_BALANCE).toBe(210);
    expect(resultCode(999)).toBeUndefined();
  });
});

describe("tables", () => {
  test("have distinct numbers", () => {
    const all = Object.values(TABLES);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const declaration of all) expect(tableById(declaration.id)).toBe(declaration);
  });

  test("a balance row has the fixed layout that BALANCE_OFFSET states", () => {
    const row = encode(balanceRow, {
      available: -2n,
      held: 0n,
      flags: 3,
      overdraft: 10n,
      balanceMax: 20n,
      transferMax: 30n,
      dayMax: 40n,
      freezeDeadlineMs: 50,
      freezeSequence: 60,
      seq: 70,
      head: new Uint8Array(32).fill(9),
    });
    expect(row.length).toBe(BALANCE_SIZE_BYTES);
    const view = new DataView(row.buffer);
    expect(view.getBigInt64(BALANCE_OFFSET.available, true)).toBe(-2n);
    expect(row[BALANCE_OFFSET.flags]).toBe(3);
    expect(view.getBigUint64(BALANCE_OFFSET.dayMax, true)).toBe(40n);
    expect(view.getBigUint64(BALANCE_OFFSET.freezeSequence, true)).toBe(60n);
    expect(view.getBigUint64(BALANCE_OFFSET.seq, true)).toBe(70n);
    expect(row[BALANCE_OFFSET.head]).toBe(9);
    expect(decode(balanceRow, row).available).toBe(-2n);
  });

  test("DEC-4: keys are big-endian", () => {
    const account = new Uint8Array(32).fill(1);
    expect(toHex(KEYS.balance(account, 258))).toBe(`${"01".repeat(32)}00000102`);
    expect(toHex(KEYS.timer(1, 2 ** 33))).toBe("00000000000000010000000200000000");
    expect(numberOfKey(KEYS.balance(account, 258))).toBe(258);
    expect(countOfKey(KEYS.timer(1, 2 ** 33), 8)).toBe(2 ** 33);
    expect(toHex(KEYS.quota(3))).toBe("00000003");
  });

  test("the absent reference is one zero byte", () => {
    const { schema } = OPERATIONS["asset.issue"].body;
    const bytes = encode(schema, {
      by: 1,
      to: new Uint8Array(32),
      asset: 0,
      amount: 1n,
      reference: NO_REFERENCE,
    });
    expect(bytes.length).toBe(1 + 32 + 4 + 8 + 1);
  });
});
