/**
 * Validators in memory with a virtual clock: real reducers, an executor that hashes, signatures
 * that are keyed hashes, writes that a crash loses until they are flushed. Deterministic.
 */

import { present } from "../../../src/base/assert.js";
import { mapKey, toHex } from "../../../src/base/bytes.js";
import type { ExecutableBlock, ExecutionSummary } from "../../../src/execution/interface.js";
import { readBatch } from "../../../src/types/batch.js";
import type { ChainParameters } from "../../../src/types/genesis.js";
import type { PeerMessage } from "../../../src/types/message.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { createChain } from "../../../src/validator/chain.js";
import type { ChainFaults } from "../../../src/validator/faults.js";
import type {
  ChainEffect,
  ChainEvent,
  LoadedBlock,
  RecoveredChain,
} from "../../../src/validator/interface.js";
import type { ChainOptions, ValidatorSeat } from "../../../src/validator/options.js";
import { batchesOf, type Disk, recoveredFrom } from "./disk.js";
import {
  checkBatch,
  GENESIS_HASH,
  GENESIS_RESULT,
  hasher,
  makeTransaction,
  PARAMETERS,
  prepare,
  resultOf,
  seats,
  signBatch,
  signVote,
  verifier,
} from "./records.js";

export interface TestNode {
  readonly index: number;
  readonly disk: Disk;
  chain: ReturnType<typeof createChain>;
  isUp: boolean;
  /** Counts starts: events of an earlier life are dropped. */
  life: number;
  readonly effects: ChainEffect[];
  executed: ExecutionSummary[];
  clockOffsetMs: number;
  executorMs: number;
  /** Writes that a crash loses: they reach the disk with the next answer that promises it. */
  pending: (() => void)[];
}

export interface NetworkOptions {
  readonly count?: number;
  readonly parameters?: Partial<ChainParameters>;
  readonly faults?: ChainFaults;
  readonly unfinalBlocksMax?: number;
  readonly delayMs?: number | (() => number);
  /** Time of a flush; what is written within it is lost in a crash. */
  readonly flushMs?: () => number;
  readonly executionMs?: () => number;
  /** Drops a message when true. */
  drop?: (from: number, to: number, message: PeerMessage, nowMs: number) => boolean;
  /** What executing answers beside hashes. */
  readonly outcome?: (block: ExecutableBlock) => Partial<ExecutionSummary>;
}

interface Scheduled {
  readonly atMs: number;
  readonly run: () => void;
}

export class TestNetwork {
  nowMs = 1_000;
  steps = 0;
  readonly seats: ValidatorSeat[];
  readonly nodes: TestNode[] = [];
  readonly parameters: ChainParameters;
  readonly sent: { from: number; to: number; message: PeerMessage; atMs: number }[] = [];
  drop: NetworkOptions["drop"];
  /** Lets a peer lie: what it sends instead. */
  mangle: ((from: number, to: number, message: PeerMessage) => PeerMessage) | undefined;
  onSend: ((from: number, message: PeerMessage) => void) | undefined;
  #queue: Scheduled[] = [];

  constructor(readonly options: NetworkOptions = {}) {
    this.seats = seats(options.count ?? 4);
    this.parameters = { ...PARAMETERS, ...options.parameters };
    this.drop = options.drop;
    for (const { index } of this.seats) {
      this.nodes.push({
        index,
        disk: {
          final: [],
          votes: [],
          certificates: [],
          blocks: new Map(),
          batches: new Map(),
        },
        chain: createChain(this.chainOptions(index)),
        isUp: false,
        life: 0,
        effects: [],
        executed: [],
        clockOffsetMs: 0,
        executorMs: 0,
        pending: [],
      });
    }
  }

  chainOptions(self: number, recovered?: RecoveredChain): ChainOptions {
    return {
      genesisHash: GENESIS_HASH,
      genesisResultHash: GENESIS_RESULT,
      genesisTimeMs: 500,
      parameters: this.parameters,
      validators: this.seats,
      self,
      hasher,
      batchVerifier: verifier,
      recovered,
      faults: this.options.faults,
      unfinalBlocksMax: this.options.unfinalBlocksMax,
    };
  }

  node(index: number): TestNode {
    return present(this.nodes[index], "there is such a node");
  }

