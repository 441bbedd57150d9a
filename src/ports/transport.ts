import type { ValidatorIndex } from "../types/primitives.js";

/**
 * Authenticated links to the other validators. Messages may be lost when a link breaks, never
 * altered; those of one class (control, bulk) arrive in order while a link lives.
 */
export interface Transport {
  start(handler: TransportHandler): void;
  /** Sends bytes of one message. False when the peer is not connected or its queue is full. */
  send(to: ValidatorIndex, bytes: Uint8Array, traffic: TrafficClass): boolean;
  /** Cuts a misbehaving peer off for `forMs`. */
  disconnect(peer: ValidatorIndex, reason: string, forMs: number): void;
  stop(done: () => void): void;
}

export type TrafficClass = "control" | "bulk";

export interface TransportHandler {
  connected(peer: ValidatorIndex): void;
  disconnected(peer: ValidatorIndex, reason: string): void;
  /** `bytes` may be kept: nobody writes to it again. */
  message(from: ValidatorIndex, bytes: Uint8Array): void;
}
