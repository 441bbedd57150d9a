/**
 * Every event: its number, name and fields. Fields of kind `account` name whom it concerns. An event
 * that changed a balance begins with the link of that balance's chain: account, asset, `seq` (1 for
 * the first), the balance after it, and `previous`, the head before it. The new head is the RFC 9162
 * leaf hash of the event itself: SHA-256(0x00, BCS(event)).
 */

import { RECEIVE_ASSETS_MAX } from "./assets.js";
import {
  account,
  amount,
  asset,
  assetSet,
  balance,
  bits,
  byte,
  clientIdField,
  code,
  digest,
  type FieldDeclaration,
  flag,
  limit,
  name,
  optional,
  organisation,
  paymentReference,
  policy,
  type RecordDeclaration,
  type RecordOf,
  record,
  sequence,
  time,
} from "./fields.js";

export interface EventDeclaration<T = unknown> {
  readonly code: number;
  readonly name: string;
  readonly body: RecordDeclaration<T>;
  /** Names of the fields that are accounts. */
  readonly accounts: readonly string[];
  /** Whether it is a link of a balance's chain. */
  readonly isLink: boolean;
  /** Whose organisations may read it: accounts of these fields. Empty for public events. */
  readonly readers: readonly string[];
  readonly text: string;
}

type FieldsOf = Parameters<typeof record>[0];

function accountsOf(fields: readonly FieldDeclaration[]): string[] {
  return fields.filter(({ kind }) => kind === "account").map((item) => item.name);
}

function event<F extends FieldsOf>(
  eventCode: number,
  eventName: string,
  text: string,
  fields: F,
  isPublic = false,
): EventDeclaration<RecordOf<F>> {
  const body = record(fields);
  const accounts = accountsOf(body.fields);
  return {
    code: eventCode,
    name: eventName,
    body,
    accounts,
    isLink: false,
    readers: isPublic ? [] : accounts,
    text,
  };
}

const link = {
  account: account("Whose balance changed."),
  asset: asset("Asset of the balance."),
  seq: sequence("Number of this change of the balance, from 1."),
  balance: balance("Available balance after this event, in minor units."),
  previous: digest("Head of the balance's chain before this event."),
};

/** A link may be read by the owner of the balance alone: it tells the balance. */
function linkEvent<F extends FieldsOf>(
  eventCode: number,
  eventName: string,
  text: string,
  fields: F,
): EventDeclaration<RecordOf<typeof link & F>> {
  const body = record({ ...link, ...fields });
  return {
    code: eventCode,
    name: eventName,
    body: body as RecordDeclaration<RecordOf<typeof link & F>>,
    accounts: accountsOf(body.fields),
    isLink: true,
    readers: ["account"],
    text,
  };
}

