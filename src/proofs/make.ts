/** Making proof files from parts that a validator has. */

import { assert } from "../base/assert.js";
import { FondacoError } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import { encode } from "../codec/schema.js";
import { genesisHash } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import { inclusionPath, listLeafHash } from "../merkle/listTree.js";
import type { StatePath } from "../merkle/stateTree.js";
import type { BlockResult, Header } from "../types/block.js";
import type { Hash } from "../types/primitives.js";
import { event, type LedgerEvent, type Receipt } from "../types/receipt.js";
import type { Certificate } from "../types/vote.js";
import { type Claim, type EventClaim, encodeProofFile } from "./proofFile.js";

export interface ProofParts {
  /** The genesis record as it was hashed. */
  readonly genesisBytes: Uint8Array;
  /** A block with its finalization: the subject itself, or any later one. */
  readonly certified: { readonly header: Header; readonly certificate: Certificate };
  /** The block that the claims are about. */
  readonly subject: { readonly header: Header; readonly result: BlockResult };
  /**
   * The block after the subject, with its path in the certified block's history (leaf: its height;
   * size: the certified height). Needed only if the certified block is neither of the two.
   */
  readonly successor?: { readonly header: Header; readonly path: readonly Hash[] } | undefined;
  /** At least one. */
  readonly claims: readonly Claim[];
}

/** The claims and the network's genesis record are together larger than a proof file may be. */
export class ProofTooLargeError extends FondacoError<{
  readonly code: "PROOF_TOO_LARGE";
  readonly sizeBytes: number;
}> {
  override readonly name = "ProofTooLargeError";

  constructor(sizeBytes: number) {
    super(
      { code: "PROOF_TOO_LARGE", sizeBytes },
      `the proof file would have ${sizeBytes} bytes, and at most ` +
        `${LIMITS.proofFileSizeBytesMax} are allowed: show fewer events or rows`,
    );
  }
}

/**
 * The file. What does not fit together is a bug of the caller, hence asserted.
 *
 * @throws {ProofTooLargeError} If it would be larger than 4 MiB.
 */
export function makeProofFile(hasher: Hasher, parts: ProofParts): Uint8Array {
  const { genesisBytes, certified, subject, successor, claims } = parts;
  const distance = certified.header.height - subject.header.height;
  assert(distance >= 0, "a certificate proves its own block and those below");
  assert(
    distance < 2 || successor?.header.height === subject.header.height + 1,
    "an earlier block is proved by the block after it",
  );
  // Checked first: the schema would assert it, and it is no bug that a genesis record is large.
  if (genesisBytes.length > LIMITS.proofFileSizeBytesMax) {
    throw new ProofTooLargeError(genesisBytes.length);
  }
  const file = encodeProofFile(hasher, {
    anchor: { kind: "genesis", value: genesisHash(hasher, genesisBytes) },
    genesis: genesisBytes,
    epochs: [],
    certified,
    earlier:
      distance === 0
        ? undefined
        : { header: subject.header, successor: distance === 1 ? undefined : successor },
    result: subject.result,
    claims,
  });
  if (file.length > LIMITS.proofFileSizeBytesMax) throw new ProofTooLargeError(file.length);
  return file;
}

export interface ReceiptClaimParts {
  readonly receipt: Receipt;
  /** Path of leaf `receipt.position.index` in the list of 1 + transactionCount receipts. */
  readonly path: readonly Hash[];
  /** Bytes of the transaction's body, to show what the receipt is about. */
  readonly bodyBytes?: Uint8Array | undefined;
  /** All events of the receipt, of which those at `showEvents` are shown (by default all). */
  readonly events?: readonly LedgerEvent[] | undefined;
  readonly showEvents?: readonly number[] | undefined;
}

export function makeReceiptClaim(hasher: Hasher, parts: ReceiptClaimParts): Claim {
  const events = parts.events ?? [];
  const leaves = events.map((item) => listLeafHash(hasher, encode(event, item)));
  const shown = parts.showEvents ?? events.map((_, index) => index);
  const claims: EventClaim[] = shown.map((index) => ({
    index,
    event: events[index]!,
    path: inclusionPath(hasher, leaves, index),
  }));
  return {
    kind: "receipt",
    value: { receipt: parts.receipt, path: parts.path, body: parts.bodyBytes, events: claims },
  };
}

/** A row's content, or its absence (`row` undefined), under the subject's state root. */
export interface RowClaimParts {
  readonly table: number;
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
  readonly blind: Uint8Array;
  readonly path: StatePath;
}

export function makeRowClaim({ table, key, row, blind, path }: RowClaimParts): Claim {
  const { siblings, terminal } = path;
  if (row === undefined) return { kind: "rowAbsent", value: { table, key, siblings, terminal } };
  return { kind: "rowPresent", value: { table, key, row, blind, siblings } };
}

/** What a validator answers for one transaction (`ReceiptProofParts` of its node API). */
export interface ReceiptProofInput {
  readonly block: { readonly header: Header };
  readonly result: BlockResult;
  readonly executed: { readonly receipt: Receipt; readonly events: readonly LedgerEvent[] };
  readonly receiptPath: readonly Hash[];
  readonly certified: {
    readonly block: { readonly header: Header };
    readonly certificate: Certificate;
  };
  readonly historyPath: readonly Hash[];
  readonly successor?: Header | undefined;
}

/** The proof file of one receipt with all its events and, if given, the transaction's body. */
export function makeReceiptProofFile(
  hasher: Hasher,
  genesisBytes: Uint8Array,
  input: ReceiptProofInput,
  bodyBytes?: Uint8Array,
): Uint8Array {
  const { block, result, executed, receiptPath, certified, historyPath, successor } = input;
  return makeProofFile(hasher, {
    genesisBytes,
    certified: { header: certified.block.header, certificate: certified.certificate },
    subject: { header: block.header, result },
    successor: successor === undefined ? undefined : { header: successor, path: historyPath },
    claims: [
      makeReceiptClaim(hasher, {
        receipt: executed.receipt,
        path: receiptPath,
        bodyBytes,
        events: executed.events,
      }),
    ],
  });
}
