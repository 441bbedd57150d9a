/** Who proposed and signed the newest blocks. */

import type { ResultOf } from "../../client/index.js";
import { call } from "./session.js";

type Header = ResultOf<"chain.head">["header"];

export interface CertifiedBlock {
  readonly header: Header;
  readonly voters: ReadonlySet<number>;
}

const SHOWN = 24;
const HEADERS = 200;

export interface Participation {
  /** Newest first, for proposers. */
  readonly headers: readonly Header[];
  /** Oldest first: blocks that have a certificate of their own. */
  readonly certified: readonly CertifiedBlock[];
}

export async function loadParticipation(signal: AbortSignal): Promise<Participation> {
  const { items: headers } = await call("chain.blocks", { limit: HEADERS }, { signal });
  const answers = await Promise.all(
    headers
      .slice(0, SHOWN)
      .map(({ height }) =>
        call("chain.certificate", { height }, { signal }).catch(() => undefined),
      ),
  );
  const byHeight = new Map<number, CertifiedBlock>();
  for (const answer of answers) {
    if (answer === undefined) continue;
    const voters = new Set(answer.certificate.voters);
    byHeight.set(answer.height, { header: answer.header, voters });
  }
  const certified = [...byHeight.values()].sort((a, b) => a.header.height - b.header.height);
  return { headers, certified };
}
