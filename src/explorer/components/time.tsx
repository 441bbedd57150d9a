/** Times: local, with the exact UTC form on hover; ages move by themselves. */

import { useNow } from "../state/ticker.js";
import { age, localTime } from "../text/format.js";

export function Time({ ms }: { readonly ms: number }) {
  const iso = new Date(ms).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {localTime(ms)}
    </time>
  );
}

export function Age({ ms }: { readonly ms: number }) {
  const now = useNow();
  const iso = new Date(ms).toISOString();
  return (
    <time dateTime={iso} title={`${localTime(ms)} (${iso})`}>
      {age(now - ms)}
    </time>
  );
}
