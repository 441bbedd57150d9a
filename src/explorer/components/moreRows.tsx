import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { integer } from "../text/format.js";

const STEP = 50;

interface MoreRowsProps<T> {
  readonly items: readonly T[];
  readonly children: (items: readonly T[]) => ComponentChildren;
}

/** A long list that is here already, shown a part at a time. */
export function MoreRows<T>({ items, children }: MoreRowsProps<T>) {
  const [shown, setShown] = useState(STEP);
  return (
    <>
      {children(items.slice(0, shown))}
      {items.length > shown && (
        <button type="button" class="more" onClick={() => setShown(shown + STEP)}>
          Show more ({integer(items.length - shown)} left)
        </button>
      )}
    </>
  );
}
