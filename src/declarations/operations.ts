/**
 * Every operation: its number, name, body, who signs, role, cost, events and result codes. Data
 * only. A body begins with `by`: the index, into the transaction's parties, of the account that
 * acts. All parties of a transaction sign it (or it is void), so a party that is named has agreed.
 */

import { RECEIVE_ASSETS_MAX } from "./assets.js";
import type { EventName } from "./events.js";
import {
  account,
  amount,
  asset,
  assetSet,
  bits,
  byte,
  clientIdField,
  code,
  flag,
  limit,
  name,
  optional,
  party,
  paymentReference,
  policy,
  type RecordDeclaration,
  type RecordOf,
  record,
  salt,
  secret,
  time,
} from "./fields.js";
import type { ResultName } from "./resultCodes.js";

export type RoleName = "admin" | "issuer" | "auditor" | "operator";

export interface OperationDeclaration<T = unknown> {
  readonly code: number;
  readonly name: string;
  readonly body: RecordDeclaration<T>;
  /** Role that `by` needs in its organisation. */
  readonly role: RoleName | undefined;
  /** Who must be a party, in words. */
  readonly signedBy: string;
  /** Declared cost: about one microsecond of one core for each unit. */
  readonly cost: number;
  /** Whether the transaction's attachment belongs to this operation. */
  readonly bindsAttachment: boolean;
  readonly events: readonly EventName[];
  /** Codes with which it can fail, in the order in which they are looked for. */
  readonly results: readonly ResultName[];
  readonly text: string;
}

type Declared<F extends Parameters<typeof record>[0]> = Omit<
  OperationDeclaration,
  "body" | "bindsAttachment"
> & { readonly fields: F };

function operation<F extends Parameters<typeof record>[0]>(
  declared: Declared<F>,
): OperationDeclaration<RecordOf<F>> {
  const { fields, ...rest } = declared;
  return { ...rest, bindsAttachment: false, body: record(fields) };
}

const by = party("Party that acts.");

/** Declared cost of a transaction beside its operations, and of each witness above the first. */
export const TRANSACTION_COST = 20;
export const WITNESS_COST = 30;
/** Cost of a timer that fires. */
export const TIMER_COST = 20;