  /** Starts these nodes (all by default) and connects everybody who is up. */
  start(indices = this.nodes.map((node) => node.index)): void {
    for (const index of indices) {
      this.node(index).isUp = true;
      this.step(index, { kind: "start" });
    }
    for (const index of indices) {
      for (const other of this.nodes) {
        if (other.index === index || !other.isUp) continue;
        this.step(index, { kind: "connected", peer: other.index });
        if (!indices.includes(other.index)) {
          this.step(other.index, { kind: "connected", peer: index });
        }
      }
    }
  }

  /** The process ends; its disk stays. */
  crash(index: number): void {
    const node = this.node(index);
    node.isUp = false;
    node.life++;
    node.pending = [];
    for (const other of this.nodes) {
      if (other.isUp) this.step(other.index, { kind: "disconnected", peer: index });
    }
  }

  restart(index: number): void {
    const node = this.node(index);
    node.executed = [];
    node.chain = createChain(this.chainOptions(index, recoveredFrom(node.disk, this.seats)));
    this.start([index]);
  }

  at(atMs: number, run: () => void): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#queue[middle] as Scheduled).atMs > atMs) high = middle;
      else low = middle + 1;
    }
    this.#queue.splice(low, 0, { atMs, run });
  }

  step(index: number, event: ChainEvent): void {
    const node = this.node(index);
    if (!node.isUp) return;
    this.steps++;
    for (const effect of node.chain.step(event, this.nowMs + node.clockOffsetMs)) {
      node.effects.push(effect);
      this.#carryOut(node, effect);
    }
  }

  #answer(node: TestNode, event: ChainEvent, delayMs = 0): void {
    const { life } = node;
    this.at(this.nowMs + delayMs, () => {
      if (node.life === life) this.step(node.index, event);
    });
  }

  /** Answers when everything written so far is on disk. */
  #flush(node: TestNode, event: ChainEvent): void {
    const { life } = node;
    const last = node.pending.at(-1);
    this.at(this.nowMs + (this.options.flushMs?.() ?? 0), () => {
      if (node.life !== life) return;
      const count = last === undefined ? 0 : node.pending.indexOf(last) + 1;
      for (const write of node.pending.splice(0, count)) write();
      this.step(node.index, event);
    });
  }

  #carryOut(node: TestNode, effect: ChainEffect): void {
    const { disk } = node;
    const seat = present(this.seats[node.index], "a node has a seat");
    switch (effect.kind) {
      case "send":
        for (const other of this.nodes) {
          if (effect.to === "all" ? other !== node : other.index === effect.to) {
            this.deliver(node.index, other.index, effect.message);
          }
        }
        return;
      case "signBatch":
        this.#answer(node, { kind: "batchSigned", batch: signBatch(seat, effect.bodyBytes) });
        return;
      case "checkBatch": {
        const author = present(this.seats[effect.author], "an author has a seat");
        this.#answer(node, checkBatch(author, effect.batch));
        return;
      }
      case "storeBatch": {
        const transactions = effect.batch.transactions.map(prepare);
        node.pending.push(() =>
          disk.batches.set(mapKey(effect.batchHash), { batch: effect.batch, transactions }),
        );
        this.#flush(node, { kind: "batchStored", batchHash: effect.batchHash });
        return;
      }
      case "dropBatches":
        for (const hash of effect.batchHashes) disk.batches.delete(mapKey(hash));
        return;
      case "storeBlock":
        node.pending.push(() => disk.blocks.set(mapKey(effect.blockHash), effect.block));
        return;
      case "storeCertificate":
        node.pending.push(() => disk.certificates.push(effect.certificate));
        return;
      case "castVote": {
        const vote = signVote(seat, effect.request.statement);
        const { request } = effect;
        const { isProposal } = request;
        node.pending.push(() => disk.votes.push({ vote, isProposal, request }));
        this.#flush(node, { kind: "voteCast", vote });
        return;
      }
      case "execute":
        this.#execute(node, effect.block);
        return;
      case "storeFinal":
        node.pending.push(() => {
          for (const { block, blockHash: hash } of effect.blocks) {
            disk.final.push({ block, hash, certificate: effect.certificate });
          }
        });
        this.#flush(node, {
          kind: "finalStored",
          height: present(effect.blocks.at(-1), "blocks are never empty").block.header.height,
        });
        return;
      case "loadRange":
        this.#load(node, effect);
        return;
      case "wake": {
        const { atMs } = effect;
        const { life, clockOffsetMs } = node;
        this.at(atMs - clockOffsetMs, () => {
          if (node.life === life) this.step(node.index, { kind: "tick" });
        });
        return;
      }
      default:
    }
  }

  #execute(node: TestNode, block: ExecutableBlock): void {
    const { blockHash: hash } = block;
    const zero = { receiptsRoot: ZERO_HASH, eventsRoot: ZERO_HASH, validatorsNextHash: ZERO_HASH };
    const summary: ExecutionSummary = {
      blockHash: hash,
      result: { blockHash: hash, stateRoot: resultOf(hash), cost: 0n, ...zero },
      resultHash: resultOf(hash),
      isNonEmpty: block.transactions.length > 0,
      nextTimerDeadlineMs: undefined,
      hasTimerBacklog: false,
      ...this.options.outcome?.(block),
    };
    node.executed.push(summary);
    this.carryOutExecuted(node, summary);
  }

  /** Tests replace it to let one executor answer something else. */
  carryOutExecuted = (node: TestNode, summary: ExecutionSummary): void => {
    // In order, as an executor works.
    const readyMs = Math.max(this.nowMs, node.executorMs) + (this.options.executionMs?.() ?? 1);
    node.executorMs = readyMs;
    this.#answer(node, { kind: "executed", summary }, readyMs - this.nowMs);
  };

  #load(node: TestNode, effect: Extract<ChainEffect, { kind: "loadRange" }>): void {
    const found = node.disk.final.slice(effect.fromHeight - 1, effect.toHeight);
    const blocks: LoadedBlock[] = found.map(({ block }) => ({
      block,
      batches: batchesOf(node.disk, block),
    }));
    const certificate = found.at(-1)?.certificate;
    this.#answer(node, {
      kind: "rangeLoaded",
      requestId: effect.requestId,
      blocks,
      certificate,
    });
  }

  deliver(from: number, to: number, message: PeerMessage): void {
    this.onSend?.(from, message);
    this.sent.push({ from, to, message, atMs: this.nowMs });
    if (this.drop?.(from, to, message, this.nowMs) === true) return;
    if (this.mangle !== undefined) message = this.mangle(from, to, message);
    const sender = this.node(from).life;
    const receiver = this.node(to).life;
    const { delayMs = 5 } = this.options;
    this.at(this.nowMs + (typeof delayMs === "number" ? delayMs : delayMs()), () => {
      if (this.node(from).life !== sender || this.node(to).life !== receiver) return;
      if (!this.node(from).isUp) return;
      this.step(to, { kind: "message", from, message });
    });
  }

  submit(index: number, ...nonces: number[]): void {
    const transactions = nonces.map((nonce) => makeTransaction(nonce));
    this.step(index, { kind: "submit", transactions });
  }

  /** Runs until `isDone`, or for `forMs` of virtual time. Whether `isDone` held. */
  run(forMs: number, isDone: () => boolean = () => false): boolean {
    const endMs = this.nowMs + forMs;
    for (let events = 0; ; events++) {
      if (isDone()) return true;
      if (events > 2_000_000) throw new Error("the network spins");
      const next = this.#queue[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#queue.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = endMs;
    return isDone();
  }

  finalHeight(index: number): number {
    return this.node(index).disk.final.length;
  }

  /** Ids of final transactions in order. */
  finalTransactions(index: number): string[] {
    const { disk } = this.node(index);
    return disk.final.flatMap(({ block }) =>
      batchesOf(disk, block).flatMap((bytes) => {
        const read = readBatch(bytes);
        return read.ok ? read.value.transactions.map((tx) => toHex(prepare(tx).txId)) : [];
      }),
    );
  }

  /** Throws when two nodes have different final blocks, or a node voted against itself. */
  check(honest = this.nodes.map((node) => node.index)): void {
    const longest = honest
      .map((index) => this.node(index).disk.final)
      .reduce((a, b) => (b.length > a.length ? b : a));
    for (const index of honest) {
      const { disk } = this.node(index);
      disk.final.forEach(({ hash }, i) => {
        if (mapKey(hash) !== mapKey(present(longest[i], "longest").hash)) {
          throw new Error(`node ${index} has another block at height ${i + 1}`);
        }
      });
      const said = new Map<string, string>();
      for (const { vote } of disk.votes) {
        // Notarize stands alone; Nullify and Finalize exclude each other.
        const slot = `${vote.kind === 1 ? "N" : "XF"} ${vote.view}`;
        const what = `${vote.kind} ${toHex(vote.blockHash)} ${toHex(vote.result)}`;
        if ((said.get(slot) ?? what) !== what)
          throw new Error(`node ${index} contradicts: ${slot}`);
        said.set(slot, what);
      }
    }
  }
}
