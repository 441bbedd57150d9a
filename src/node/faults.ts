/**
 * Bugs that the simulator plants to prove that its checkers find them. Nothing outside tests sets
 * them; each is handed to the part that it breaks.
 */
export interface NodeFaults {
  /** Votes are answered before their record is durable (breaks CON-W2 to W4). */
  readonly voteBeforeFlush?: boolean;
  /** Certificates are written later than the votes that they permitted (breaks CON-W2 to W4). */
  readonly lazyCertificates?: boolean;
  /** A second vote of one voter counts towards a quorum. */
  readonly countVoteTwice?: boolean;
  /** A validator forgets that it nullified a view (breaks CON-R-F). */
  readonly forgetNullification?: boolean;
  /** Leaving a branch forgets to undo one row (breaks EXE determinism). */
  readonly dropUndo?: boolean;
}
