// Goal: what a gateway knows of accounts is bounded, and never lacks what was just learned. Method: a
// full cache whose oldest account is asked for together with new ones.
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.js";
import { encode } from "../../../src/codec/schema.js";
import { TABLES } from "../../../src/declarations/tables.js";
import type { NodeQueries } from "../../../src/gateway/nodeQueries.js";
import { type Principal, Rights } from "../../../src/gateway/rights.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";

const row = encode(TABLES.account.row, {
  organisation: 1,
  policy: singleKeyPolicy(new Uint8Array(32).fill(3)),
  roles: 0,
  status: 1,
  referenceRequired: false,
  amountMin: 0n,
  assets: [],
  openBalances: 0,
  channels: 0,
});

function accountOf(n: number): Uint8Array {
  const account = new Uint8Array(32);
  new DataView(account.buffer).setUint32(0, n);
  return account;
}

const accounts = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => accountOf(from + i));

describe("rights", () => {
  test("an account learned long ago is not forgotten for those that are learned with it", async () => {
    let asked = 0;
    const queries = {
      rows: async (_table: number, keys: readonly Uint8Array[]) => {
        asked += keys.length;
        return { rows: keys.map(() => row) };
      },
    } as unknown as NodeQueries;
    const rights = new Rights(queries, false);
    const who: Principal = {
      kind: "account",
      account: accountOf(0),
      organisation: 1,
      isAuditor: false,
      policy: new Uint8Array(),
    };
    const half = LIMITS.accountOrganisationsCachedMax / 2;
    await rights.learn(accounts(0, half));
    await rights.learn(accounts(half, half));
    // A block: the oldest account of all beside as many strangers as make room of their own.
    await rights.learn([accountOf(0), ...accounts(2 * half, 50)]);
    expect(asked).toBe(2 * half + 51);
    expect(rights.isOwn(who, accountOf(0))).toBe(true);
    expect(rights.isOwn(who, accountOf(2 * half + 49))).toBe(true);
    // What nobody asked for since made room, and is learned again when somebody does.
    expect(rights.isOwn(who, accountOf(1))).toBe(false);
    await rights.learn([accountOf(1), accountOf(0)]);
    expect(asked).toBe(2 * half + 52);
    expect(rights.isOwn(who, accountOf(1))).toBe(true);
    // What is asked for in every block is never asked for again, however many others come and go.
    for (let from = 3 * half; from < 8 * half; from += half / 5) {
      await rights.learn([accountOf(0), ...accounts(from, half / 5)]);
      expect(rights.isOwn(who, accountOf(0))).toBe(true);
    }
    expect(asked).toBe(7 * half + 52);
  });
});
