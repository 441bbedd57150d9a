import type { Hasher } from "../crypto/interfaces.js";
import type { ChainParameters } from "../types/genesis.js";
import type { AccountId, Hash } from "../types/primitives.js";
import { EventLog } from "./events.js";
import { RowHashes } from "./rowHashes.js";
import type { RowHandle, Rows } from "./rows.js";
import type { FiredTimer } from "./timers.js";

/** What stays the same for all transactions of a ledger. */
export interface LedgerOptions {
  readonly rows: Rows;
  readonly hasher: Hasher;
  readonly genesisHash: Hash;
  readonly parameters: ChainParameters;
  /** Whether an Ed25519 key may sign for an account: canonical and not of small order. */
  readonly isRegistrableKey: (publicKey: Uint8Array) => boolean;
}

/** The ledger as operations see it: state, time, the running transaction, and events. */
export class LedgerContext {
  readonly rows: Rows;
  readonly hasher: Hasher;
  readonly hashes: RowHashes;
  readonly genesisHash: Hash;
  readonly parameters: ChainParameters;
  readonly isRegistrableKey: (publicKey: Uint8Array) => boolean;
  readonly events: EventLog;

  /** Time of the running block. */
  timeMs = 0;
  /** The running transaction; zero in the timer phase. */
  txId: Hash = new Uint8Array(32);
  parties: readonly AccountId[] = [];
  /** Where the rows of its parties are, by their number. */
  partyHandles: RowHandle[] = [];
  /** Emits the event that explains a failure, once everything else was undone. */
  onFailure: (() => void) | undefined = undefined;
  /** Payment ids that the running block recorded: bounds how many expired ones it sweeps. */
  paymentIdsRecorded = 0;

  constructor(options: LedgerOptions) {
    this.rows = options.rows;
    this.hasher = options.hasher;
    this.hashes = new RowHashes(options.hasher);
    this.genesisHash = options.genesisHash;
    this.parameters = options.parameters;
    this.isRegistrableKey = options.isRegistrableKey;
    this.events = new EventLog(options.hasher, this.hashes, options.rows);
  }
}

/** What later contracts hang into earlier ones, so that imports only point downwards. */
export interface Hooks {
  /** Work of a fired timer, by its kind. It cannot fail: it does what state still asks for. */
  readonly timers: ReadonlyMap<number, (context: LedgerContext, timer: FiredTimer) => void>;
}
