import type { Vote } from "../types/vote.js";
import type { VoteRequest } from "../validator/interface.js";

/**
 * Holds the consensus key and the record of everything that it signed. It checks rules CON-W1 to
 * W4 on its own record, whatever its caller believes, makes the record durable, and only then
 * answers with the signature. The same statement again gives the same vote.
 */
export interface VoteSigner {
  cast(request: VoteRequest, done: (outcome: CastOutcome) => void): void;
  /** Signs a lane batch, given its digest (the tag is added here): W9 is kept by the log, not here. */
  signBatch(batchDigest: Uint8Array): Uint8Array;
}

export type CastOutcome =
  | { readonly ok: true; readonly vote: Vote }
  /** The record forbids it: nothing was signed. */
  | { readonly ok: false; readonly reason: string };
