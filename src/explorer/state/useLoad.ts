/** Answers that a page waits for. */

import { useCallback, useEffect, useState } from "preact/hooks";
import type { MethodName, ParamsOf, ResultOf } from "../../client/index.js";
import { call } from "./session.js";

export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly error: unknown }
  | { readonly state: "ready"; readonly value: T };

/**
 * Runs `load` for `key`, and again for another key or after `reload`. While it is reloaded the
 * value of the same key stays, so that a page does not flicker.
 */
export function useLoad<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
): { readonly loaded: Loaded<T>; readonly reload: () => void } {
  const [held, setHeld] = useState<{ key: string; loaded: Loaded<T> }>();
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  // `key` stands for all that `load` uses, so nothing else is watched.
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setHeld({ key, loaded: { state: "ready", value } });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setHeld({ key, loaded: { state: "failed", error } });
      },
    );
    return () => abort.abort(new Error("the page was left"));
  }, [key, round]);
  return { loaded: held?.key === key ? held.loaded : { state: "loading" }, reload };
}

export function useCall<M extends MethodName>(method: M, params: ParamsOf<M>) {
  return useLoad<ResultOf<M>>(`${method} ${JSON.stringify(params)}`, (signal) =>
    call(method, params, { signal }),
  );
}
