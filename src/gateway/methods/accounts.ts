/** Handlers of account.* and asset.*. */

import {
  ApiError,
  bytesToText,
  cursorFromText,
  cursorToText,
  endOfTransaction,
  keyPolicyToJson,
} from "../../api/index.js";
import { present } from "../../base/assert.js";
import { toHex } from "../../base/bytes.js";
import { LIMITS } from "../../base/limits.js";
import { decode } from "../../codec/schema.js";
import { ACCOUNT_STATUS, BALANCE_FLAG } from "../../declarations/assets.js";
import { type AssetRow, KEYS, numberOfKey, TABLES } from "../../declarations/tables.js";
import { ROLE } from "../../types/genesis.js";
import type { AccountId } from "../../types/primitives.js";
import type { Position } from "../../types/receipt.js";
import { eventsToJson, receiptToJson } from "../render.js";
import type { Handlers } from "../rpc.js";
import {
  accountParam,
  finalBlockAt,
  headAt,
  invalidParam,
  type MethodContext,
  stateAt,
} from "./context.js";

type AccountHandlers = Pick<
  Handlers,
  "account.get" | "account.history" | "account.nonce" | "asset.get" | "asset.list"
>;

/** One page of a scan; balances of one account are read until there are no more. */
const SCAN_ROWS = 1_000;
const BALANCES_MAX = 10_000;

function assetToJson(asset: number, row: AssetRow) {
  return {
    asset,
    code: row.code,
    scale: row.scale,
    organisation: row.organisation,
    iso4217: row.iso4217,
    kind: row.kind,
    flags: row.flags,
    lockedFlags: row.lockedFlags,
    maxSupply: row.maxSupply.toString(),
    issued: row.issued.toString(),
    redeemed: row.redeemed.toString(),
    frozen: row.frozen,
  };
}

function rolesToJson(roles: number) {
  return (Object.keys(ROLE) as (keyof typeof ROLE)[]).filter((name) => (roles & ROLE[name]) !== 0);
}

