/** An issuer's controls: freeze (with an end by timer), authorise holders, set limits. */

import { present } from "../../base/assert.js";
import { decode, encode, option } from "../../codec/schema.js";
import { BALANCE_FLAG, DEADLINE_MS_MAX, TIMER_KIND } from "../../declarations/assets.js";
import { EVENTS } from "../../declarations/events.js";
import { time } from "../../declarations/fields.js";
import { OPERATIONS } from "../../declarations/operations.js";
import {
  BALANCE_OFFSET,
  KEYS,
  TABLES,
  unfreezeAssetTimer,
  unfreezeBalanceTimer,
} from "../../declarations/tables.js";
import { Balance, commitBalance } from "../../ledger/balances.js";
import type { LedgerContext } from "../../ledger/context.js";
import { discount } from "../../ledger/quota.js";
import { cancelTimer, type FiredTimer, setTimer } from "../../ledger/timers.js";
import type { AccountId, AssetId } from "../../types/primitives.js";
import { activeAccount, operationHandler } from "../membership/operation.js";
import { assetOf, commitFor, hasFlag, ownAsset, writeAsset } from "./assetRules.js";

const untilSchema = option(time("").schema);

function frozenTail(frozen: boolean, untilMs: number | undefined, byTimer: boolean): Uint8Array {
  const until = encode(untilSchema, untilMs);
  return Uint8Array.of(frozen ? 1 : 0, ...until, byTimer ? 1 : 0);
}

function setBalanceTimer(balance: Balance, deadlineMs: number, sequence: number): void {
  balance.setU64(BALANCE_OFFSET.freezeDeadlineMs, BigInt(deadlineMs));
  balance.setU64(BALANCE_OFFSET.freezeSequence, BigInt(sequence));
}

export const freeze = operationHandler(
  OPERATIONS["asset.freeze"],
  (context, { asset, account, frozen, untilMs }, actor) => {
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    // Freeing is always possible, also when the flag was taken away meanwhile.
    if (frozen && !hasFlag(row, "canFreeze")) return "NOT_ENABLED";
    if (untilMs !== undefined) {
      const isInRange = untilMs > context.timeMs && untilMs <= context.timeMs + DEADLINE_MS_MAX;
      if (!frozen || !isInRange) return "BAD_TIME";
    }
    if (account !== undefined && activeAccount(context, account) === undefined) {
      return "UNKNOWN_RECIPIENT";
    }
    const timer = { owner: actor.id, organisation: actor.row.organisation };
    if (account === undefined) {
      const { freezeTimer } = row;
      if (freezeTimer !== undefined) {
        cancelTimer(context, freezeTimer.deadlineMs, freezeTimer.sequence);
      }
      const set =
        untilMs === undefined
          ? undefined
          : setTimer(context, {
              ...timer,
              deadlineMs: untilMs,
              kind: TIMER_KIND.unfreezeAsset,
              schema: unfreezeAssetTimer,
              body: { asset },
            });
      if (typeof set === "string") return set;
      const next = set && { deadlineMs: untilMs as number, sequence: set.sequence };
      writeAsset(context, asset, { ...row, frozen, freezeTimer: next });
      context.events.emit(EVENTS["asset.frozen"], { asset, frozen, untilMs, byTimer: false });
      return "APPLIED";
    }
    const balance = new Balance(context, account, asset);
    const sequence = Number(balance.u64(BALANCE_OFFSET.freezeSequence));
    if (sequence !== 0) {
      cancelTimer(context, Number(balance.u64(BALANCE_OFFSET.freezeDeadlineMs)), sequence);
      setBalanceTimer(balance, 0, 0);
    }
    if (untilMs !== undefined) {
      const set = setTimer(context, {
        ...timer,
        deadlineMs: untilMs,
        kind: TIMER_KIND.unfreezeBalance,
        schema: unfreezeBalanceTimer,
        body: { account, asset },
      });
      if (typeof set === "string") return set;
      setBalanceTimer(balance, untilMs, set.sequence);
    }
    balance.setFlag(BALANCE_FLAG.frozen, frozen);
    const tail = frozenTail(frozen, untilMs, false);
    return commitFor(context, balance, actor, EVENTS["balance.frozen"], tail);
  },
);

/** A whole asset is freed because its time has come. A later freeze has cancelled this timer. */
export function unfreezeAsset(context: LedgerContext, timer: FiredTimer): void {
  const { asset } = decode(unfreezeAssetTimer, timer.body);
  const row = present(assetOf(context, asset), "assets stay");
  writeAsset(context, asset, { ...row, frozen: false, freezeTimer: undefined });
  const event = { asset, frozen: false, untilMs: undefined, byTimer: true };
  context.events.emit(EVENTS["asset.frozen"], event);
}

/** A balance is freed because its time has come. */
export function unfreezeBalance(context: LedgerContext, timer: FiredTimer): void {
  const { account, asset } = decode(unfreezeBalanceTimer, timer.body);
  const balance = new Balance(context, account, asset);
  balance.setFlag(BALANCE_FLAG.frozen, false);
  setBalanceTimer(balance, 0, 0);
  const tail = frozenTail(false, undefined, true);
  commitBalance(context, balance, timer.organisation, EVENTS["balance.frozen"].code, [tail], []);
}

export const authorise = operationHandler(
  OPERATIONS["asset.authorise"],
  (context, { asset, account, authorised }, actor) => {
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    if (!hasFlag(row, "requireAuthorisation")) return "AUTHORISATION_NOT_REQUIRED";
    if (activeAccount(context, account) === undefined) return "UNKNOWN_RECIPIENT";
    const balance = new Balance(context, account, asset);
    balance.setFlag(BALANCE_FLAG.authorised, authorised);
    const tail = Uint8Array.of(authorised ? 1 : 0);
    return commitFor(context, balance, actor, EVENTS["balance.authorised"], tail);
  },
);

/** Hourly buckets are kept only while there is a daily limit. */
function dropUsage(context: LedgerContext, account: AccountId, asset: AssetId): void {
  const key = KEYS.usage(account, asset);
  if (context.rows.get(TABLES.usage.id, key) === undefined) return;
  context.rows.put(TABLES.usage.id, key, undefined);
  const { organisation } = present(context.rows.read(TABLES.account, account), "it has an owner");
  discount(context, organisation, "rows");
}

export const setLimits = operationHandler(
  OPERATIONS["balance.setLimits"],
  (context, body, actor) => {
    const { asset, account, overdraft, balanceMax, transferMax, dayMax } = body;
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    if (dayMax !== 0n && transferMax > dayMax) return "BAD_LIMITS";
    if (activeAccount(context, account) === undefined) return "UNKNOWN_RECIPIENT";
    const balance = new Balance(context, account, asset);
    const limits = [
      [BALANCE_OFFSET.overdraft, overdraft],
      [BALANCE_OFFSET.balanceMax, balanceMax],
      [BALANCE_OFFSET.transferMax, transferMax],
      [BALANCE_OFFSET.dayMax, dayMax],
    ] as const;
    const tail = new Uint8Array(8 * limits.length);
    const tailView = new DataView(tail.buffer);
    limits.forEach(([offset, value], i) => {
      balance.setU64(offset, value);
      tailView.setBigUint64(8 * i, value, true);
    });
    if (dayMax === 0n) dropUsage(context, account, asset);
    return commitFor(context, balance, actor, EVENTS["balance.limitsSet"], tail);
  },
);
