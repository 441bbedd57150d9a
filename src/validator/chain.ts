import { assert, unreachable } from "../base/assert.js";
import { equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { Consensus } from "../consensus/consensus.js";
import type { RootOptions } from "../consensus/state.js";
import { genesisNode, rootNode } from "../consensus/state.js";
import { Lanes } from "../lanes/lanes.js";
import { HistoryLog } from "../merkle/historyLog.js";
import { CatchUp } from "../sync/catchUp.js";
import { Fetching } from "../sync/fetching.js";
import { packPages, sizeBytesOf } from "../sync/pages.js";
import { PeerBook } from "../sync/peerBook.js";
import { RequestLimiter } from "../sync/requestLimiter.js";
import type { PeerMessage, Status } from "../types/message.js";
import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, VOTE_KIND } from "../types/vote.js";
import { NO_FAULTS } from "./faults.js";
import type { ChainEffect, ChainEvent, ChainStatus, LoadedBlock, PeerView } from "./interface.js";
import type { ChainOptions } from "./options.js";
import { PeerRequests } from "./peerRequests.js";

/** Agreement, lanes and catching up as one deterministic machine. */
export interface Chain {
  /** Takes an event at local time `nowMs` (wall clock, ms); effects are in order. */
  step(event: ChainEvent, nowMs: number): ChainEffect[];
  status(nowMs: number): ChainStatus;
}

const BUSY_STATUS_MS = 500;
const IDLE_STATUS_MS = 5_000;
/** A new final height is told at once, but not more often than this while catching up. */
const FINAL_STATUS_MS = 50;
const RANGE_LOADS_MAX = 4;

export function createChain(options: ChainOptions): Chain {
  return new ChainReducer(options);
}

class ChainReducer implements Chain {
  readonly #lanes: Lanes;
  readonly #consensus: Consensus;
  readonly #catchUp: CatchUp;
  readonly #fetching: Fetching;
  readonly #peers: PeerBook;
  readonly #limiter: RequestLimiter;
  #effects: ChainEffect[] = [];
  #nowMs = 0;
  #wakeMs = Number.POSITIVE_INFINITY;
  #statusSentMs = Number.NEGATIVE_INFINITY;
  #statusHeight = -1;
  #hasStarted = false;
  #nextRequestId = 1;
  readonly #rangeLoads = new Map<number, ValidatorIndex>();

