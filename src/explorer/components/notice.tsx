/** A message in a box: status, refusal, failure. */

import type { ComponentChildren } from "preact";
import type { Words } from "../text/words.js";

interface NoticeProps {
  readonly words: Words;
  /** What can be done about it. */
  readonly children?: ComponentChildren;
}

const MARKS = { good: "✓", warn: "!", bad: "✕", quiet: "i" } as const;

export function Notice({ words, children }: NoticeProps) {
  return (
    <div class={`notice ${words.tone}`} role={words.tone === "bad" ? "alert" : "status"}>
      <span class="mark" aria-hidden="true">
        {MARKS[words.tone]}
      </span>
      <div>
        <strong>{words.title}</strong>
        <p>{words.text}</p>
        {children}
      </div>
    </div>
  );
}
