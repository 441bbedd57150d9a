import { mapKey } from "../base/bytes.js";
import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import { HistoryLog } from "../merkle/historyLog.js";
import type { ChainParameters } from "../types/genesis.js";
import type { LaneHeads } from "../types/laneHeads.js";
import { faultBound, type Hash, quorumSize, type ValidatorIndex } from "../types/primitives.js";
import type { Certificate } from "../types/vote.js";
import type { Base } from "./base.js";
import { type BlockNode, BlockTree } from "./blockTree.js";
import type { CertificateRules } from "./certificates.js";
import type { ConsensusEffect } from "./effects.js";
import { PeerKnowledge } from "./peerKnowledge.js";
import type { BatchSource, Fetcher } from "./ports.js";
import { ViewRecord } from "./viewRecord.js";

/** Planted bugs that concern agreement; validator/faults.ts says what each does. */
export interface ConsensusFaults {
  readonly countVoteTwice?: boolean | undefined;
  readonly forgetNullification?: boolean | undefined;
  readonly lazyCertificates?: boolean | undefined;
  readonly forgetNotarization?: boolean | undefined;
}

export interface ConsensusOptions {
  readonly genesisHash: Hash;
  readonly genesisResultHash: Hash;
  readonly genesisTimeMs: number;
  readonly parameters: ChainParameters;
  /** One key a validator, in order of index. */
  readonly consensusKeys: readonly Uint8Array[];
  readonly self: ValidatorIndex;
  readonly hasher: Hasher;
  readonly batchVerifier: BatchVerifier;
  readonly faults: ConsensusFaults;
  /** Smaller in tests than that of the limits. */
  readonly unfinalBlocksMax?: number | undefined;
  readonly batches: BatchSource;
  readonly fetcher: Fetcher;
  readonly emit: (effect: ConsensusEffect) => void;
}

/** The block that agreement starts from: genesis, or the last final one of the log. */
export interface RootOptions {
  readonly node: BlockNode;
  readonly certificate: Certificate | undefined;
}

/** Mutable state of agreement; the rules are functions over it, one file a group of rules. */
export class ConsensusState {
  readonly validatorCount: number;
  readonly faultBound: number;
  readonly quorum: number;
  readonly rules: CertificateRules;
  readonly tree: BlockTree;
  readonly views = new Map<number, ViewRecord>();
  readonly peers: PeerKnowledge;

  /** `cur` of the rules. */
  view = 1;
  enteredMs = 0;
  /** Certificate by which the view was entered; undefined in view 1. */
  entryCertificate: Certificate | undefined;
  /** Views entered minus twice the finalizations seen, at least 0: exponent of the back-off. */
  backoff = 0;
  /** Since when the timer's due predicate holds without a break in this view. */
  dueSinceMs: number | undefined;
  /** Since when the leader's due predicate holds in this view. */
  leaderDueSinceMs: number | undefined;
  /** Views with a notarization above the root: where Finalize votes may be owed. */
  readonly notarizedViews = new Set<number>();
  /** What this validator voted below it was pruned when it started. */
  votesFromView = 0;
  /** Up to here votes of nullified views were forgotten. */
  settledView = 0;
  /** Views with a finalization above the root: what waits to be committed. */
  readonly finalizedViews = new Set<number>();
  /** Certified blocks that are not yet given to the executor: key to hash and view. */
  readonly awaitingExecution = new Map<string, { readonly hash: Hash; readonly view: number }>();
  highestCertifiedView = 0;
  /** Changes with every certificate held: caches hang on it. */
  certificateVersion = 0;
  latestFinalization: Certificate | undefined;
  lastFinalizationMs = 0;
  /** Last block whose `finalStored` came: what Status may show (CON-W5). */
  finalized: BlockNode;
  /** Blocks handed to `storeFinal` and not yet answered, oldest first. */
  readonly storing: BlockNode[] = [];
  /** Certificates that wait a quarter of Delta_0 before they are spread, oldest first. */
  readonly spreads: { readonly atMs: number; readonly certificate: Certificate }[] = [];
  nextRebroadcastMs = 0;
  lastStandstillMs = 0;
  /** Since when a block is due without a break, in whatever views. */
  owedSinceMs: number | undefined;
  /** Base search, remembered for one view and one set of certificates. */
  baseCache: { readonly view: number; readonly version: number; readonly base: Base } | undefined;
  /** Certificate that finalizes the root; undefined for genesis. */
  rootCertificate: Certificate | undefined;
  /** Earliest local time at which a rule may have something to do. */
  wakeMs = Number.POSITIVE_INFINITY;
  stoppedReason: string | undefined;
  /** The own execution differs from what a quorum certified: the last true state stays. */
  isDiverged = false;
  startedMs = 0;
  /** Local time of the last word of each validator. */
  readonly lastHeardMs: number[];