export const EVENTS = {
  "account.opened": event(257, "account.opened", "An account was opened.", {
    account: account("The new account."),
    by: account("Who opened it."),
    organisation: organisation("Its organisation."),
    roles: bits("Its roles."),
    policy: policy("Its keys."),
  }),
  "account.closed": event(258, "account.closed", "An account was closed for good.", {
    account: account("The account."),
    by: account("Who closed it."),
  }),
  "account.keysReplaced": event(259, "account.keysReplaced", "An account has other keys.", {
    account: account("The account."),
    by: account("Who replaced them."),
    policy: policy("Its keys from now on."),
  }),
  "account.receivePolicySet": event(
    260,
    "account.receivePolicySet",
    "An account said which payments it takes.",
    {
      account: account("The account."),
      referenceRequired: flag("Whether it takes only payments with a reference."),
      amountMin: limit("Smallest amount that it takes."),
      assets: assetSet(RECEIVE_ASSETS_MAX)("Assets that it takes; empty for all."),
    },
  ),

  "asset.registered": event(
    513,
    "asset.registered",
    "An asset was registered.",
    {
      asset: asset("Its number."),
      code: name(12)("Its code."),
      organisation: organisation("Its issuer."),
      scale: byte("Decimal places."),
      iso4217: code("ISO 4217 number, or 0."),
      kind: byte("1 currency, 2 points, 3 receivable, 4 unit of goods."),
      flags: bits("Its flags."),
      maxSupply: limit("Most that may be outstanding."),
    },
    true,
  ),
  "asset.issued": linkEvent(514, "asset.issued", "Units were created and credited.", {
    amount: amount("Amount."),
    issued: limit("Total issued so far."),
    reference: paymentReference("Why."),
  }),
  "asset.redeemed": linkEvent(515, "asset.redeemed", "Units were debited and ended.", {
    amount: amount("Amount."),
    redeemed: limit("Total redeemed so far."),
    reference: paymentReference("What for."),
  }),
  "asset.flagsLocked": event(
    516,
    "asset.flagsLocked",
    "Flags of an asset can never change again.",
    { asset: asset("The asset."), locked: bits("All flags that are locked now.") },
    true,
  ),
  "asset.flagsSet": event(
    517,
    "asset.flagsSet",
    "Flags of an asset changed.",
    { asset: asset("The asset."), flags: bits("All its flags now.") },
    true,
  ),
  "asset.frozen": event(
    518,
    "asset.frozen",
    "An asset was frozen or freed, by its issuer or by time.",
    {
      asset: asset("The asset."),
      frozen: flag("Whether it is frozen now."),
      untilMs: optional(time("When the freeze ends by itself.")),
      byTimer: flag("Whether a timer did it."),
    },
    true,
  ),
  "balance.frozen": linkEvent(
    519,
    "balance.frozen",
    "A balance was frozen or freed, by the issuer or by time.",
    {
      frozen: flag("Whether it is frozen now."),
      untilMs: optional(time("When the freeze ends by itself.")),
      byTimer: flag("Whether a timer did it."),
    },
  ),
  "balance.authorised": linkEvent(
    520,
    "balance.authorised",
    "A holder was authorised, or no more.",
    {
      authorised: flag("Whether the account may hold the asset now."),
    },
  ),
  "balance.limitsSet": linkEvent(521, "balance.limitsSet", "The limits of a balance changed.", {
    overdraft: limit("How far below zero it may go."),
    balanceMax: limit("Most that it may hold; 0 for no limit."),
    transferMax: limit("Most that one transfer may move; 0 for no limit."),
    dayMax: limit("Most that leaves it in a day; 0 for no limit."),
  }),

  "payment.sent": linkEvent(769, "payment.sent", "A payment left a balance.", {
    to: account("Who received it."),
    amount: amount("Amount."),
    code: code("Purpose code."),
    reference: paymentReference("What it is for."),
    paymentId: optional(clientIdField("Id that the payer gave it.")),
  }),
  "payment.received": linkEvent(770, "payment.received", "A payment reached a balance.", {
    from: account("Who sent it."),
    amount: amount("Amount."),
    code: code("Purpose code."),
    reference: paymentReference("What it is for."),
    paymentId: optional(clientIdField("Id that the payer gave it.")),
  }),
  "payment.idTaken": event(
    771,
    "payment.idTaken",
    "A payment failed because its id was used: the only event of its transaction.",
    {
      account: account("The payer."),
      paymentId: clientIdField("The id."),
      firstTxId: digest("The transaction that used it first."),
      isSamePayment: flag("Whether that was the same payment."),
    },
  ),
} as const;

export type EventName = keyof typeof EVENTS;
export type EventBody<N extends EventName> =
  (typeof EVENTS)[N] extends EventDeclaration<infer T> ? T : never;

const byCode = new Map<number, EventDeclaration>(
  Object.values(EVENTS).map((item) => [item.code, item as EventDeclaration]),
);

export function eventByCode(eventCode: number): EventDeclaration | undefined {
  return byCode.get(eventCode);
}
