import { equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { PeerMessage, RangeResponse } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { Certificate } from "../types/vote.js";
import { batchCount, type CheckedBlock, checkPageBlock, type PageBlock } from "./pages.js";
import type { PeerBook } from "./peerBook.js";

export interface CatchUpOptions {
  readonly hasher: Hasher;
  readonly deltaMs: number;
  readonly maxBlockSizeBytes: number;
  readonly maxUnfinalized: number;
  readonly peers: PeerBook;
  readonly send: (to: ValidatorIndex, message: PeerMessage) => void;
  readonly report: (peer: ValidatorIndex, code: string, detail: string) => void;
  /** Verifies a certificate: `held` if it is right, `useless` if it says nothing about new blocks. */
  readonly holdCertificate: (
    from: ValidatorIndex,
    certificate: Certificate,
  ) => "held" | "useless" | "bad";
  /** Blocks below a held finalization, with their batches, ascending. */
  readonly insertFinal: (from: ValidatorIndex, blocks: readonly CheckedBlock[]) => void;
}

interface Tip {
  readonly hash: Hash;
  readonly height: number;
  readonly view: number;
}

interface Request {
  readonly peer: ValidatorIndex;
  readonly toHeight: number;
  readonly sentMs: number;
  /** Parts of one block that is larger than a page. */
  readonly parts: Uint8Array[];
  partsSizeBytes: number;
}

interface Page {
  readonly from: ValidatorIndex;
  readonly blocks: readonly PageBlock[];
  readonly certificate: Certificate | undefined;
}

/** Blocks of one request; a page that is full earlier is asked on from where it ended. */
const REQUEST_BLOCKS = 32;
const REQUESTS_MAX = 4;
/** Blocks that are inserted and not yet executed: execution paces catching up. */
const AHEAD_MAX = 128;
/**
 * Blocks held without a certificate, as a peer could make them up: those of one group that became
 * final together, of which all but the first `maxUnfinalized` or so are empty.
 */
const UNCERTIFIED_MAX = LIMITS.executedBlocksMax / 2;
const UNCERTIFIED_FULL_SLACK = 4;
/** Header and cut of a block with its objects, roughly: an empty one is not free. */
const BLOCK_SIZE_BYTES = 1_024;
/**
 * Stall periods after which what was inserted counts as spoilt: hashes of batches leave signatures
 * out, so a page may bring one that fails its check, and nobody holds old ones to give singly.
 */
const SPOILT_STALLS = 16;
/** Small gaps close by certificates and single proposals. */
const GAP_MIN = 8;

/**
 * Range catch-up (SYN-3, SYN-4): pages of final blocks from several peers in parallel, joined in
 * order; a page's blocks are used only below a finalization certificate that verifies.
 */
export class CatchUp {
  /** Last block that was inserted as final. */
  #tip: Tip | undefined;
  readonly #requests = new Map<number, Request>();
  readonly #pages = new Map<number, Page>();
  /** Checked blocks above the tip that wait for a certificate, and who sent them. */
  #uncertified: { readonly block: CheckedBlock; readonly from: ValidatorIndex }[] = [];
  /** Block of a certificate that came before it: the end of a group on a later page. */
  #awaited: Hash | undefined;
  /** Blocks that were inserted and are not executed, ascending, and the bytes of their batches. */
  #ahead: { readonly height: number; readonly sizeBytes: number; readonly from: number }[] = [];
  #stalledSinceMs: number | undefined;
  #stalledHeight = -1;
  /** How often everything above that height was asked for anew; each time after twice as long. */
  #restarts = 0;
  #turn = 0;
  /** Requests that ran out of time or brought something false, by peer. */
  readonly #failures = new Map<ValidatorIndex, number>();

  constructor(readonly options: CatchUpOptions) {}

  /**
   * Whether pages bring what is missing, so that single proposals need not be fetched. One liar's
   * claim must not switch those off: f + 1 peers have to be far ahead.
   */
  isActive(heldHeight: number): boolean {
    return this.options.peers.credibleHeight() > heldHeight + GAP_MIN;
  }

  /**
   * Sends requests as far as the window allows. Answers when to come again.
   *
   * @param committedHeight - Up to here blocks are executed and final.
   * @param held - Highest final block that is here; execution may be behind it.
   */
  progress(committedHeight: number, held: Tip, nowMs: number): number {
    if (this.#tip === undefined || this.#tip.height < held.height) this.#tip = tipOf(held);
    this.#dropPassed(committedHeight);
    const target = this.options.peers.highestClaim();
    const stallMs = 4 * this.options.deltaMs;
    if (target <= held.height) {
      this.#stalledSinceMs = undefined;
      this.#requests.clear();
      this.#pages.clear();
      this.#uncertified = [];
      return Number.POSITIVE_INFINITY;
    }
    if (this.#stalledHeight !== held.height || this.#stalledSinceMs === undefined) {
      this.#stalledHeight = held.height;
      this.#stalledSinceMs = nowMs;
      this.#restarts = 0;
    }
    const isNeeded = target > held.height + GAP_MIN || nowMs >= this.#stalledSinceMs + stallMs;
    if (!isNeeded) return this.#stalledSinceMs + stallMs;
    const spoiltMs = SPOILT_STALLS * stallMs * 2 ** Math.min(10, this.#restarts);
    const isSpoilt = nowMs >= this.#stalledSinceMs + spoiltMs;
    if (isSpoilt && this.#tip.height > held.height) this.#startAgain(held, nowMs);
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const [from, { peer, sentMs }] of this.#requests) {
      const timeoutMs = this.#timeoutMs(peer);
      if (nowMs < sentMs + timeoutMs && this.options.peers.of(peer).isConnected) {
        wakeMs = Math.min(wakeMs, sentMs + timeoutMs);
      } else {
        this.#requests.delete(from);
        this.#failed(peer);
      }
    }
    if (!this.#isFull()) {
      // What lacks its certificate is not inserted: its group must come to its end.
      const last = committedHeight + AHEAD_MAX + this.#uncertified.length;
      this.#request(Math.min(target, last), nowMs);
    }
    for (const { peer, sentMs } of this.#requests.values()) {
      wakeMs = Math.min(wakeMs, sentMs + this.#timeoutMs(peer));
    }
    // Nothing to ask right now: look again after the same time, if nothing happens before.
    return Number.isFinite(wakeMs) ? wakeMs : nowMs + stallMs;
  }

  /** Asks for everything above what is held once more; whose block is stuck is asked last. */
  #startAgain(held: Tip, nowMs: number): void {
    const stuck = this.#ahead.find(({ height }) => height > held.height);
    if (stuck !== undefined) this.#failed(stuck.from);
    this.#ahead = this.#ahead.filter(({ height }) => height <= held.height);
    this.#tip = tipOf(held);
    this.#uncertified = [];
    this.#requests.clear();
    this.#pages.clear();
    this.#stalledSinceMs = nowMs;
    this.#restarts++;
  }

  /** Forgets what lies at or below the tip, and what was executed. */
  #dropPassed(committedHeight: number): void {
    const { height: tipHeight } = this.#tip as Tip;
    const isAbove = ({ block }: CheckedBlock) => block.header.height > tipHeight;
    const first = this.#uncertified[0];
    if (first !== undefined && !isAbove(first.block)) {
      this.#uncertified = this.#uncertified.filter(({ block }) => isAbove(block));
    }
    for (const height of this.#pages.keys()) if (height <= tipHeight) this.#pages.delete(height);
    this.#ahead = this.#ahead.filter(({ height }) => height > committedHeight);
  }

  /** Whether so much waits for its execution that no more is asked for. */
  #isFull(): boolean {
    const sizeBytes = this.#ahead.reduce((sum, block) => sum + block.sizeBytes, 0);
    return sizeBytes >= LIMITS.catchUpAheadSizeBytesMax;
  }

  #request(last: number, nowMs: number): void {
    let from = (this.#tip as Tip).height + this.#uncertified.length + 1;
    while (from <= last && this.#requests.size + this.#pages.size < REQUESTS_MAX) {
      const known = this.#requests.get(from);
      const page = this.#pages.get(from);
      if (known !== undefined) from = known.toHeight + 1;
      else if (page !== undefined) from += page.blocks.length;
      else {
        const toHeight = Math.min(from + REQUEST_BLOCKS - 1, last);
        const peer = this.#choose(from);
        if (peer === undefined) return;
        const until = Math.min(toHeight, this.options.peers.of(peer).finalizedHeight);
        const request = { peer, toHeight: until, sentMs: nowMs, parts: [], partsSizeBytes: 0 };
        this.#requests.set(from, request);
        const value = { fromHeight: from, toHeight: until };
        this.options.send(peer, { kind: "rangeRequest", value });
        from = until + 1;
      }
    }
  }

  /** In turn among those that failed least: a liar gets a request now and then, no more. */
  #choose(height: number): ValidatorIndex | undefined {
    const peers = this.options.peers.serving(height);
    const failures = (peer: ValidatorIndex): number => this.#failures.get(peer) ?? 0;
    const least = Math.min(...peers.map(failures));
    const best = peers.filter((peer) => failures(peer) === least);
    return best[this.#turn++ % Math.max(1, best.length)];
  }

  /** Longer after each failure: over a slow link full pages would come too late for ever. */
  #timeoutMs(peer: ValidatorIndex): number {
    return 8 * this.options.deltaMs * Math.min(16, 2 ** (this.#failures.get(peer) ?? 0));
  }

  #failed(peer: ValidatorIndex): void {
    this.#failures.set(peer, (this.#failures.get(peer) ?? 0) + 1);
  }

  receive(from: ValidatorIndex, response: RangeResponse): void {
    const request = this.#requests.get(response.fromHeight);
    // A late or unasked page: dropped, it is asked again if it is needed.
    if (request === undefined || request.peer !== from) return;
    const first = response.blocks[0];
    if (first === undefined || first.block.header.height !== response.fromHeight) {
      this.#requests.delete(response.fromHeight);
      this.#failed(from);
      return;
    }
    let blocks: readonly PageBlock[] = response.blocks;
    const held = request.parts.length + first.batches.length;
    if (blocks.length === 1 && held < batchCount(first.block)) {
      this.#addPart(request, response.fromHeight, first);
      return;
    }
    if (request.parts.length > 0) {
      blocks = [{ block: first.block, batches: [...request.parts, ...first.batches] }];
    }
    this.#requests.delete(response.fromHeight);
    this.#pages.set(response.fromHeight, { from, blocks, certificate: response.certificate });
    this.#join();
  }

  #addPart(request: Request, fromHeight: number, { batches }: PageBlock): void {
    for (const batch of batches) {
      request.parts.push(batch);
      request.partsSizeBytes += batch.length;
    }
    const max = this.options.maxBlockSizeBytes + LIMITS.batchSizeBytesMax;
    const isFitting =
      request.partsSizeBytes <= max && request.parts.length < LIMITS.blockBatchesMax;
    if (batches.length > 0 && isFitting) return;
    this.#requests.delete(fromHeight);
    this.#failed(request.peer);
    this.options.report(request.peer, "BAD_RANGE", "parts of a block that is too large or empty");
  }

  /** Joins pages that have become contiguous, and inserts what a certificate covers. */
  #join(): void {
    const tip = this.#tip;
    if (tip === undefined) return;
    for (;;) {
      const last = this.#uncertified.at(-1);
      let before: Tip =
        last === undefined
          ? tipOf(this.#tip as Tip)
          : { ...last.block.block.header, hash: last.block.hash };
      const page = this.#pages.get(before.height + 1);
      if (page === undefined) break;
      this.#pages.delete(before.height + 1);
      for (const pageBlock of page.blocks) {
        const checked = checkPageBlock(this.options.hasher, pageBlock, before);
        if (typeof checked === "string") {
          this.#refuse(page.from, checked);
          return;
        }
        this.#uncertified.push({ block: checked, from: page.from });
        before = { ...checked.block.header, hash: checked.hash };
      }
      if (!this.#certify(page)) return;
    }
    this.#dropPassed(0);
  }

  /** A page that does not follow: it or, if nothing certified that yet, the one below is false. */
  #refuse(from: ValidatorIndex, reason: string): void {
    const isSure = this.#uncertified.every((held) => held.from === from);
    if (isSure) this.options.report(from, "BAD_RANGE", reason);
    for (const peer of new Set([from, ...this.#uncertified.map((held) => held.from)])) {
      this.#failed(peer);
    }
    this.#uncertified = [];
  }

  #indexOf(hash: Hash | undefined): number {
    if (hash === undefined) return -1;
    return this.#uncertified.findIndex(({ block }) => equalBytes(block.hash, hash));
  }

  /** Inserts blocks up to one that a held certificate names: this page's, or one before it. */
  #certify({ from, certificate }: Page): boolean {
    const verdict = certificate && this.options.holdCertificate(from, certificate);
    if (verdict === "bad") {
      this.#uncertified = [];
      return false;
    }
    const named = verdict === "held" ? certificate?.blockHash : undefined;
    const found = this.#indexOf(named);
    const index = found >= 0 ? found : this.#indexOf(this.#awaited);
    if (found < 0 && named !== undefined) this.#awaited = named;
    this.#insert(index + 1);
    if (this.#isGroupPossible()) return true;
    this.options.report(from, "BAD_RANGE", "no certificate for many blocks");
    this.#uncertified = [];
    return false;
  }

  /** The first `count` blocks are certified; each sender answers for the batches that it sent. */
  #insert(count: number): void {
    const certified = this.#uncertified.slice(0, count);
    const last = certified.at(-1);
    if (last === undefined) return;
    this.#uncertified = this.#uncertified.slice(count);
    this.#tip = { ...last.block.block.header, hash: last.block.hash };
    for (const { block, from } of certified) {
      this.#ahead.push({ height: block.block.header.height, sizeBytes: block.sizeBytes, from });
      this.options.insertFinal(from, [block]);
    }
  }

  /** Whether blocks without a certificate may be one honest group still. */
  #isGroupPossible(): boolean {
    const { maxUnfinalized, maxBlockSizeBytes } = this.options;
    let sizeBytes = 0;
    for (const { block } of this.#uncertified) sizeBytes += block.sizeBytes + BLOCK_SIZE_BYTES;
    const fullMax = maxUnfinalized + UNCERTIFIED_FULL_SLACK;
    const sizeBytesMax = fullMax * maxBlockSizeBytes + UNCERTIFIED_MAX * BLOCK_SIZE_BYTES;
    return this.#uncertified.length <= UNCERTIFIED_MAX && sizeBytes <= sizeBytesMax;
  }
}

function tipOf({ hash, height, view }: Tip): Tip {
  return { hash, height, view };
}
