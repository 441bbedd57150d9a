import type { Transfer } from "../text/decode.js";
import { Amount } from "./amount.js";
import { AccountLink } from "./id.js";

/** A transfer in one line: how much, from whom, to whom. */
export function TransferLine({
  transfer: { from, to, asset, units },
}: {
  readonly transfer: Transfer;
}) {
  return (
    <span class="transfer">
      <strong>
        <Amount units={units} asset={asset} />
      </strong>{" "}
      <span class="route">
        <AccountLink account={from} /> <span aria-hidden="true">→</span>
        <span class="hidden">to</span> <AccountLink account={to} />
      </span>
    </span>
  );
}
