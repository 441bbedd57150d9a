// Goal: blocks run in slices, branches switch by undoing, finality is final, reads see final state.
// Method: small chains over the reference tree; equal roots whatever the way to a state.
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { BALANCE_OFFSET, KEYS, TABLES } from "../../../src/declarations/tables.js";
import { genesisResult } from "../../../src/execution/genesisState.js";
import { ListRootBuilder, receiptLeafHash } from "../../../src/execution/receipts.js";
import { listLeafHash, listRoot, listRootOfHashes } from "../../../src/merkle/listTree.js";
import { createReferenceStateTree } from "../../../src/merkle/referenceStateTree.js";
import { createStateHashes, verifyStatePath } from "../../../src/merkle/statePath.js";
import { event as eventSchema, receipt as receiptSchema } from "../../../src/types/receipt.js";
import {
  ASSET,
  ExecutorRun,
  makeBlock,
  START_MS,
  TestChain,
  TestNetwork,
} from "../../support/ledgerFixture.js";

const hex = toHex;

function balanceOf(run: ExecutorRun, network: TestNetwork, name: string): bigint {
  return run.row(TABLES.balance, KEYS.balance(network.id(name), ASSET.cny))?.available ?? 0n;
}

describe("executing", () => {
  test("EXE-1: a transfer moves value, and its receipt and events hash to the block's roots", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const item = network.transfer("alice", "bob", 1_250n);
    const [executed] = chain.block([item]);
    expect(executed?.receipt).toMatchObject({ outcome: 1, code: 0, failedOperation: 255 });
    expect(balanceOf(chain.run, network, "alice")).toBe(98_750n);
    expect(balanceOf(chain.run, network, "bob")).toBe(51_250n);

    const final = chain.run.finalised[0]!;
    const receipts = final.executed.map(({ receipt }) => encode(receiptSchema, receipt));
    expect(hex(final.summary.result.receiptsRoot)).toBe(hex(listRoot(nobleHasher, receipts)));
    const eventsRoots = final.executed.map(({ receipt }) => receipt.eventsRoot);
    expect(hex(final.summary.result.eventsRoot)).toBe(hex(listRoot(nobleHasher, eventsRoots)));
    const events = executed!.events.map((item) => encode(eventSchema, item));
    expect(events.length).toBe(2);
    expect(hex(executed!.receipt.eventsRoot)).toBe(hex(listRoot(nobleHasher, events)));
    expect(executed!.accounts.map(hex)).toEqual([hex(network.id("alice")), hex(network.id("bob"))]);
  });

  test("EXE-4: the receipt that is hashed by offset is the receipt of the schema", () => {
    const receipt = {
      txId: new Uint8Array(32).fill(1),
      position: { height: 2 ** 40, index: 3, event: 0 },
      outcome: 2,
      code: 210,
      failedOperation: 4,
      eventsRoot: new Uint8Array(32).fill(5),
      eventCount: 6,
      cost: 7n,
    } as const;
    const bytes = encode(receiptSchema, receipt);
    expect(hex(receiptLeafHash(nobleHasher, receipt))).toBe(hex(listLeafHash(nobleHasher, bytes)));
  });

  test("EXE-4: a list tree that grows leaf by leaf has the root of the whole list", () => {
    const leaves = Array.from({ length: 70 }, (_, i) => new Uint8Array(32).fill(i));
    const builder = new ListRootBuilder(nobleHasher);
    expect(hex(builder.root())).toBe("00".repeat(32));
    leaves.forEach((leaf, i) => {
      builder.push(leaf);
      const expected = listRootOfHashes(nobleHasher, leaves.slice(0, i + 1));
      expect(hex(builder.root())).toBe(hex(expected));
    });
  });

  test("EXE-3: slices of any size give the same result, and readers never see a part", () => {
    const network = new TestNetwork();
    const items = Array.from({ length: 40 }, () => network.transfer("alice", "bob", 10n));
    const block = makeBlock(network, { transactions: items });
    const whole = new ExecutorRun(network.executor({ sliceCost: 1_000_000 }));
    const sliced = new ExecutorRun(network.executor({ sliceCost: 50 }));
    let wantsMore = sliced.once({ kind: "execute", block });
    while (wantsMore) {
      expect(balanceOf(sliced, network, "bob")).toBe(50_000n);
      wantsMore = sliced.once({ kind: "slice" });
      sliced.slices++;
    }
    expect(whole.execute(block)).toEqual(sliced.summaries[0]);
    expect(whole.slices).toBe(0);
    expect(sliced.slices).toBeGreaterThan(30);
  });

  test("EXE-5: an empty block changes nothing but says so", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const before = chain.run.executor.initial.summary;
    chain.block([]);
    const { summary, changes, executed } = chain.run.finalised[0]!;
    expect(hex(summary.result.stateRoot)).toBe(hex(before.result.stateRoot));
    expect(summary.isNonEmpty).toBe(false);
    expect(changes).toEqual([]);
    expect(executed.length).toBe(1);
    expect(before.result).toEqual(genesisResult(network.genesisHash, before.result.stateRoot));
  });
});

