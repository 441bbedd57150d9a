import { mapKey } from "../base/bytes.js";
import type { Fetcher } from "../consensus/ports.js";
import type { Fetching } from "../sync/fetching.js";
import type { MissingBatches } from "../types/laneHeads.js";
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
    this.#certificates(`c${fromView}:${toView}:${kinds}`, fromView, toView, kinds, first);
  }

  claimed(peer: ValidatorIndex, fromView: number, toView: number, kinds: number): void {
    this.#certificates(`s${peer}`, fromView, toView, kinds, [peer]);
  }

  #certificates(
    key: string,
    fromView: number,
    toView: number,
    kinds: number,
    first: readonly ValidatorIndex[],
  ): void {
    const value = { epoch: 0, fromView: Math.max(1, fromView), toView, kinds };
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
    this.#batches(`b${author}:${fromSeq}:${toSeq}`, missing, first);
  }

  /** What peers' acks say that there is: one wish a lane, whatever numbers they name. */
  ackedBatches(missing: MissingBatches, first: readonly ValidatorIndex[]): void {
    this.#batches(`l${missing.author}`, missing, first);
  }

  #batches(key: string, missing: MissingBatches, first: readonly ValidatorIndex[]): void {
    const { author, fromSeq, toSeq } = missing;
    const message = () =>
      ({ kind: "batchRequest", value: { author, epoch: 0, fromSeq, toSeq } }) as const;
    this.fetching.want(key, first, message, this.chain.nowMs());
  }
}
