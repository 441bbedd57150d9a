/** Whether what is shown is fresh: connected, silent, catching up or lost. */

import { chainFeed } from "../state/chainFeed.js";
import { useDirectory } from "../state/directory.js";
import { nodeStatus } from "../state/nodeStatus.js";
import { link } from "../state/session.js";
import { useStore } from "../state/store.js";
import { useNow } from "../state/ticker.js";
import { age } from "../text/format.js";
import type { Tone } from "../text/words.js";

const DEFAULT_IDLE_MS = 60_000;
/** A block that is due may need some views; silence beyond this is worth saying. */
const GRACE_MS = 15_000;
/** From here on the badge says how long nothing has happened. */
const QUIET_MS = 10_000;

function useFreshness(): { tone: Tone; text: string } {
  const socket = useStore(link);
  const status = useStore(nodeStatus);
  const newest = useStore(chainFeed)[0]?.header.timeMs;
  const { info } = useDirectory();
  const now = useNow();
  if (socket === "lost") return { tone: "bad", text: "Disconnected, trying again" };
  if (socket === "connecting") return { tone: "quiet", text: "Connecting" };
  if (status === undefined) {
    return newest === undefined
      ? { tone: "quiet", text: "Connecting" }
      : { tone: "warn", text: "The node does not answer" };
  }
  if (status.stoppedReason !== null) return { tone: "bad", text: "This validator has stopped" };
  if (status.isSyncing) return { tone: "warn", text: "Catching up" };
  const silentMs = now - Math.max(status.headTimeMs, newest ?? 0);
  const idleMs = Number(info?.parameters.maxIdleMs ?? DEFAULT_IDLE_MS);
  if (silentMs > idleMs + GRACE_MS) return { tone: "bad", text: `No block since ${age(silentMs)}` };
  if (silentMs > QUIET_MS) return { tone: "good", text: `Idle, last block ${age(silentMs)}` };
  return { tone: "good", text: "Live" };
}

export function Freshness() {
  const { tone, text } = useFreshness();
  return (
    <span class={`badge ${tone}`} data-testid="freshness">
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}