describe("branches", () => {
  test("EXE-6: undo, redo and another branch give the roots of a straight run", () => {
    const network = new TestNetwork();
    const [one, two, three, four] = [1n, 2n, 3n, 4n].map((amount) =>
      network.transfer("alice", "bob", amount),
    );
    const a1 = makeBlock(network, { transactions: [one!] });
    const a2 = makeBlock(network, { parent: a1, transactions: [two!] });
    const b1 = makeBlock(network, { transactions: [three!], view: 7 });
    const b2 = makeBlock(network, { parent: b1, transactions: [one!, two!], view: 8 });
    const a3 = makeBlock(network, { parent: a2, transactions: [four!] });
    const mixed = new ExecutorRun(network.executor());
    const roots = [a1, b1, a2, b2, a3].map((block) => mixed.execute(block).result);
    const straight = (blocks: (typeof a1)[]) => {
      const run = new ExecutorRun(network.executor());
      return blocks.map((block) => run.execute(block).result);
    };
    expect([roots[0], roots[2], roots[4]]).toEqual(straight([a1, a2, a3]));
    expect([roots[1], roots[3]]).toEqual(straight([b1, b2]));

    // Known blocks are answered from memory.
    expect(mixed.execute(b2).result).toEqual(roots[3]);
    mixed.step({ kind: "finalise", blockHash: b2.blockHash });
    expect(mixed.finalised.map(({ header }) => header.view)).toEqual([7, 8]);
    expect(balanceOf(mixed, network, "bob")).toBe(50_006n);
    // A late child of the dead branch is ignored.
    const before = mixed.summaries.length;
    mixed.step({ kind: "execute", block: makeBlock(network, { parent: a1, view: 30 }) });
    expect(mixed.summaries.length).toBe(before);
  });

  test("EXE-6: finality of another branch ends a block that runs", () => {
    const network = new TestNetwork();
    const items = Array.from({ length: 20 }, () => network.transfer("alice", "bob", 1n));
    const run = new ExecutorRun(network.executor({ sliceCost: 40 }));
    const a1 = makeBlock(network, { transactions: [network.transfer("alice", "bob", 5n)] });
    const b1 = makeBlock(network, { transactions: items, view: 9 });
    run.execute(a1);
    expect(run.once({ kind: "execute", block: b1 })).toBe(true);
    run.step({ kind: "finalise", blockHash: a1.blockHash });
    expect(run.finalised.length).toBe(1);
    expect(run.summaries.length).toBe(1);
    const a2 = makeBlock(network, { parent: a1, transactions: [items[0]!] });
    const straight = new ExecutorRun(network.executor());
    straight.execute(a1);
    expect(run.execute(a2)).toEqual(straight.execute(a2));
  });

  test("EXE-6: what stands on a dead branch is dropped, however high it is", () => {
    const network = new TestNetwork();
    const run = new ExecutorRun(network.executor({ sliceCost: 40 }));
    const items = Array.from({ length: 20 }, () => network.transfer("alice", "bob", 1n));
    const b1 = makeBlock(network, { view: 2 });
    const b2 = makeBlock(network, { parent: b1, view: 3 });
    const b3 = makeBlock(network, { parent: b2, view: 4, transactions: items });
    const a1 = makeBlock(network, { view: 5, transactions: [items[0]!] });
    for (const block of [b1, b2, a1]) run.execute(block);
    // It waits, or runs, when the other branch becomes final below its parent.
    run.once({ kind: "execute", block: b3 });
    run.step({ kind: "finalise", blockHash: a1.blockHash });
    expect(run.finalised.map(({ header }) => header.view)).toEqual([5]);
    run.step({ kind: "execute", block: makeBlock(network, { parent: b2, view: 6 }) });
    expect(run.summaries).toHaveLength(3);
    const a2 = makeBlock(network, { parent: a1, view: 7, transactions: [items[1]!] });
    run.execute(a2);
    run.step({ kind: "finalise", blockHash: a2.blockHash });
    expect(balanceOf(run, network, "bob")).toBe(50_002n);
  });

  test("EXE-6: a block that is final before it was executed is finalised when it was", () => {
    const network = new TestNetwork();
    const run = new ExecutorRun(network.executor());
    const a1 = makeBlock(network, { transactions: [network.transfer("alice", "bob", 5n)] });
    run.step({ kind: "finalise", blockHash: a1.blockHash });
    expect(run.finalised).toEqual([]);
    run.execute(a1);
    expect(run.finalised.map(({ header }) => header.height)).toEqual([1]);
  });

  test("LED-3: reads see the last final state while later blocks wait", () => {
    const network = new TestNetwork();
    const run = new ExecutorRun(network.executor());
    const blocks = [];
    let parent: ReturnType<typeof makeBlock> | undefined;
    for (let i = 0; i < 4; i++) {
      parent = makeBlock(network, { parent, transactions: [network.transfer("alice", "bob", 1n)] });
      blocks.push(parent);
      run.execute(parent);
    }
    expect(balanceOf(run, network, "bob")).toBe(50_000n);
    run.step({ kind: "finalise", blockHash: blocks[1]!.blockHash });
    expect(balanceOf(run, network, "bob")).toBe(50_002n);
    const scanned = run.query(
      {
        kind: "scan",
        table: TABLES.balance.id,
        prefix: network.id("bob"),
        after: undefined,
        limit: 9,
      },
      "scan",
    );
    expect(scanned.height).toBe(2);
    expect(scanned.rows.length).toBe(1);
    run.step({ kind: "finalise", blockHash: blocks[3]!.blockHash });
    expect(run.finalised.map(({ header }) => header.height)).toEqual([1, 2, 3, 4]);
    expect(balanceOf(run, network, "bob")).toBe(50_004n);
  });
});