export const OPERATIONS = {
  "account.open": operation({
    code: 257,
    name: "account.open",
    fields: {
      by,
      policy: policy("Keys that will sign for the account."),
      salt: salt("Random bytes; with organisation and policy they make the account's id."),
      blindSecret: secret("Random bytes; from them come the blinds of the account's rows."),
      roles: bits("Roles in the organisation: 1 admin, 2 issuer, 4 auditor, 8 operator."),
      referenceRequired: flag("Whether the account takes only payments with a reference."),
    },
    role: "admin",
    signedBy: "an account of the organisation with the role ADMIN",
    cost: 60,
    events: ["account.opened"],
    results: ["ROLE_MISSING", "BAD_ROLES", "BAD_KEY", "ACCOUNT_EXISTS", "ROW_QUOTA"],
    text: "Opens an account in the organisation of the account that acts.",
  }),
  "account.close": operation({
    code: 258,
    name: "account.close",
    fields: { by, account: account("Account to close.") },
    role: undefined,
    signedBy: "the account itself, or an account of its organisation with the role ADMIN",
    cost: 30,
    events: ["account.closed"],
    results: [
      "UNKNOWN_RECIPIENT",
      "FOREIGN_ORGANISATION",
      "ROLE_MISSING",
      "BALANCE_NOT_ZERO",
      "LAST_ADMIN",
    ],
    text: "Closes an account for good. Its balances must be zero.",
  }),
  "account.replaceKeys": operation({
    code: 259,
    name: "account.replaceKeys",
    fields: {
      by,
      account: account("Account whose keys change."),
      policy: policy("Keys that sign for the account from now on."),
    },
    role: undefined,
    signedBy: "the account itself, or an account of its organisation with the role ADMIN",
    cost: 40,
    events: ["account.keysReplaced"],
    results: ["UNKNOWN_RECIPIENT", "FOREIGN_ORGANISATION", "ROLE_MISSING", "BAD_KEY"],
    text: "Replaces the keys of an account. Its id stays.",
  }),
  "account.setReceivePolicy": operation({
    code: 260,
    name: "account.setReceivePolicy",
    fields: {
      by,
      referenceRequired: flag("Whether the account takes only payments with a reference."),
      amountMin: limit("Smallest amount that it takes; 0 for any."),
      assets: assetSet(RECEIVE_ASSETS_MAX)("Assets that it takes; empty for all."),
    },
    role: undefined,
    signedBy: "the account itself",
    cost: 30,
    events: ["account.receivePolicySet"],
    results: [],
    text: "Says which payments an account takes.",
  }),

  "asset.register": operation({
    code: 513,
    name: "asset.register",
    fields: {
      by,
      code: name(12)("Short code: capitals, digits, dot, hyphen."),
      scale: byte("Decimal places of one unit: 0 to 9."),
      iso4217: code("ISO 4217 number, or 0."),
      kind: byte("1 currency, 2 points, 3 receivable, 4 unit of goods."),
      flags: bits("1 holders need authorisation, 2 freeze, 4 clawback, 8 holds, 16 transferable."),
      maxSupply: limit("Most that may be outstanding, in minor units; 0 for 2^63 - 1."),
    },
    role: "issuer",
    signedBy: "an account of the issuing organisation with the role ISSUER",
    cost: 60,
    events: ["asset.registered"],
    results: ["ROLE_MISSING", "BAD_ASSET", "ASSET_EXISTS", "ROW_QUOTA"],
    text: "Registers an asset. It gets the next number.",
  }),
  "asset.issue": operation({
    code: 514,
    name: "asset.issue",
    fields: {
      by,
      to: account("Account that receives the units."),
      asset: asset("Asset to issue."),
      amount: amount("Amount in minor units."),
      reference: paymentReference("Why: for example the hash of a reserve statement."),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 60,
    events: ["asset.issued"],
    results: [
      "ROLE_MISSING",
      "UNKNOWN_ASSET",
      "FOREIGN_ORGANISATION",
      "UNKNOWN_RECIPIENT",
      "FROZEN",
      "HOLDER_NOT_AUTHORISED",
      "CAP_EXCEEDED",
      "LIMIT_EXCEEDED",
      "ROW_QUOTA",
    ],
    text: "Creates units of an asset and credits them.",
  }),
  "asset.redeem": operation({
    code: 515,
    name: "asset.redeem",
    fields: {
      by,
      issuer: party("Party with the role ISSUER in the asset's organisation; may be `by`."),
      asset: asset("Asset to redeem."),
      amount: amount("Amount in minor units."),
      reference: paymentReference("What the holder gets for it."),
    },
    role: undefined,
    signedBy: "the holder, and an account of the asset's organisation with the role ISSUER",
    cost: 60,
    events: ["asset.redeemed"],
    results: [
      "UNKNOWN_ASSET",
      "FOREIGN_ORGANISATION",
      "ROLE_MISSING",
      "FROZEN",
      "INSUFFICIENT_BALANCE",
      "CAP_EXCEEDED",
    ],
    text: "Debits units from their holder and ends their existence.",
  }),
  "asset.lockFlags": operation({
    code: 516,
    name: "asset.lockFlags",
    fields: {
      by,
      asset: asset("Asset whose flags are locked."),
      mask: bits("Flags that keep their present value for ever."),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 30,
    events: ["asset.flagsLocked"],
    results: ["ROLE_MISSING", "UNKNOWN_ASSET", "FOREIGN_ORGANISATION", "BAD_ASSET", "FLAG_LOCKED"],
    text: "Promises, irreversibly, that some flags of an asset never change.",
  }),
  "asset.setFlags": operation({
    code: 517,
    name: "asset.setFlags",
    fields: {
      by,
      asset: asset("Asset whose flags change."),
      flags: bits("All its flags from now on; locked ones must keep their value."),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 30,
    events: ["asset.flagsSet"],
    results: ["ROLE_MISSING", "UNKNOWN_ASSET", "FOREIGN_ORGANISATION", "BAD_ASSET", "FLAG_LOCKED"],
    text: "Changes those flags of an asset that are not locked.",
  }),
  "asset.freeze": operation({
    code: 518,
    name: "asset.freeze",
    fields: {
      by,
      asset: asset("Asset to freeze or to free."),
      account: optional(account("Account whose balance it concerns; absent for the whole asset.")),
      frozen: flag("Whether it is frozen from now on."),
      untilMs: optional(time("Block time at which the freeze ends by itself; absent for never.")),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 60,
    events: ["asset.frozen", "balance.frozen"],
    results: [
      "ROLE_MISSING",
      "UNKNOWN_ASSET",
      "FOREIGN_ORGANISATION",
      "NOT_ENABLED",
      "BAD_TIME",
      "UNKNOWN_RECIPIENT",
      "ROW_QUOTA",
      "TIMER_QUOTA",
    ],
    text: "Freezes a balance or a whole asset, for good or until a time, or frees it.",
  }),
  "asset.authorise": operation({
    code: 519,
    name: "asset.authorise",
    fields: {
      by,
      asset: asset("Asset that needs authorisation."),
      account: account("Holder."),
      authorised: flag("Whether the account may hold the asset from now on."),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 40,
    events: ["balance.authorised"],
    results: [
      "ROLE_MISSING",
      "UNKNOWN_ASSET",
      "FOREIGN_ORGANISATION",
      "AUTHORISATION_NOT_REQUIRED",
      "UNKNOWN_RECIPIENT",
      "ROW_QUOTA",
    ],
    text: "Lets an account hold an asset, or ends that.",
  }),
  "balance.setLimits": operation({
    code: 520,
    name: "balance.setLimits",
    fields: {
      by,
      asset: asset("Asset."),
      account: account("Holder."),
      overdraft: limit("How far below zero the balance may go."),
      balanceMax: limit("Most that it may hold; 0 for no limit."),
      transferMax: limit("Most that one transfer may move out of it; 0 for no limit."),
      dayMax: limit("Most that leaves it in 24 hourly buckets; 0 for no limit."),
    },
    role: "issuer",
    signedBy: "an account of the asset's organisation with the role ISSUER",
    cost: 40,
    events: ["balance.limitsSet"],
    results: [
      "ROLE_MISSING",
      "UNKNOWN_ASSET",
      "FOREIGN_ORGANISATION",
      "BAD_LIMITS",
      "UNKNOWN_RECIPIENT",
      "ROW_QUOTA",
    ],
    text: "Sets the limits of one balance.",
  }),

  transfer: operation({
    code: 769,
    name: "transfer",
    fields: {
      by,
      to: account("Account that receives."),
      asset: asset("What is paid in."),
      amount: amount("Amount in minor units."),
      code: code("Purpose code of the payer's own choice; 0 for none."),
      reference: paymentReference("What the payment is for."),
      paymentId: optional(
        clientIdField("Id that the payer gives it: the same id and payment is paid once."),
      ),
    },
    role: undefined,
    signedBy: "the payer",
    cost: 40,
    events: ["payment.sent", "payment.received", "payment.idTaken"],
    results: [
      "DUPLICATE_ID",
      "ID_REUSED",
      "UNKNOWN_ASSET",
      "UNKNOWN_RECIPIENT",
      "NOT_TRANSFERABLE",
      "FROZEN",
      "HOLDER_NOT_AUTHORISED",
      "REFERENCE_REQUIRED",
      "RECEIVE_POLICY",
      "LIMIT_EXCEEDED",
      "INSUFFICIENT_BALANCE",
      "ROW_QUOTA",
    ],
    text: "Moves units of an asset from the account that acts to an account, which may be itself.",
  }),
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type OperationBody<N extends OperationName> =
  (typeof OPERATIONS)[N] extends OperationDeclaration<infer T> ? T : never;

const byCode = new Map<number, OperationDeclaration>(
  Object.values(OPERATIONS).map((item) => [item.code, item as OperationDeclaration]),
);

export function operationByCode(operationCode: number): OperationDeclaration | undefined {
  return byCode.get(operationCode);
}
