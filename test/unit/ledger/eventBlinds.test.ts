// Goal: events carry the blinds that the README says (DEC-7), in transactions and in the timer phase.
// Method: the formula once more, over the hash functions alone, on what an executor did.
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { EVENTS } from "../../../src/declarations/events.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import { listLeafHash, listRoot } from "../../../src/merkle/listTree.js";
import {
  event as eventSchema,
  type Position,
  position as positionSchema,
} from "../../../src/types/receipt.js";
import { op, START_MS, TestChain, TestNetwork, testHasher } from "../../support/ledgerFixture.js";

const network = new TestNetwork();
const key = sha256(utf8("fondaco/evbld/1"));
const secretOf = (name: string) => {
  const organisation = name === "carol" ? 1 : 0;
  const index = { alice: 1, bob: 2, carol: 1 }[name] as number;
  return network.genesis.organisations[organisation]!.accounts[index]!.blindSecret;
};
const blindOf = (name: string, position: Position) =>
  toHex(
    blake3(concatBytes(secretOf(name), encode(positionSchema, position)), { key }).slice(0, 16),
  );
const PUBLIC = "00".repeat(16);

describe("blinds of events", () => {
  test("DEC-7: each is of the account that may read it, and of its position", () => {
    const chain = new TestChain(network);
    const pay = (to: string) =>
      op("transfer", {
        by: 0,
        to: network.id(to),
        asset: 0,
        amount: 5n,
        code: 0,
        reference: NO_REFERENCE,
        paymentId: undefined,
      });
    const first = network.transfer("alice", "bob", 1n);
    const second = network.transaction({
      parties: ["alice", "bank"],
      operations: [
        pay("carol"),
        op("asset.setFlags", { by: 1, asset: 0, flags: 18 }),
        op("asset.freeze", {
          by: 1,
          asset: 0,
          account: network.id("bob"),
          frozen: true,
          untilMs: START_MS + 1_000,
        }),
      ],
    });
    const executed = chain.block([first, second], { timeMs: START_MS + 500 });
    const found = executed.map(({ events }) => events.map(({ blind }) => toHex(blind)));
    const at = (index: number, event: number) => ({ height: 1, index, event });
    expect(found).toEqual([
      [blindOf("alice", at(1, 0)), blindOf("bob", at(1, 1))],
      [blindOf("alice", at(2, 0)), blindOf("carol", at(2, 1)), PUBLIC, blindOf("bob", at(2, 3))],
    ]);
    // The receipt's root is over leaves with blinds, and heads are those leaves.
    const { events, receipt } = executed[0]!;
    const leaves = events.map((event) => encode(eventSchema, event));
    expect(receipt.eventsRoot).toEqual(listRoot(testHasher, leaves));
    const [, received] = executed[1]!.events;
    expect(received!.code).toBe(EVENTS["payment.received"].code);
    expect(
      listLeafHash(testHasher, encode(eventSchema, { ...received!, blind: new Uint8Array(16) })),
    ).not.toEqual(listLeafHash(testHasher, encode(eventSchema, received!)));

    chain.block([], { timeMs: START_MS + 1_000 });
    const timers = chain.run.finalised.at(-1)!.executed[0]!;
    expect(timers.events.map(({ blind }) => toHex(blind))).toEqual([
      blindOf("bob", { height: 2, index: 0, event: 0 }),
    ]);
  });

  test("DEC-7: the event of a failed transaction stands first, whatever was undone", () => {
    const chain = new TestChain(network);
    const paymentId = new Uint8Array(16).fill(1);
    const paid = { asset: 0, reference: NO_REFERENCE, paymentId };
    chain.apply(network.transfer("alice", "bob", 2n, paid));
    const operations = [
      network.transfer("alice", "bob", 1n).transaction.body.operations[0]!,
      network.transfer("alice", "bob", 2n, paid).transaction.body.operations[0]!,
    ];
    const { events } = chain.apply(network.transaction({ parties: ["alice"], operations }));
    expect(events.map(({ code }) => code)).toEqual([EVENTS["payment.idTaken"].code]);
    expect(toHex(events[0]!.blind)).toBe(blindOf("alice", { height: 2, index: 1, event: 0 }));
  });
});
