/** What a page shows while it waits, when it failed, and when it has its answer. */

import type { ComponentChildren } from "preact";
import type { Loaded } from "../state/useLoad.js";
import { failureWords, isPrivate } from "../text/words.js";
import { Notice } from "./notice.js";

interface LoadedViewProps<T> {
  readonly loaded: Loaded<T>;
  /** What is loaded, as a failure names it: "Block 12". */
  readonly what: string;
  readonly reload: () => void;
  readonly children: (value: T) => ComponentChildren;
}

export function LoadedView<T>({ loaded, what, reload, children }: LoadedViewProps<T>) {
  if (loaded.state === "loading") {
    return (
      <p class="loading" role="status">
        Loading…
      </p>
    );
  }
  if (loaded.state === "failed") {
    const { error } = loaded;
    return (
      <Notice words={failureWords(error, what)}>
        {!isPrivate(error) && (
          <button type="button" onClick={reload}>
            Try again
          </button>
        )}
      </Notice>
    );
  }
  return <>{children(loaded.value)}</>;
}
