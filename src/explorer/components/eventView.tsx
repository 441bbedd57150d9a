import { eventByCode } from "../../declarations/events.js";
import type { EventJson } from "../text/decode.js";
import { Amount } from "./amount.js";
import { FieldList } from "./fieldList.js";
import { AccountLink } from "./id.js";

/** Said by the headline, or of use to programs only. */
const SAID = ["account", "asset", "amount", "to", "from", "balance", "previous", "code", "seq"];

/** What an event did to a balance, in one line; undefined for other events. */
function BalanceLine({ event: { name, fields } }: { readonly event: EventJson }) {
  const { account, asset, amount, to, from } = fields as Record<string, string | undefined>;
  if (account === undefined) return null;
  const number = Number(asset);
  const own = <AccountLink account={account} />;
  const much = amount === undefined ? null : <Amount units={amount} asset={number} />;
  if (name === "payment.sent" && to !== undefined) {
    return (
      <>
        {own} sent <strong>{much}</strong>
      </>
    );
  }
  if (name === "payment.received" && from !== undefined) {
    return (
      <>
        {own} received <strong>{much}</strong>
      </>
    );
  }
  return (
    <>
      {own}: {eventByCodeText(name)} {amount !== undefined && <strong>{much}</strong>}
    </>
  );
}

function eventByCodeText(name: string): string {
  return name.replace(/^.*\./, "").replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** One event of a transaction. */
export function EventView({ event }: { readonly event: EventJson }) {
  const declared = eventByCode(event.code);
  const { asset, balance, seq } = event.fields;
  return (
    <li class="item">
      <p class="headline">
        {declared?.isLink === true ? (
          <span>
            <BalanceLine event={event} />
          </span>
        ) : (
          <strong>{declared?.text ?? `Event ${event.code}`}</strong>
        )}
        <span class="tag">{event.name}</span>
      </p>
      {declared?.isLink === true && (
        <p class="muted">
          Balance after: <Amount units={String(balance)} asset={Number(asset)} />, change{" "}
          {String(seq)} of this balance
        </p>
      )}
      {declared?.isLink === false && (
        <FieldList declared={declared.body.fields} fields={event.fields} parties={[]} omit={[]} />
      )}
      {declared?.isLink === true && event.name.startsWith("balance.") && (
        <FieldList declared={declared.body.fields} fields={event.fields} parties={[]} omit={SAID} />
      )}
    </li>
  );
}
