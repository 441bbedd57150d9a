/** A number that grows whenever something happened to an account. */

import { useEffect, useState } from "preact/hooks";
import { client } from "./session.js";

/** Several events of one block are one reason to ask again. */
const GATHER_MS = 250;

export function useAccountVersion(account: string): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async () => {
      const events = (await client()).subscribe("account", {
        accounts: [account],
        after: "head",
        signal: abort.signal,
      });
      for await (const _ of events) {
        timer ??= setTimeout(() => {
          timer = undefined;
          setVersion((count) => count + 1);
        }, GATHER_MS);
      }
    };
    // Whoever may not follow an account is told so by the page's own questions.
    follow().catch(() => {});
    return () => {
      clearTimeout(timer);
      abort.abort(new Error("the page was left"));
    };
  }, [account]);
  return version;
}
