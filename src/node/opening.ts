/** Opens the durable files of a home, in order, and founds them on the first start. */

import { FondacoError } from "../base/errors.js";
import { resultHash } from "../crypto/digests.js";
import { isRegistrableKey } from "../crypto/noble/index.js";
import { genesisResult, genesisState } from "../execution/genesisState.js";
import { treeOfLeaves } from "../execution/stateLeaves.js";
import { HistoryLog } from "../merkle/historyLog.js";
import type { NodeIdentity } from "../ports/nodeApi.js";
import type { RowStore } from "../ports/rowStore.js";
import { ChainLog } from "../storage/chainLog.js";
import {
  type Applied,
  type Checkpoint,
  genesisChanges,
  openCheckpoint,
} from "../storage/checkpoint.js";
import { storageError } from "../storage/errors.js";
import { SafetyFile } from "../storage/safetyFile.js";
import type { RecordFilePlace } from "../storage/segmentChain.js";
import type { Hash } from "../types/primitives.js";
import type { NodeOptions } from "./options.js";

/**
 * Between flushes for batches alone: a flush costs about 0.1 ms of processor time, and under
 * load a batch came every few milliseconds.
 */
const FLUSH_PAUSE_MS = 8;

interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly applied: Applied;
  /** Root of the genesis state, if this start founded the checkpoint and so computed it. */
  readonly foundedRoot: Hash | undefined;
}

export interface OpenedHome extends OpenedCheckpoint {
  readonly rowStore: RowStore;
  readonly log: ChainLog;
  readonly safetyFile: SafetyFile;
  readonly unlock: () => void;
}

type Done = (outcome: { readonly value: OpenedHome } | { readonly error: Error }) => void;

/**
 * Takes the home's lock and opens checkpoint, log and safety file.
 *
 * @param done Called once; errors are those of the storage, each with a sentence for the operator.
 */
export function openHome(options: NodeOptions, identity: NodeIdentity, done: Done): void {
  const { fileSystem } = options.ports;
  const closers: (() => void)[] = [];
  const fail = (error: unknown) => {
    for (const close of closers.reverse()) close();
    done({ error: error as Error });
  };
  const guarded = (work: () => void) => {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };
  guarded(() => {
    fileSystem.createDirectory(options.home);
    const unlock = fileSystem.lock(options.home);
    closers.push(unlock);
    const rowStore = options.ports.openRowStore(`${options.home}/rows`);
    closers.push(() => rowStore.close(() => {}));
    foundCheckpoint(options, identity, rowStore, (checkpoint) =>
      guarded(() => {
        if (checkpoint instanceof Error) throw checkpoint;
        openFiles(options, identity, checkpoint.applied.height, (outcome) => {
          if ("error" in outcome) fail(outcome.error);
          else done({ value: { rowStore, ...checkpoint, ...outcome, unlock } });
        });
      }),
    );
  });
}

/** The genesis state as the genesis file says it, and its root. */
export function genesisRows(options: NodeOptions, identity: NodeIdentity) {
  const { genesis, genesisHash } = identity;
  const rows = genesisState({ genesis, genesisHash, hasher: options.hasher, isRegistrableKey });
  const tree = options.createStateTree();
  return { rows, stateRoot: tree.root(treeOfLeaves(tree, rows)) };
}

/** The checkpoint; on the first start, with the genesis state in it. */
function foundCheckpoint(
  options: NodeOptions,
  identity: NodeIdentity,
  rowStore: RowStore,
  done: (outcome: OpenedCheckpoint | Error) => void,
): void {
  const path = `${options.home}/rows`;
  const { genesisHash } = identity;
  const found = openCheckpoint(rowStore, genesisHash, path);
  if (found.applied !== undefined) {
    done({ checkpoint: found, applied: found.applied, foundedRoot: undefined });
    return;
  }
  const { hasher } = options;
  const { rows, stateRoot } = genesisRows(options, identity);
  const history = HistoryLog.empty(hasher).append(genesisHash);
  const applied: Applied = {
    height: 0,
    blockHash: genesisHash,
    resultHash: resultHash(hasher, genesisResult(genesisHash, stateRoot)),
    stateRoot,
    logSegment: 0,
    includedTips: [],
    historySize: history.size,
    historyEdge: history.edge,
  };
  rowStore.commit(genesisChanges(genesisHash, rows, applied), (error) => {
    if (error !== undefined) done(error);
    else {
      const checkpoint = openCheckpoint(rowStore, genesisHash, path);
      done({ checkpoint, applied, foundedRoot: stateRoot });
    }
  });
}

function openFiles(
  options: NodeOptions,
  identity: NodeIdentity,
  appliedHeight: number,
  done: (
    outcome:
      | { readonly log: ChainLog; readonly safetyFile: SafetyFile }
      | { readonly error: Error },
  ) => void,
): void {
  const { fileSystem, clock } = options.ports;
  const { genesisHash, validators } = identity;
  const validatorId = validators[identity.self]?.validatorId;
  if (validatorId === undefined) {
    const message = `the genesis record has no validator ${identity.self}`;
    done({ error: new FondacoError({ code: "HOME_MALFORMED" }, message) });
    return;
  }
  const place = { fileSystem, genesisHash, validatorId, defer: clock.soon.bind(clock) };
  const pace = { pauseMs: FLUSH_PAUSE_MS, after: clock.after.bind(clock) };
  ChainLog.open({ ...place, pace, directory: `${options.home}/log` }, (log) => {
    if (!log.ok) {
      done({ error: log.error });
      return;
    }
    if (appliedHeight > 0 && log.value.isNew()) {
      done({ error: lostLog(options.home, appliedHeight) });
      return;
    }
    const segmentSizeBytes = options.storageSizes?.safetySegmentSizeBytes;
    let directory: string;
    try {
      directory = safetyDirectory(place, options.home, log.value.isNew());
    } catch (error) {
      done({ error: error as Error });
      return;
    }
    const safetyPlace = { ...place, directory };
    const sized = segmentSizeBytes === undefined ? {} : { segmentSizeBytes };
    SafetyFile.open({ ...safetyPlace, ...sized }, (safety) => {
      if (!safety.ok) done({ error: safety.error });
      else done({ log: log.value, safetyFile: safety.value });
    });
  });
}

/** The checkpoint's block and its certificate lie in the log. */
function lostLog(home: string, appliedHeight: number): Error {
  const path = `${home}/log`;
  return storageError(
    "FILE_MISSING",
    path,
    `the log in ${path} is gone, and the checkpoint in ${home}/rows goes on from its block ` +
      `${appliedHeight}: put the log back, or move the checkpoint away as well, and everything is ` +
      "fetched from the other members; keep the safety file in either case",
  );
}

/**
 * Where the safety file is. A lost one is never founded anew in its own place: the next start would
 * take that for the whole record of what this key signed, and vote. So is one of which no segment is
 * sound any more. What an open validator needs to write lies in `safety-lost` until then, and begins
 * empty at each start.
 */
function safetyDirectory(
  place: Omit<RecordFilePlace, "directory">,
  home: string,
  isFirstStart: boolean,
): string {
  const { fileSystem } = place;
  const own = `${home}/safety`;
  if (isFirstStart || SafetyFile.isFounded({ ...place, directory: own })) return own;
  const instead = `${home}/safety-lost`;
  for (const name of fileSystem.list(instead)) fileSystem.remove(`${instead}/${name}`);
  return instead;
}