  constructor(
    readonly options: ConsensusOptions,
    root: RootOptions,
  ) {
    this.validatorCount = options.consensusKeys.length;
    this.faultBound = faultBound(this.validatorCount);
    this.quorum = quorumSize(this.validatorCount);
    this.rules = {
      genesisHash: options.genesisHash,
      consensusKeys: options.consensusKeys,
      quorum: this.quorum,
      hasher: options.hasher,
      batchVerifier: options.batchVerifier,
      acceptsOneLess: options.faults.countVoteTwice === true,
    };
    this.tree = new BlockTree(options.batches, root.node);
    this.finalized = root.node;
    this.latestFinalization = root.certificate;
    this.rootCertificate = root.certificate;
    this.peers = new PeerKnowledge(this.validatorCount);
    this.lastHeardMs = new Array<number>(this.validatorCount).fill(0);
  }

  get isVoting(): boolean {
    return this.stoppedReason === undefined;
  }

  get root(): BlockNode {
    return this.tree.root;
  }

  /** Leader of a view: L = 1, epoch 0 (consensus.md 1.6). */
  leader(view: number): ValidatorIndex {
    return (view - 1) % this.validatorCount;
  }

  record(view: number): ViewRecord {
    let record = this.views.get(view);
    if (record === undefined) {
      record = new ViewRecord(view);
      this.views.set(view, record);
    }
    return record;
  }

  /** Asks to be called at `atMs`, if that is later than `nowMs`. */
  wake(atMs: number, nowMs: number): void {
    if (atMs > nowMs && atMs < this.wakeMs) this.wakeMs = atMs;
  }

  emit(effect: ConsensusEffect): void {
    this.options.emit(effect);
  }

  /** CON-R rules forbid to go on signing; everything else goes on. */
  stop(code: string, detail: string): void {
    if (this.stoppedReason !== undefined) return;
    this.stoppedReason = code;
    this.emit({ kind: "stopVoting", code, detail });
  }

  /** CON-R-C: told even by who stopped voting for another reason, and nothing is committed then. */
  diverge(detail: string): void {
    if (this.isDiverged) return;
    this.isDiverged = true;
    this.stoppedReason ??= "DIVERGED";
    this.emit({ kind: "stopVoting", code: "DIVERGED", detail });
  }

  report(peer: ValidatorIndex, code: string, detail: string, disconnect = true): void {
    if (peer === this.options.self) return;
    this.emit({ kind: "reportPeer", peer, code, detail, disconnect });
  }
}

/** The node of the genesis block. Its hash is the genesis hash, its view and height are 0. */
export function genesisNode(options: {
  readonly genesisHash: Hash;
  readonly genesisResultHash: Hash;
  readonly genesisTimeMs: number;
  readonly hasher: Hasher;
  readonly heads: LaneHeads;
}): BlockNode {
  return rootNode({
    hash: options.genesisHash,
    view: 0,
    height: 0,
    timeMs: options.genesisTimeMs,
    block: undefined,
    heads: options.heads,
    history: HistoryLog.empty(options.hasher).append(options.genesisHash),
    outcome: {
      resultHash: options.genesisResultHash,
      isNonEmpty: false,
      nextTimerDeadlineMs: undefined,
      hasTimerBacklog: false,
    },
  });
}

/** A node that is final and executed: what a chain starts from. */
export function rootNode(parts: {
  readonly hash: Hash;
  readonly view: number;
  readonly height: number;
  readonly timeMs: number;
  readonly block: BlockNode["block"];
  readonly heads: LaneHeads;
  readonly history: HistoryLog;
  readonly outcome: NonNullable<BlockNode["outcome"]>;
}): BlockNode {
  return {
    ...parts,
    key: mapKey(parts.hash),
    parentKey: "",
    receivedMs: 0,
    leaderSignature: undefined,
    parent: undefined,
    invalidReason: undefined,
    isValid: true,
    isStored: true,
    isExecutionAsked: true,
  };
}