describe("reading", () => {
  test("EXE-7: proofs hold for rows and for their absence, under the final root", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    chain.apply(network.transfer("alice", "bob", 5n));
    // A block that is not final must not show.
    const next = makeBlock(network, {
      parent: chain.head,
      transactions: [network.transfer("alice", "bob", 9n)],
    });
    chain.run.execute(next);
    const hashes = createStateHashes(nobleHasher);
    for (const name of ["bob", "rail"]) {
      const key = KEYS.balance(network.id(name), ASSET.cny);
      const { proof } = chain.run.query({ kind: "proof", table: TABLES.balance.id, key }, "proof");
      const path = hashes.path(proof.table, proof.key);
      const verdict = verifyStatePath(hashes, chain.stateRoot, path, proof.path);
      expect(proof.height).toBe(1);
      if (name === "rail") {
        expect(verdict).toEqual({ kind: "absent" });
        continue;
      }
      const valueHash = hashes.valueHash(proof.blind, proof.row!);
      expect(verdict).toEqual({ kind: "present", valueHash });
      expect(proof.blind.some((byte) => byte !== 0)).toBe(true);
      expect(new DataView(proof.row!.buffer, proof.row!.byteOffset).getBigInt64(0, true)).toBe(
        50_005n,
      );
    }
  });

  test("EXE-7: a simulation says what would happen and changes nothing", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    chain.apply(network.transfer("alice", "bob", 5n));
    const item = network.transfer("alice", "bob", 7n);
    const query = {
      kind: "simulate",
      transaction: item,
      timeMs: START_MS + 500,
      sealer: 0,
    } as const;
    const first = chain.run.query(query, "simulated");
    expect(first.executed.receipt.outcome).toBe(1);
    expect(chain.run.query(query, "simulated")).toEqual(first);
    const applied = chain.apply(item, { timeMs: START_MS + 500 });
    expect(applied.events).toEqual(first.executed.events);
  });

  test("DEC-2: the chain of a balance's events leads to the head in its row", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const links = [1n, 2n, 3n].map((amount) => {
      const { events } = chain.apply(network.transfer("alice", "bob", amount));
      return events[1]!;
    });
    const key = KEYS.balance(network.id("bob"), ASSET.cny);
    const row = chain.run.query({ kind: "rows", table: TABLES.balance.id, keys: [key] }, "rows")
      .rows[0]!;
    let head: Uint8Array | undefined;
    links.forEach((link, i) => {
      const view = new DataView(link.body.buffer, link.body.byteOffset);
      // The opening balance was link 1.
      expect(view.getBigUint64(36, true)).toBe(BigInt(i + 2));
      if (head !== undefined) expect(hex(link.body.subarray(52, 84))).toBe(hex(head));
      head = listLeafHash(nobleHasher, encode(eventSchema, link));
    });
    expect(hex(row.subarray(BALANCE_OFFSET.head))).toBe(hex(head!));
  });
});

