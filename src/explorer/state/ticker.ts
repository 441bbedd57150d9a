/** A clock hand that components follow to show ages. */

import { nodeNowMs } from "./nodeStatus.js";
import { Store, useStore } from "./store.js";

const ticker = new Store(nodeNowMs());
setInterval(() => ticker.set(nodeNowMs()), 1_000);

/** The node's time, moved once a second. */
export function useNow(): number {
  return useStore(ticker);
}
