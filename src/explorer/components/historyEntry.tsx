import type { ResultOf } from "../../client/index.js";
import { eventByCode } from "../../declarations/events.js";
import type { EventJson } from "../text/decode.js";
import { integer } from "../text/format.js";
import { links } from "../text/routes.js";
import { Amount } from "./amount.js";
import { AccountLink } from "./id.js";
import { Outcome } from "./outcome.js";
import { Reference, type ReferenceJson } from "./reference.js";
import { Time } from "./time.js";

export type HistoryItem = ResultOf<"account.history">["items"][number];

interface Fields {
  readonly account?: string;
  readonly asset?: number;
  readonly amount?: string;
  readonly balance?: string;
  readonly to?: string;
  readonly from?: string;
  readonly reference?: ReferenceJson | null;
}

const SIGNS: Readonly<Record<string, "+" | "−">> = {
  "payment.sent": "−",
  "payment.received": "+",
  "asset.issued": "+",
  "asset.redeemed": "−",
};

/** What one event meant for the account. */
function Change({ event, account }: { readonly event: EventJson; readonly account: string }) {
  const fields = event.fields as Fields;
  const sign = SIGNS[event.name];
  const other = fields.to ?? fields.from;
  if (fields.account !== account || sign === undefined || fields.amount === undefined) {
    return <p class="headline">{eventByCode(event.code)?.text ?? event.name}</p>;
  }
  return (
    <div class="change">
      <p class="headline">
        <strong class={sign === "+" ? "in" : "out"}>
          <Amount units={fields.amount} asset={fields.asset} sign={sign} />
        </strong>
        {other === undefined ? (
          <span>{event.name === "asset.issued" ? "issued" : "redeemed"}</span>
        ) : (
          <span>
            {fields.to === undefined ? "from " : "to "}
            <AccountLink account={other} />
          </span>
        )}
        {fields.reference != null && <Reference value={fields.reference} />}
      </p>
      <p class="after">
        <span class="muted">balance after</span>{" "}
        <Amount units={fields.balance ?? "0"} asset={fields.asset} />
      </p>
    </div>
  );
}

interface HistoryEntryProps {
  readonly item: HistoryItem;
  readonly account: string;
}

/** One transaction of an account's history. */
export function HistoryEntry({ item, account }: HistoryEntryProps) {
  const { receipt, txId, timeMs } = item;
  const events = item.events.filter(({ accounts }) => accounts.includes(account));
  // A payment has an event for each side; the account's own one says all that concerns it.
  const own = events.filter(({ fields }) => (fields as Fields).account === account);
  const shown = own.length > 0 ? own : events;
  return (
    <li class="item">
      {shown.length === 0 ? (
        <p class="headline">
          <Outcome outcome={receipt.outcome} code={receipt.code} /> Nothing changed.
        </p>
      ) : (
        shown.map((event) => <Change key={event.cursor} event={event} account={account} />)
      )}
      <p class="muted">
        <a href={links.transaction(txId)}>
          Transaction <span class="id">{txId.slice(0, 8)}…</span>
        </a>{" "}
        in{" "}
        <a href={links.block(receipt.position.height)}>block {integer(receipt.position.height)}</a>,{" "}
        <Time ms={timeMs} />
      </p>
    </li>
  );
}
