/** What `node.status` says, asked again and again, and the node's clock that comes with it. */

import type { ResultOf } from "../../client/index.js";
import { call, pause } from "./session.js";
import { Store } from "./store.js";

export type NodeStatus = ResultOf<"node.status">;

const PERIOD_MS = 2_000;
const PATIENCE_MS = 5_000;
/** An answer that took longer says too little about the node's clock. */
const ROUND_TRIP_MS_MAX = 1_000;

/** The last answer; undefined until there is one, and while the node does not answer. */
export const nodeStatus = new Store<NodeStatus | undefined>(undefined);

let offsetMs = 0;

/** The time by the node's clock. Ages on these pages do not depend on the browser's clock. */
export function nodeNowMs(): number {
  return Date.now() + offsetMs;
}

async function ask(): Promise<void> {
  const sentMs = Date.now();
  try {
    const status = await call("node.status", {}, { timeoutMs: PATIENCE_MS });
    const tookMs = Date.now() - sentMs;
    if (tookMs <= ROUND_TRIP_MS_MAX) offsetMs = status.nowMs + tookMs / 2 - Date.now();
    nodeStatus.set(status);
  } catch {
    nodeStatus.set(undefined);
  }
}

export async function followNodeStatus(): Promise<never> {
  for (;;) {
    await ask();
    await pause(PERIOD_MS);
  }
}
