// Goal: path, blind, value hash and first head of a row are what the README says, byte by byte.
// Method: the formulas once more, over the hash functions alone.
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { concatBytes, hexBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import { MemoryRows } from "../../../src/ledger/memoryRows.js";
import { RowHashes } from "../../../src/ledger/rowHashes.js";
import { createStateHashes } from "../../../src/merkle/statePath.js";

const keyed = (tag: string, ...parts: Uint8Array[]) =>
  blake3(concatBytes(...parts), { key: sha256(utf8(tag)) });

const account = new Uint8Array(32).fill(7);
const secret = new Uint8Array(32).fill(8);
const rows = new MemoryRows();
rows.set(TABLES.secret.id, KEYS.secret(account), secret);
const hashes = new RowHashes(nobleHasher);
const row = Uint8Array.of(1, 2, 3);

describe("row hashes", () => {
  test("DEC-5: an account's row is blinded by its secret", () => {
    const key = KEYS.balance(account, 2);
    const { path, blind } = hashes.place(rows, TABLES.balance.id, key, row);
    const expectedPath = keyed("fondaco/path/1.", Uint8Array.of(8, 0, 36), key);
    expect(toHex(path)).toBe(toHex(expectedPath));
    const expectedBlind = keyed("fondaco/blind/1", secret, path).slice(0, 16);
    expect(toHex(blind)).toBe(toHex(expectedBlind));
    expect(toHex(hashes.valueHash(blind, row))).toBe(
      toHex(keyed("fondaco/value/1", expectedBlind, row)),
    );
    expect(toHex(hashes.firstHead(rows, account, 2))).toBe(
      toHex(keyed("fondaco/blind/1", secret, path, Uint8Array.of(1))),
    );
  });

  test("DEC-5: the owner of an expiry stands in its key, that of a timer in its row", () => {
    const blindOf = (table: number, key: Uint8Array, content: Uint8Array) => {
      const { path, blind } = hashes.place(rows, table, key, content);
      return [toHex(blind), toHex(keyed("fondaco/blind/1", secret, path).slice(0, 16))];
    };
    const id = new Uint8Array(16).fill(1);
    const expiry = KEYS.paymentExpiry(5, account, id);
    const [got, expected] = blindOf(TABLES.paymentExpiry.id, expiry, new Uint8Array(0));
    expect(got).toBe(expected);
    const [timer, expectedTimer] = blindOf(TABLES.timer.id, KEYS.timer(1, 2), account);
    expect(timer).toBe(expectedTimer);
  });

  test("DEC-5: keys and rows of any length have a place and a hash", () => {
    const reference = createStateHashes(nobleHasher);
    for (const length of [0, 1, 127, 128, 300]) {
      const key = new Uint8Array(length).fill(length);
      expect(toHex(hashes.path(7, key))).toBe(toHex(reference.path(7, key)));
    }
    for (const length of [0, 1_008, 1_009, 5_000]) {
      const content = new Uint8Array(length).fill(length);
      const blind = new Uint8Array(16).fill(3);
      const expected = reference.valueHash(blind, content);
      expect(toHex(hashes.valueHash(blind, content))).toBe(toHex(expected));
    }
  });

  test("DEC-7: an event is blinded by its account's secret and its position", () => {
    const position = { height: 2 ** 40 + 5, index: 3, event: 258 };
    const target = new Uint8Array(16);
    hashes.writeEventBlind(rows, account, position, target);
    const bytes = "0500000000010000" + "03000000" + "02010000";
    const expected = keyed("fondaco/evbld/1", secret, hexBytes(bytes)).slice(0, 16);
    expect(toHex(target)).toBe(toHex(expected));
  });

  test("DEC-5: public rows have no blind", () => {
    const { blind } = hashes.place(rows, TABLES.asset.id, KEYS.asset(1), row);
    expect(toHex(blind)).toBe("00".repeat(16));
  });
});
