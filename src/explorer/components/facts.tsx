/** Names and values: a description list that stands in two columns where there is room. */

import type { ComponentChildren } from "preact";

export function Facts({ children }: { readonly children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

interface FactProps {
  readonly name: string;
  /** Explained on hover. */
  readonly hint?: string | undefined;
  readonly children: ComponentChildren;
}

export function Fact({ name, hint, children }: FactProps) {
  return (
    <div>
      <dt title={hint}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
