/** The newest blocks. */

import type { SeenBlock } from "../state/chainFeed.js";
import { useDirectory, validatorName } from "../state/directory.js";
import { counted, integer } from "../text/format.js";
import { links } from "../text/routes.js";
import { Age } from "./time.js";

/** Views between a block and its parent in which no block came about. */
export function skippedViews(header: {
  readonly view: number;
  readonly parentView: number;
}): number {
  return Math.max(0, header.view - header.parentView - 1);
}

function fillClass(transactions: number, most: number): string {
  if (transactions === 0 || most === 0) return "fill-0";
  return `fill-${Math.max(1, Math.round((transactions / most) * 10))}`;
}

export function BlockTable({ blocks }: { readonly blocks: readonly SeenBlock[] }) {
  const directory = useDirectory();
  const most = Math.max(0, ...blocks.map(({ header }) => header.transactionCount));
  return (
    <table class="blocks">
      <thead>
        <tr>
          <th scope="col">Height</th>
          <th scope="col" class="number">
            Transactions
          </th>
          <th scope="col">Proposer</th>
          <th scope="col" class="number">
            Age
          </th>
        </tr>
      </thead>
      <tbody>
        {blocks.map(({ header }) => (
          <tr key={header.height}>
            <td>
              <a href={links.block(header.height)}>{integer(header.height)}</a>
            </td>
            <td class="number">
              <span class={`fill ${fillClass(header.transactionCount, most)}`}>
                {integer(header.transactionCount)}
              </span>
            </td>
            <td>
              {validatorName(directory, header.proposer)}
              {skippedViews(header) > 0 && (
                <span
                  class="tag warn"
                  title="Views without a block before this one: their leaders were late or silent."
                >
                  {counted(skippedViews(header), "view")} skipped
                </span>
              )}
            </td>
            <td class="number">
              <Age ms={header.timeMs} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
