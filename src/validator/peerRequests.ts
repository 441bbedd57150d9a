import { mapKey } from "../base/bytes.js";
import type { Fetcher, MissingBatches } from "../consensus/ports.js";
import type { Fetching } from "../sync/fetching.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";

/** What agreement and lanes miss, as messages to peers. */
export class PeerRequests implements Fetcher {
  constructor(
    readonly fetching: Fetching,
    readonly chain: { readonly nowMs: () => number; readonly isCatchingUp: () => boolean },
  ) {}

  certificates(
    fromView: number,
    toView: number,
    kinds: number,
    first: readonly ValidatorIndex[],
  ): void {
    const value = { epoch: 0, fromView: Math.max(1, fromView), toView, kinds };
    const key = `c${value.fromView}:${toView}:${kinds}`;
    const message = () => ({ kind: "certificateRequest", value }) as const;
    this.fetching.want(key, first, message, this.chain.nowMs());
  }

  proposal(view: number, blockHash: Hash, first: readonly ValidatorIndex[]): void {
    // While pages come, walking back block by block would ask for what they bring.
    if (this.chain.isCatchingUp()) return;
    const message = () =>
      ({ kind: "proposalRequest", value: { epoch: 0, view, blockHash } }) as const;
    this.fetching.want(`p${view}:${mapKey(blockHash)}`, first, message, this.chain.nowMs());
  }

  batches(missing: MissingBatches, first: readonly ValidatorIndex[]): void {
    const { author, fromSeq, toSeq } = missing;
    const key = `b${author}:${fromSeq}:${toSeq}`;
    const message = () =>
      ({ kind: "batchRequest", value: { author, epoch: 0, fromSeq, toSeq } }) as const;
    this.fetching.want(key, first, message, this.chain.nowMs());
  }
}
