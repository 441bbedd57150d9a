import type { ComponentChildren } from "preact";

interface MetricProps {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly detail: ComponentChildren;
  readonly hint?: string;
}

/** One figure of the live page. */
export function Metric({ name, value, detail, hint }: MetricProps) {
  return (
    <div class="metric" title={hint}>
      <dt>{name}</dt>
      <dd>
        <span class="value">{value}</span>
        <span class="detail">{detail}</span>
      </dd>
    </div>
  );
}
