/**
 * Every maximum in Fondaco, with its reason. Relations between them are asserted below, when the
 * module loads. What is a parameter of a network (not of the software) lives in its genesis.
 */

import { assert } from "./assert.js";

const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  // Consortium. A bitmap, a status and a certificate of this many validators fit their messages.
  validatorsMax: 100,
  organisationsMax: 1_000,

  // Transaction (DESIGN.md section 4).
  operationsMax: 64,
  partiesMax: 16,
  witnessesMax: 48,
  /** One operation's body; larger data travels as the attachment. */
  operationBodySizeBytesMax: 64 * KIB,
  /** With its attachment. */
  transactionSizeBytesMax: 1 * MIB,
  /** Above this a transaction is alone in its batch, so it delays no other. */
  transactionSharedBatchSizeBytesMax: 256 * KIB,
  channelsPerAccountMax: 64,
  /** Nonces above and below the highest that are still fresh: 1,024 bits of window a channel. */
  nonceWindow: 1_024,
  validityMsMax: 24 * 3_600_000,
  keysPerPolicyMax: 16,

  // Lanes.
  batchTransactionsMax: 1_024,
  batchSealSizeBytes: 256 * KIB,
  batchSealDelayMs: 10,
  /** With more batches in flight, the delay grows in proportion: about 30 ms at a finality of 0.7 s. */
  batchesUnhurried: 8,
  batchSizeBytesMax: 1_280 * KIB,
  /** Sealed batches of one author that no final block holds yet: bounds memory at every peer. */
  batchesInFlightMax: 64,

  // Blocks and agreement.
  cutLanesMax: 100,
  blockBatchesMax: 1_024,
  /** No genesis may allow larger blocks: what a block did is one record of the log. */
  blockSizeBytesMax: 8 * MIB,
  blockCostMax: 2_000_000,
  /** Views ahead of the current one for which votes are kept. */
  viewsAheadMax: 9,
  viewsBehindMax: 64,
  /**
   * Notarized blocks above the last final one that are executed at once. They get so many only while
   * a quorum notarizes and none finalizes, for minutes. What is above waits `deepBlockWaitMs`, and
   * twice that after each further number of this size; meanwhile views are nullified. It must go on,
   * or a chain whose blocks have all lost their Finalize votes to Nullify ones would stand for ever.
   */
  unfinalBlocksMax: 4_096,
  deepBlockWaitMs: 10_000,
  /** With those waits it takes 40 years to get there, so the executor asserts it. */
  executedBlocksMax: 65_536,
  /**
   * Batches of fetched final blocks that are not executed yet: decoded they take some ten times as
   * much. Above it no more is asked for; what is under way may exceed it by four pages and one group
   * of blocks that became final together. Four full blocks are some seconds of execution.
   */
  catchUpAheadSizeBytesMax: 32 * MIB,
  proposalNullificationsMax: 16,
  evidencePerProposalMax: 16,

  // Messages between validators (they replace those of NET-P5).
  proposalSizeBytesMax: 256 * KIB,
  statusSizeBytesMax: 16 * KIB,
  voteSizeBytesMax: 256,
  certificateSizeBytesMax: 8 * KIB,
  controlFrameSizeBytesMax: 512 * KIB,
  rangePageSizeBytesMax: 4 * MIB,
  bulkFrameSizeBytesMax: 4 * MIB + 64 * KIB,
  rangeBlocksMax: 64,

  // Links between validators.
  handshakeFrameSizeBytesMax: 1 * KIB,
  /** Waiting to be sent to one peer; above it `send` answers false. */
  controlQueueSizeBytesMax: 4 * MIB,
  bulkQueueSizeBytesMax: 16 * MIB,
  /** Callers that have not said who they are: of strangers, and as many at addresses of validators. */
  pendingHandshakesMax: 256,
  pendingHandshakesPerPeerMax: 8,
  /**
   * Handshakes that strangers begin, over all addresses; above it their sockets are closed unread. The
   * same again for addresses of validators. 50 take about 5 % of a core; the burst is a hundred peers
   * with both sockets that come back at once.
   */
  handshakesPerSecondMax: 50,
  handshakesBurstMax: 256,
  /** Addresses from which validators have authenticated: a few of each. */
  knownAddressesMax: 400,
  /** Addresses remembered because their callers could not authenticate. */
  troubledAddressesMax: 1_024,
  /** A peer above these is cut off: far above what an honest one sends, also after a stall. */
  controlFramesPerSecondMax: 20_000,
  controlBytesPerSecondMax: 64 * MIB,
  bulkFramesPerSecondMax: 10_000,
  bulkBytesPerSecondMax: 1_024 * MIB,

  // Clients.
  rpcMessageSizeBytesMax: 2 * MIB,
  submitManyMax: 1_000,
  statusManyMax: 1_000,
  listPageMax: 200,
  listPageDefault: 50,
  waitMsMax: 30_000,
  subscriptionsPerSocketMax: 128,
  socketsMax: 1_000,
  /** A message above its limit by at most this is answered by name; a larger one closes the socket. */
  rpcMessageSlackSizeBytes: 64 * KIB,
  rpcBatchMax: 100,
  /** Requests of one socket that wait for an answer; above it `OVERLOADED`. */
  outstandingPerSocketMax: 4_096,
  /** The same over all sockets: each holds a timer and a watch. */
  outstandingMax: 65_536,
  /** Texts of all requests that wait for their answers: above it `OVERLOADED`. Some are 2 MiB. */
  rpcRequestsSizeBytesMax: 128 * MIB,
  /**
   * Messages of WebSockets that are still coming, all together: above it the socket that sends more
   * is closed. (uWebSockets.js bounds each socket only: 2 MiB by `socketsMax`.)
   */
  socketMessagesSizeBytesMax: 128 * MIB,
  /** Bodies of HTTP requests that are still coming, all together: above it 503. */
  httpBodiesSizeBytesMax: 64 * MIB,
  /** Simulations under way over all clients: each runs to its end beside the executor. */
  simulationsMax: 8,
  replySizeBytesMax: 8 * MIB,
  /** Unsent bytes of one socket above which it gets no more events, and above which it is closed. */
  socketLowWaterSizeBytes: 256 * KIB,
  socketHighWaterSizeBytes: 4 * MIB,
  subscriptionAccountsMax: 100,
  /** Items of one `sub.event`, and what a subscription may send before its first `sub.ack`. */
  subscriptionItemsPerMessageMax: 200,
  subscriptionItemsDefault: 1_024,
  /** Blocks that a subscription scans before others have their turn. */
  subscriptionScanBlocks: 32,
  /** The same in transactions: what a block costs to read is what is in it. */
  subscriptionScanTransactions: 1_000,
  beatMs: 1_000,
  /** Above it an account that holds most of them loses its oldest. */
  loginTokensMax: 10_000,
  /** Of one account, which loses its own oldest: it pushes out nobody else's. */
  loginTokensPerAccountMax: 16,
  loginTokenMs: 3_600_000,
  /** Organisation of an account never changes, so the gateway remembers it. */
  accountOrganisationsCachedMax: 100_000,
  /** Transactions taken from clients and not yet final: above it, `OVERLOADED`. */
  pendingTransactionsMax: 65_536,
  pendingTransactionsSizeBytesMax: 64 * MIB,

  // Storage.
  logSegmentSizeBytes: 64 * MIB,
  /** Outcome of the fullest block: transfers make about 12 bytes of events for each unit of cost. */
  logRecordSizeBytesMax: 32 * MIB,
  safetySegmentSizeBytes: 4 * MIB,
  checkpointBlocks: 256,
  checkpointSizeBytes: 64 * MIB,
  /** Transactions whose index entries are written together: some 40 ms of the main thread. */
  indexPortionTransactions: 4_096,

  /**
   * Tables of the busiest signature keys of a process: 32 KiB a key, 1,536 keys; threads divide it. Checks by
   * them take half the time. Four validators may share a machine, so a process must not grow by more than 64 MiB.
   */
  keyTablesSizeBytesMax: 48 * MIB,
  /**
   * Valid signatures that a validator remembers, 16 bytes each. A transaction that comes by a second way does so
   * while a client waits for it: this is half a minute at 4,000 payments a second, and twice `pendingTransactionsMax`.
   */
  verdictsRememberedMax: 131_072,

  /** A line of `fondaco verify-signatures`: the largest transaction as message takes 2 MiB in hexadecimal. */
  signatureLineSizeBytesMax: 4 * MIB,

  // Trees and proofs.
  statePathDepthMax: 256,
  treePathDepthMax: 64,
  proofFileSizeBytesMax: 4 * MIB,

  // Payment files of other systems (bridges/): a file is read in memory, 100,000 entries have about 60 MiB.
  paymentFileSizeBytesMax: 64 * MIB,
  paymentFileEntriesMax: 100_000,
  /** Messages of ISO 20022 nest about 15 deep; foreign content is skipped within this. */
  paymentFileDepthMax: 64,
  /** The longest text that is read has 140 characters. */
  paymentFileTextLengthMax: 1_024,
  accountMapSizeBytesMax: 64 * MIB,

  // Genesis.
  genesisSizeBytesMax: 8 * MIB,
  /** Part of every proof file, so it is small: parameters, organisations, validators. */
  genesisRecordSizeBytesMax: 256 * KIB,
  genesisAccountsMax: 100_000,
} as const;

assert(
  LIMITS.transactionSizeBytesMax < LIMITS.batchSizeBytesMax,
  "the largest transaction must fit a batch of its own",
);
assert(
  LIMITS.batchSizeBytesMax < LIMITS.rangePageSizeBytesMax,
  "the largest batch must fit a page of catch-up",
);
assert(
  LIMITS.blockSizeBytesMax <= LIMITS.catchUpAheadSizeBytesMax,
  "the largest block must fit what catching up may hold",
);
assert(
  LIMITS.proposalSizeBytesMax < LIMITS.controlFrameSizeBytesMax,
  "the largest proposal must fit a control frame",
);
assert(
  LIMITS.pendingTransactionsSizeBytesMax > LIMITS.batchSizeBytesMax,
  "a full batch must be admissible",
);
assert(
  LIMITS.logRecordSizeBytesMax < LIMITS.logSegmentSizeBytes,
  "the largest record must fit a segment of the log",
);
assert(
  LIMITS.controlFrameSizeBytesMax < LIMITS.controlQueueSizeBytesMax &&
    LIMITS.bulkFrameSizeBytesMax < LIMITS.bulkQueueSizeBytesMax,
  "the largest frame must fit an empty send queue",
);