export function accountHandlers(context: MethodContext): AccountHandlers {
  const { node, rights, queries, proofs, turns } = context;

  async function accountRow(account: AccountId) {
    const answer = await queries.rows(TABLES.account.id, [KEYS.account(account)]);
    const bytes = answer.rows[0];
    if (bytes === undefined) throw new ApiError("NOT_FOUND", "There is no such account.");
    return { height: answer.height, row: decode(TABLES.account.row, bytes) };
  }

  async function assetRows(assets: readonly number[]): Promise<ReadonlyMap<number, AssetRow>> {
    const found = new Map<number, AssetRow>();
    if (assets.length === 0) return found;
    const { rows } = await queries.rows(TABLES.asset.id, assets.map(KEYS.asset));
    rows.forEach((row, i) => {
      if (row !== undefined) found.set(assets[i] as number, decode(TABLES.asset.row, row));
    });
    return found;
  }

  async function balancesOf(account: AccountId) {
    const rows: { readonly key: Uint8Array; readonly row: Uint8Array }[] = [];
    let after: Uint8Array | undefined;
    while (rows.length < BALANCES_MAX) {
      const page = await queries.scan(TABLES.balance.id, account, after, SCAN_ROWS);
      rows.push(...page.rows);
      if (page.rows.length < SCAN_ROWS) break;
      after = page.rows.at(-1)?.key;
    }
    const assets = await assetRows(rows.map(({ key }) => numberOfKey(key)));
    return rows.map(({ key, row }) => {
      const asset = numberOfKey(key);
      const balance = decode(TABLES.balance.row, row);
      const { code, scale } = present(assets.get(asset), "a balance's asset is registered");
      return {
        asset,
        code,
        scale,
        available: balance.available.toString(),
        held: balance.held.toString(),
        authorised: (balance.flags & BALANCE_FLAG.authorised) !== 0,
        frozen: (balance.flags & BALANCE_FLAG.frozen) !== 0,
        overdraft: balance.overdraft.toString(),
        balanceMax: balance.balanceMax.toString(),
        transferMax: balance.transferMax.toString(),
        dayMax: balance.dayMax.toString(),
        seq: String(balance.seq),
        head: toHex(balance.head),
      };
    });
  }

  return {
    "account.get": async ({ account: text, proof = false }, { principal }) => {
      const account = accountParam(text, "/account");
      await rights.requireAccount(principal, account);
      const { height, row } = await accountRow(account);
      const balances = await balancesOf(account);
      if (proof) await turns.take();
      const parts = proof
        ? await queries.rowProof(TABLES.account.id, KEYS.account(account))
        : undefined;
      return {
        at: stateAt(node, height),
        account: text,
        organisation: row.organisation,
        roles: rolesToJson(row.roles),
        status: row.status === ACCOUNT_STATUS.active ? "active" : "closed",
        referenceRequired: row.referenceRequired,
        amountMin: row.amountMin.toString(),
        assets: [...row.assets],
        keyPolicy: keyPolicyToJson(row.policy),
        balances,
        ...(parts === undefined ? {} : { proof: bytesToText(proofs.row(parts)) }),
      };
    },

    "account.history": async (params, { principal }) => {
      const account = accountParam(params.account, "/account");
      await rights.requireAccount(principal, account);
      const { order = "descending", limit = LIMITS.listPageDefault } = params;
      let after: Position | undefined;
      if (params.cursor !== undefined) {
        after = cursorFromText(params.cursor);
        if (after === undefined) throw invalidParam("/cursor", "it is no cursor");
      }
      // One more than asked for tells whether anything follows.
      const found = node.accountHistory(account, after, limit + 1, order === "descending");
      const positions = found.slice(0, limit);
      const items = [];
      for (const { height, index } of positions) {
        await turns.take();
        const final = finalBlockAt(node, height);
        const executed = present(final.executed[index], "the index names executed transactions");
        items.push({
          cursor: cursorToText(historyCursor({ height, index }, order)),
          txId: toHex(executed.receipt.txId),
          blockId: toHex(final.blockHash),
          timeMs: final.block.header.timeMs,
          receipt: receiptToJson(executed.receipt),
          events: eventsToJson(executed, await rights.readableEvents(principal, executed)),
        });
      }
      const complete = found.length <= limit;
      const next = complete ? null : (items.at(-1)?.cursor ?? null);
      return { at: headAt(node), items, next, complete };
    },

    "account.nonce": async ({ account: text, channel = 0 }, { principal }) => {
      const account = accountParam(text, "/account");
      await rights.requireAccount(principal, account);
      const { height, row } = await accountRow(account);
      const answer = await queries.rows(TABLES.channel.id, [KEYS.channel(account, channel)]);
      const bytes = answer.rows[0];
      const highest = bytes === undefined ? 0n : decode(TABLES.channel.row, bytes).hi;
      return {
        at: stateAt(node, height),
        account: text,
        channel,
        isOpen: bytes !== undefined,
        channels: row.channels,
        highest: highest.toString(),
        next: (highest + 1n).toString(),
      };
    },

    "asset.get": async ({ asset: code }) => {
      const { rows } = await queries.rows(TABLES.assetCode.id, [KEYS.assetCode(code)]);
      if (rows[0] === undefined) throw new ApiError("NOT_FOUND", "No asset has this code.");
      const asset = decode(TABLES.assetCode.row, rows[0]);
      const answer = await queries.rows(TABLES.asset.id, [KEYS.asset(asset)]);
      const row = decode(
        TABLES.asset.row,
        present(answer.rows[0], "a code names a registered asset"),
      );
      return { at: stateAt(node, answer.height), asset: assetToJson(asset, row) };
    },

    "asset.list": async ({ after, limit = LIMITS.listPageDefault }) => {
      const start = after === undefined ? undefined : KEYS.asset(after);
      const page = await queries.scan(TABLES.asset.id, new Uint8Array(0), start, limit + 1);
      const items = page.rows
        .slice(0, limit)
        .map(({ key, row }) => assetToJson(numberOfKey(key), decode(TABLES.asset.row, row)));
      const complete = page.rows.length <= limit;
      const next = complete ? null : (items.at(-1)?.asset ?? null);
      return { at: stateAt(node, page.height), items, next, complete };
    },
  };
}

/** Cursor that continues a history after this transaction, in either direction. */
function historyCursor(
  { height, index }: { readonly height: number; readonly index: number },
  order: "ascending" | "descending",
): Position {
  return order === "ascending" ? endOfTransaction(height, index) : { height, index, event: 0 };
}