  constructor(readonly options: ChainOptions) {
    const { validators, self, parameters, hasher } = options;
    assert(
      validators.every(({ index }, i) => index === i) && validators[self] !== undefined,
      "validators are given in order of index, and this one is among them",
    );
    const emit = (effect: ChainEffect): void => {
      this.#effects.push(effect);
    };
    const n = validators.length;
    this.#peers = new PeerBook(n, self);
    this.#limiter = new RequestLimiter(n);
    this.#fetching = new Fetching(2 * parameters.deltaMs, (to, message) =>
      emit({ kind: "send", to, message }),
    );
    const requests = new PeerRequests(this.#fetching, {
      nowMs: () => this.#nowMs,
      isCatchingUp: () => this.#catchUp.isActive(this.#consensus.finalTip().height),
    });
    this.#lanes = new Lanes({
      genesisHash: options.genesisHash,
      validatorIds: validators.map(({ validatorId }) => validatorId),
      self,
      parameters,
      hasher,
      emit,
      fetchBatches: (missing, first) => requests.ackedBatches(missing, first),
    });
    this.#consensus = new Consensus(
      {
        ...options,
        consensusKeys: validators.map(({ consensusKey }) => consensusKey),
        faults: options.faults ?? NO_FAULTS,
        batches: this.#lanes,
        fetcher: requests,
        emit,
      },
      this.#root(),
    );
    this.#catchUp = new CatchUp({
      hasher,
      deltaMs: parameters.deltaMs,
      maxBlockSizeBytes: parameters.maxBlockSizeBytes,
      maxUnfinalized: parameters.maxUnfinalized,
      peers: this.#peers,
      send: (to, message) => emit({ kind: "send", to, message }),
      report: (peer, code, detail) =>
        emit({ kind: "reportPeer", peer, code, detail, disconnect: true }),
      holdCertificate: (from, certificate) => this.#holdFinalization(from, certificate),
      insertFinal: (from, blocks) => {
        this.#consensus.insertFinal(blocks, this.#nowMs);
        for (const { batches } of blocks) {
          for (const { author, hash, bytes } of batches) {
            this.#lanes.receivePinned(from, author, bytes, hash);
          }
        }
      },
    });
  }

  #root(): RootOptions {
    const { options } = this;
    const { recovered } = options;
    const heads = this.#lanes.recover(recovered?.includedTips ?? [], recovered?.batches ?? []);
    const final = recovered?.finalized;
    if (final === undefined) {
      return { node: genesisNode({ ...options, heads }), certificate: undefined };
    }
    const { view, height, timeMs } = final.block.header;
    assert(recovered?.history.size === height + 1, "the history log ends at the final block");
    const outcome = {
      resultHash: final.resultHash,
      isNonEmpty: false,
      nextTimerDeadlineMs: final.summary?.nextTimerDeadlineMs,
      hasTimerBacklog: final.summary?.hasTimerBacklog ?? false,
      timerBacklogFromMs: final.summary?.timerBacklogFromMs,
    };
    const { blockHash: hash, block, certificate } = final;
    const history = HistoryLog.restore(options.hasher, recovered.history);
    const node = rootNode({ hash, view, height, timeMs, block, heads, history, outcome });
    return { node, certificate };
  }

  step(event: ChainEvent, nowMs: number): ChainEffect[] {
    // A clock that was set back stands still here until it has caught up with itself.
    nowMs = Math.max(nowMs, this.#nowMs);
    this.#nowMs = nowMs;
    this.#effects = [];
    assert(this.#hasStarted === (event.kind !== "start"), "`start` comes first, and once");
    this.#handle(event, nowMs);
    this.#progress(nowMs);
    return this.#effects;
  }

  #handle(event: ChainEvent, nowMs: number): void {
    switch (event.kind) {
      case "start":
        this.#hasStarted = true;
        if (this.options.mustNotVote !== undefined) {
          const { code, detail } = this.options.mustNotVote;
          this.#consensus.state.stop(code, detail);
        }
        this.#consensus.start(
          this.options.recovered ?? { votes: [], certificates: [], blocks: [] },
          nowMs,
        );
        return;
      case "message":
        this.#receive(event.from, event.message, nowMs);
        return;
      case "connected":
        this.#connect(event.peer, nowMs);
        return;
      case "disconnected":
        this.#peers.connection(event.peer, false);
        this.#fetching.disconnected(event.peer);
        this.#consensus.disconnected(event.peer);
        this.#lanes.disconnected(event.peer);
        return;
      case "tick":
        this.#wakeMs = Number.POSITIVE_INFINITY;
        return;
      case "submit":
        this.#lanes.submit(event.transactions, nowMs);
        return;
      case "batchSigned":
        this.#lanes.batchSigned(event.batch);
        return;
      case "batchChecked":
        this.#lanes.batchChecked(event.batchHash, event.verdict);
        return;
      case "batchStored":
        this.#lanes.batchStored(event.batchHash);
        return;
      case "voteCast":
        this.#consensus.voteCast(event.vote, nowMs);
        return;
      case "voteRefused":
        this.#consensus.voteRefused(event.statement, event.reason);
        return;
      case "executed":
        this.#consensus.executed(event.summary);
        return;
      case "finalStored":
        this.#consensus.finalStored(event.height);
        return;
      case "rangeLoaded":
        this.#answerRange(event.requestId, event.blocks, event.certificate);
        return;
      default:
        unreachable(event);
    }
  }

  #connect(peer: ValidatorIndex, nowMs: number): void {
    this.#peers.connection(peer, true);
    this.#fetching.connected(peer);
    this.#send(peer, { kind: "status", value: this.#statusMessage(nowMs) });
    this.#consensus.connected(peer, nowMs);
    this.#lanes.connected(peer, nowMs);
  }

  #send(to: ValidatorIndex, message: PeerMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }

  #receive(from: ValidatorIndex, message: PeerMessage, nowMs: number): void {
    if (from === this.options.self || this.options.validators[from] === undefined) return;
    this.#peers.heard(from, nowMs);
    this.#consensus.receive(from, message, nowMs);
    switch (message.kind) {
      case "status":
        this.#peers.status(from, message.value, nowMs);
        this.#lanes.receiveTips(from, message.value.laneTips, nowMs);
        return;
      case "laneTips":
        this.#lanes.receiveTips(from, message.value, nowMs);
        return;
      case "batch":
        this.#lanes.receiveBatch(from, message.value);
        return;
      case "rangeResponse":
        this.#catchUp.receive(from, message.value);
        return;
      case "certificateRequest":
      case "proposalRequest":
      case "batchRequest":
      case "rangeRequest":
        if (this.#limiter.take(from, nowMs)) this.#answer(from, message);
        return;
      default:
    }
  }

  /** SYN-5: answers what is here; a peer that gets nothing asks the next one. */
  #answer(from: ValidatorIndex, message: PeerMessage): void {
    if (message.kind === "certificateRequest") {
      const { fromView, toView, kinds } = message.value;
      for (const value of this.#consensus.certificatesFor(fromView, toView, kinds)) {
        this.#send(from, { kind: "certificate", value });
      }
    } else if (message.kind === "proposalRequest") {
      const value = this.#consensus.proposalFor(message.value.blockHash);
      if (value !== undefined) this.#send(from, { kind: "proposal", value });
    } else if (message.kind === "batchRequest") {
      const { author, fromSeq, toSeq } = message.value;
      for (const value of this.#lanes.batchesFor(author, fromSeq, toSeq)) {
        this.#limiter.charge(from, "batch", value.length);
        this.#send(from, { kind: "batch", value });
      }
    } else if (message.kind === "rangeRequest") {
      const { fromHeight, toHeight } = message.value;
      const lastHeight = Math.min(toHeight, this.#consensus.state.finalized.height);
      const isBusy = [...this.#rangeLoads.values()].filter((peer) => peer === from).length;
      if (fromHeight < 1 || fromHeight > lastHeight || isBusy >= RANGE_LOADS_MAX) return;
      const requestId = this.#nextRequestId++;
      this.#rangeLoads.set(requestId, from);
      this.#effects.push({
        kind: "loadRange",
        requestId,
        fromHeight,
        toHeight: Math.min(lastHeight, fromHeight + LIMITS.rangeBlocksMax - 1),
        sizeBytesMax: LIMITS.rangePageSizeBytesMax,
      });
    }
  }

  #answerRange(
    requestId: number,
    blocks: readonly LoadedBlock[],
    certificate: Certificate | undefined,
  ): void {
    const peer = this.#rangeLoads.get(requestId);
    this.#rangeLoads.delete(requestId);
    if (peer === undefined) return;
    for (const value of packPages(blocks, certificate)) {
      for (const { batches } of value.blocks) {
        this.#limiter.charge(peer, "page", sizeBytesOf(batches));
      }
      this.#send(peer, { kind: "rangeResponse", value });
    }
  }

  /** Old certificates pass consensus unread, so they must not vouch for anything here. */
  #holdFinalization(from: ValidatorIndex, certificate: Certificate): "held" | "useless" | "bad" {
    const { state } = this.#consensus;
    const { kind, view, blockHash } = certificate;
    if (kind !== VOTE_KIND.finalize || view <= state.root.view) return "useless";
    if (!this.#consensus.certificate(from, certificate, this.#nowMs)) return "bad";
    const held = state.views.get(view)?.finalization;
    return held !== undefined && equalBytes(held.blockHash, blockHash) ? "held" : "bad";
  }

  #progress(nowMs: number): void {
    const consensus = this.#consensus;
    consensus.progress(nowMs);
    let wakeMs = Math.min(consensus.state.wakeMs, this.#lanes.progress(nowMs));
    const { height } = consensus.state.root;
    wakeMs = Math.min(wakeMs, this.#catchUp.progress(height, consensus.finalTip(), nowMs));
    wakeMs = Math.min(wakeMs, this.#sendStatus(nowMs), this.#fetching.nextMs(nowMs));
    // Whole milliseconds, and never the same instant again: a wake must not spin.
    const atMs = Math.max(Math.ceil(wakeMs), Math.floor(nowMs) + 1);
    if (atMs === this.#wakeMs || !Number.isFinite(atMs)) return;
    this.#wakeMs = atMs;
    this.#effects.push({ kind: "wake", atMs });
  }

  /** SYN-1: often while something is owed, at once for a new final height, else seldom. */
  #sendStatus(nowMs: number): number {
    const { finalized } = this.#consensus.state;
    const idleMs = Math.max(
      BUSY_STATUS_MS,
      Math.min(IDLE_STATUS_MS, this.options.parameters.inactiveAfterMs / 3),
    );
    const isNews = finalized.height !== this.#statusHeight;
    const isBusy = this.#consensus.isBusy() || this.#isSyncing();
    const periodMs = isNews ? FINAL_STATUS_MS : isBusy ? BUSY_STATUS_MS : idleMs;
    const dueMs = this.#statusSentMs + periodMs;
    if (nowMs < dueMs) return dueMs;
    this.#statusSentMs = nowMs;
    this.#statusHeight = finalized.height;
    const value = this.#statusMessage(nowMs);
    this.#effects.push({ kind: "send", to: "all", message: { kind: "status", value } });
    return nowMs + (isBusy ? BUSY_STATUS_MS : idleMs);
  }

  #statusMessage(nowMs: number): Status {
    const { view, finalized, stoppedReason } = this.#consensus.state;
    return {
      epoch: 0,
      view,
      finalizedView: finalized.view,
      finalizedHeight: finalized.height,
      finalizedHash: finalized.hash,
      lowestHeight: 1,
      laneTips: this.#lanes.ownTips(),
      clockMs: Math.floor(nowMs),
      quarantined: stoppedReason === "SAFETY_RECORD_INCOMPLETE" || stoppedReason === "SAFETY_LOST",
    };
  }

  /** f + 1 peers have more final blocks than this validator. */
  #isSyncing(): boolean {
    return this.#peers.credibleHeight() > this.#consensus.state.finalized.height + 2;
  }

  status(_nowMs: number): ChainStatus {
    const { state } = this.#consensus;
    return {
      epoch: 0,
      view: state.view,
      leader: state.leader(state.view),
      finalizedView: state.finalized.view,
      finalizedHeight: state.finalized.height,
      finalizedHash: state.finalized.hash,
      executedHeight: this.#consensus.executedHeight(),
      isSyncing: this.#isSyncing(),
      isVoting: state.isVoting,
      stoppedReason: state.stoppedReason,
      ownBatchesInFlight: this.#lanes.ownBatchesInFlight,
      unsealedTransactions: this.#lanes.unsealedTransactions,
      peers: this.#peerViews(),
    };
  }

  #peerViews(): PeerView[] {
    const views: PeerView[] = [];
    this.#peers.peers.forEach((peer, validator) => {
      if (validator === this.options.self) return;
      const { isConnected, view, finalizedHeight, clockOffsetMs, lastHeardMs } = peer;
      const seen = { validator, isConnected, view, finalizedHeight };
      views.push({ ...seen, clockOffsetMs, lastHeardMs });
    });
    return views;
  }
}
