/** Judging one claim against a block that is known to be final. */

import { equalBytes, toHex } from "../base/bytes.js";
import { accepted, type Result, rejected } from "../base/result.js";
import { encode, tryDecode } from "../codec/schema.js";
import { transactionId } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import { listLeafHash, verifyInclusion } from "../merkle/listTree.js";
import { createStateHashes, verifyStatePath } from "../merkle/statePath.js";
import type { BlockResult, Header } from "../types/block.js";
import type { Hash } from "../types/primitives.js";
import { event, type LedgerEvent, OUTCOME, type Receipt, receipt } from "../types/receipt.js";
import { type TransactionBody, transactionBody } from "../types/transaction.js";
import type { Claim } from "./proofFile.js";

/** A claim that holds. */
export type ProvedClaim =
  | {
      readonly kind: "receipt";
      readonly receipt: Receipt;
      /** Present if the file shows the transaction. */
      readonly transaction: TransactionBody | undefined;
      readonly events: readonly { readonly index: number; readonly event: LedgerEvent }[];
    }
  | {
      readonly kind: "rowPresent";
      readonly table: number;
      readonly key: Uint8Array;
      readonly row: Uint8Array;
    }
  | { readonly kind: "rowAbsent"; readonly table: number; readonly key: Uint8Array };

export type ClaimRefusal = "PROOF_RECEIPT" | "PROOF_TRANSACTION" | "PROOF_EVENT" | "PROOF_ROW";

/** The final block that a claim is about. */
export interface FinalSubject {
  readonly hasher: Hasher;
  readonly network: Hash;
  readonly header: Header;
  readonly result: BlockResult;
}

export function verifyClaim(
  subject: FinalSubject,
  claim: Claim,
): Result<ProvedClaim, ClaimRefusal> {
  switch (claim.kind) {
    case "receipt":
      return verifyReceipt(subject, claim.value);
    case "rowPresent": {
      const { table, key, row, blind, siblings } = claim.value;
      const hashes = createStateHashes(subject.hasher);
      const path = hashes.path(table, key);
      const terminal = { path, valueHash: hashes.valueHash(blind, row) };
      const root = subject.result.stateRoot;
      if (verifyStatePath(hashes, root, path, { siblings, terminal }).kind !== "present") {
        return rejected("PROOF_ROW", `the row of table ${table} is not in the certified state`);
      }
      return accepted({ kind: "rowPresent", table, key, row });
    }
    case "rowAbsent": {
      const { table, key, siblings, terminal } = claim.value;
      const hashes = createStateHashes(subject.hasher);
      const root = subject.result.stateRoot;
      const verdict = verifyStatePath(hashes, root, hashes.path(table, key), {
        siblings,
        terminal,
      });
      if (verdict.kind !== "absent") {
        return rejected("PROOF_ROW", `the absence from table ${table} is not proved`);
      }
      return accepted({ kind: "rowAbsent", table, key });
    }
  }
}

type ReceiptClaim = Extract<Claim, { kind: "receipt" }>["value"];

function verifyReceipt(
  { hasher, network, header, result }: FinalSubject,
  claim: ReceiptClaim,
): Result<ProvedClaim, ClaimRefusal> {
  const { position, txId, eventsRoot, eventCount } = claim.receipt;
  // The number of leaves is not in the file: the header binds it, so the path has one reading.
  const size = header.transactionCount + 1;
  const leaf = listLeafHash(hasher, encode(receipt, claim.receipt));
  if (
    position.height !== header.height ||
    !verifyInclusion(hasher, leaf, position.index, size, claim.path, result.receiptsRoot)
  ) {
    return rejected("PROOF_RECEIPT", "the receipt is not among those of the block");
  }
  let transaction: TransactionBody | undefined;
  if (claim.body !== undefined) {
    const decoded = tryDecode(transactionBody, claim.body);
    if (!decoded.ok || !equalBytes(transactionId(hasher, network, claim.body), txId)) {
      return rejected("PROOF_TRANSACTION", "the transaction is not the one the receipt names");
    }
    transaction = decoded.value;
  }
  let last = -1;
  for (const { index, event: shown, path } of claim.events) {
    const eventLeaf = listLeafHash(hasher, encode(event, shown));
    if (index <= last || !verifyInclusion(hasher, eventLeaf, index, eventCount, path, eventsRoot)) {
      return rejected("PROOF_EVENT", `event ${index} is not among those of the receipt`);
    }
    last = index;
  }
  const events = claim.events.map(({ index, event: shown }) => ({ index, event: shown }));
  return accepted({ kind: "receipt", receipt: claim.receipt, transaction, events });
}

const OUTCOME_WORDS = {
  [OUTCOME.applied]: "was applied",
  [OUTCOME.failed]: "failed and changed nothing",
  [OUTCOME.void]: "was void",
} as const;

/** One sentence for people. */
export function describeClaim(claim: ProvedClaim): string {
  switch (claim.kind) {
    case "receipt": {
      const { txId, position, outcome, code, eventCount } = claim.receipt;
      const place = `index ${position.index} of block ${position.height}`;
      const shown = `${claim.events.length} of its ${eventCount} events shown`;
      if (position.index === 0) return `The timer phase is ${place}; ${shown}.`;
      const why = outcome === OUTCOME.applied ? "" : ` with code ${code}`;
      return `Transaction ${toHex(txId)} ${OUTCOME_WORDS[outcome]}${why} at ${place}; ${shown}.`;
    }
    case "rowPresent":
      return `Table ${claim.table} holds the row ${toHex(claim.key)} as shown.`;
    case "rowAbsent":
      return `Table ${claim.table} holds no row ${toHex(claim.key)}.`;
  }
}
