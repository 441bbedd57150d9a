import type { Status } from "../types/message.js";
import { faultBound, type Hash, type ValidatorIndex } from "../types/primitives.js";

/** What a peer last said of itself. Hints only: nothing is believed without a certificate. */
export interface PeerEntry {
  isConnected: boolean;
  view: number;
  finalizedHeight: number;
  finalizedHash: Hash | undefined;
  lowestHeight: number;
  clockOffsetMs: number | undefined;
  lastHeardMs: number | undefined;
}

/** Statuses of all peers (SYN-1). */
export class PeerBook {
  readonly peers: readonly PeerEntry[];

  constructor(
    validatorCount: number,
    readonly self: ValidatorIndex,
  ) {
    this.peers = Array.from({ length: validatorCount }, () => ({
      isConnected: false,
      view: 0,
      finalizedHeight: 0,
      finalizedHash: undefined,
      lowestHeight: 0,
      clockOffsetMs: undefined,
      lastHeardMs: undefined,
    }));
  }

  of(peer: ValidatorIndex): PeerEntry {
    return this.peers[peer] as PeerEntry;
  }

  heard(peer: ValidatorIndex, nowMs: number): void {
    this.of(peer).lastHeardMs = nowMs;
  }

  connection(peer: ValidatorIndex, isConnected: boolean): void {
    const entry = this.of(peer);
    entry.isConnected = isConnected;
    // It may have restarted lower.
    entry.finalizedHeight = 0;
    entry.view = 0;
  }

  status(peer: ValidatorIndex, status: Status, nowMs: number): void {
    const entry = this.of(peer);
    entry.view = status.view;
    entry.finalizedHeight = status.finalizedHeight;
    entry.finalizedHash = status.finalizedHash;
    entry.lowestHeight = status.lowestHeight;
    entry.clockOffsetMs = status.clockMs - nowMs;
  }

  /** Connected peers that say that they can serve `height`. */
  serving(height: number): ValidatorIndex[] {
    const found: ValidatorIndex[] = [];
    this.peers.forEach((peer, index) => {
      if (index === this.self || !peer.isConnected) return;
      if (peer.finalizedHeight >= height && peer.lowestHeight <= height) found.push(index);
    });
    return found;
  }

  highestClaim(): number {
    let highest = 0;
    for (const peer of this.peers) {
      if (peer.isConnected) highest = Math.max(highest, peer.finalizedHeight);
    }
    return highest;
  }

  /** Height that at least one honest peer has as final: f + 1 said so. */
  credibleHeight(): number {
    const heights = this.peers
      .filter((peer, index) => peer.isConnected && index !== this.self)
      .map((peer) => peer.finalizedHeight)
      .sort((a, b) => b - a);
    return heights[faultBound(this.peers.length)] ?? 0;
  }
}
