/** Proof files from the parts that a node has. They show only events that the asker may read. */

import type { Hasher } from "../crypto/interfaces.js";
import { operationByCode } from "../declarations/operations.js";
import type { NodeApi, ReceiptProofParts, RowProofParts } from "../ports/nodeApi.js";
import { type Claim, makeProofFile, makeReceiptClaim, makeRowClaim } from "../proofs/index.js";
import type { BlockResult, Header } from "../types/block.js";
import type { Hash } from "../types/primitives.js";
import type { Transaction } from "../types/transaction.js";
import type { Certificate } from "../types/vote.js";

interface Certified {
  readonly block: { readonly header: Header };
  readonly result: BlockResult;
  readonly certified: {
    readonly block: { readonly header: Header };
    readonly certificate: Certificate;
  };
  readonly historyPath: readonly Hash[];
  readonly successor?: Header | undefined;
}

/**
 * The body of a transaction as far as a proof file may show it: not at all where an operation
 * brings a secret. A proof is made to be handed on; who has the secret of an account's blinds can
 * guess its rows from the neighbours in anybody's proofs.
 */
export function shownBody({ body, bodyBytes }: Transaction): Uint8Array | undefined {
  const hasSecret = body.operations.some(({ code }) =>
    operationByCode(code)?.body.fields.some(({ kind }) => kind === "secret"),
  );
  return hasSecret ? undefined : bodyBytes;
}

export class ProofFiles {
  constructor(
    readonly node: NodeApi,
    readonly hasher: Hasher,
  ) {}

  #file(parts: Certified, claims: readonly Claim[]): Uint8Array {
    const { block, result, certified, historyPath, successor } = parts;
    return makeProofFile(this.hasher, {
      genesisBytes: this.node.identity().recordBytes,
      certified: { header: certified.block.header, certificate: certified.certificate },
      subject: { header: block.header, result },
      successor: successor === undefined ? undefined : { header: successor, path: historyPath },
      claims,
    });
  }

  receipt(
    parts: ReceiptProofParts,
    bodyBytes: Uint8Array | undefined,
    showEvents: readonly number[],
  ): Uint8Array {
    const { receipt, events } = parts.executed;
    const claim = makeReceiptClaim(this.hasher, {
      receipt,
      path: parts.receiptPath,
      bodyBytes,
      events,
      showEvents,
    });
    return this.#file(parts, [claim]);
  }

  row(parts: RowProofParts): Uint8Array {
    return this.#file(parts, [makeRowClaim(parts.proof)]);
  }
}