describe("starting", () => {
  test("EXE-8: a start on stored rows recomputes the root and goes on as before", () => {
    const network = new TestNetwork();
    const rows = network.genesisRows();
    const chain = new TestChain(network, undefined, { rows });
    for (let i = 0; i < 3; i++) {
      chain.apply(network.transfer("alice", "bob", 5n));
      rows.apply(chain.run.finalised[i]!.changes);
      chain.run.step({ kind: "checkpointed", height: i + 1 });
    }
    const { header, summary } = chain.run.finalised[2]!;
    const start = { height: 3, timeMs: header.timeMs, result: summary.result };
    const restarted = new ExecutorRun(network.executor({ rows, start }));
    expect(restarted.executor.initial.summary.resultHash).toEqual(summary.resultHash);
    const next = makeBlock(network, {
      parent: chain.head,
      transactions: [network.transfer("bob", "alice", 1n)],
    });
    expect(restarted.run(next).summary).toEqual(chain.run.run(next).summary);
  });

  test("EXE-8: a damaged store is refused by name", () => {
    const network = new TestNetwork();
    const rows = network.genesisRows();
    const { result } = network.executor({ rows }).initial.summary;
    rows.set(TABLES.balance.id, KEYS.balance(network.id("alice"), 0), new Uint8Array(105));
    const start = { height: 0, timeMs: START_MS, result };
    expect(() => network.executor({ rows, start })).toThrowError(/checkpoint is damaged/);
  });

  test("LED-5, EXE-9: what was checkpointed may leave memory, answers stay", () => {
    const network = new TestNetwork();
    const rows = network.genesisRows();
    const tree = createReferenceStateTree(nobleHasher);
    const chain = new TestChain(network, tree, { rows, cachedRowsMax: 4 });
    const plain = new TestChain(network);
    for (let i = 0; i < 6; i++) {
      const item = network.transfer("alice", i % 2 === 0 ? "bob" : "carol", 5n);
      chain.apply(item);
      plain.apply(item);
      if (i === 3) {
        rows.apply(chain.run.finalised.flatMap(({ changes }) => changes));
        chain.run.step({ kind: "checkpointed", height: 4 });
      }
      expect(hex(chain.stateRoot)).toBe(hex(plain.stateRoot));
    }
    expect(balanceOf(chain.run, network, "carol")).toBe(20_015n);
  });
});
