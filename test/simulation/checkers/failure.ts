/** What a checker found. A world stops at the first one. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure";

  constructor(
    readonly checker: CheckerName,
    readonly detail: string,
  ) {
    super(`${checker}: ${detail}`);
  }
}

/** Each checker by the rule of consensus.md 7.3 that it holds the validators to. */
export type CheckerName =
  /** SIM-I1, I2: one block and one result for a height; nothing final is ever replaced. */
  | "agreement"
  /** SIM-I3, I4, I5: one certified block for a view, never beside a nullification of a final view. */
  | "certificates"
  /** SIM-I6, CON-W: no validator signs two conflicting votes, across all its restarts. */
  | "unique-votes"
  /** SIM-I7, CON-W1 to W4: a vote that was sent is in its signer's durable record. */
  | "durable-votes"
  /** SIM-I11, CON-W5: what a client was told is final is there after any crash, at its place. */
  | "durability"
  /** SIM-I8: the balances of an asset add up to what was issued, and each is what a model says. */
  | "conservation"
  /** SIM-I9: a transaction takes effect once, and so does a nonce. */
  | "exactly-once"
  /** SIM-I10: the state root recomputed from stored rows is the certified one. */
  | "state-root"
  /** SIM-L1, L2: with the faults over, a new payment becomes final in time; nothing admitted stays open. */
  | "progress"
  /** An honest validator never cuts an honest one off, and never stops voting. */
  | "honest-peers"
  /** A validator threw where it must not. */
  | "exception";
