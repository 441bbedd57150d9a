/** What each topic takes from a final block. */

import {
  type AccountItem,
  accountsOfEvent,
  type BlockItem,
  compareCursors,
  cursorToText,
  endOfBlock,
  endOfTransaction,
  eventToJson,
  type Topic,
  type TransactionItem,
} from "../api/index.js";
import { mapKey, toHex } from "../base/bytes.js";
import { idToText } from "../codec/text.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import type { FinalBlock } from "../ports/nodeApi.js";
import type { AccountId } from "../types/primitives.js";
import type { Position } from "../types/receipt.js";
import { eventsToJson, headerToJson, receiptToJson } from "./render.js";
import type { Principal, Rights } from "./rights.js";

export type Item = BlockItem | TransactionItem | AccountItem;

export interface Interest {
  readonly topic: Topic;
  readonly accounts: readonly AccountId[] | undefined;
  readonly principal: Principal;
}

interface Found {
  readonly items: readonly Item[];
  /** Place up to which the block was read. */
  readonly cursor: Position;
}

function blockItem(final: FinalBlock): BlockItem {
  return { cursor: cursorToText(endOfBlock(final.height)), header: headerToJson(final) };
}

/** Accounts that decide who may see what of a block. */
function accountsOf(executed: readonly ExecutedTransaction[]): AccountId[] {
  return executed.flatMap((item) => [
    ...item.accounts,
    ...item.events.flatMap((event) => accountsOfEvent(event).readers),
  ]);
}

/** At most `itemsMax` items of `final` that follow `cursor` and that the subscriber may read. */
export async function collectItems(
  rights: Rights,
  interest: Interest,
  final: FinalBlock,
  cursor: Position,
  itemsMax: number,
): Promise<Found> {
  const end = endOfBlock(final.height);
  if (interest.topic === "blocks") {
    return itemsMax > 0 ? { items: [blockItem(final)], cursor: end } : { items: [], cursor };
  }
  if (!rights.readsAll(interest.principal)) await rights.learn(accountsOf(final.executed));
  const items: Item[] = [];
  const found = interest.topic === "txs" ? transactionItems : accountItems;
  for (const { place, item } of found(rights, interest, final, cursor)) {
    if (items.length >= itemsMax) return { items, cursor };
    items.push(item);
    cursor = place;
  }
  return { items, cursor: end };
}

interface Placed {
  readonly place: Position;
  readonly item: Item;
}

/** Accounts of the own organisation, and those that events name which may be read (GAT-9). */
function accountsShown(
  rights: Rights,
  principal: Principal,
  { accounts, events }: ExecutedTransaction,
  readable: readonly number[],
): readonly AccountId[] {
  if (rights.readsAll(principal)) return accounts;
  const named = new Set(
    readable.flatMap((i) => {
      const event = events[i];
      return event === undefined ? [] : accountsOfEvent(event).accounts.map(mapKey);
    }),
  );
  return accounts.filter(
    (account) => rights.isOwn(principal, account) || named.has(mapKey(account)),
  );
}

function* transactionItems(
  rights: Rights,
  interest: Interest,
  final: FinalBlock,
  cursor: Position,
): Generator<Placed> {
  const wanted =
    interest.accounts === undefined ? undefined : new Set(interest.accounts.map(mapKey));
  const { principal } = interest;
  const readsAll = rights.readsAll(principal);
  for (const executed of final.executed) {
    const { index } = executed.receipt.position;
    const place = endOfTransaction(final.height, index);
    // Index 0 is the timer phase: no transaction.
    if (index === 0 || compareCursors(place, cursor) <= 0) continue;
    const concerns =
      wanted === undefined
        ? readsAll || executed.accounts.some((account) => rights.isOwn(principal, account))
        : executed.accounts.some((account) => wanted.has(mapKey(account)));
    if (!concerns) continue;
    const readable = executed.events.flatMap((event, i) =>
      rights.mayReadEvent(principal, event) ? [i] : [],
    );
    yield {
      place,
      item: {
        cursor: cursorToText(place),
        txId: toHex(executed.receipt.txId),
        blockId: toHex(final.blockHash),
        timeMs: final.block.header.timeMs,
        accounts: accountsShown(rights, principal, executed, readable).map((account) =>
          idToText("account", account),
        ),
        receipt: receiptToJson(executed.receipt),
        events: eventsToJson(executed, readable),
      },
    };
  }
}

function* accountItems(
  rights: Rights,
  interest: Interest,
  final: FinalBlock,
  cursor: Position,
): Generator<Placed> {
  const wanted = new Set((interest.accounts ?? []).map(mapKey));
  for (const executed of final.executed) {
    const { index } = executed.receipt.position;
    for (const [i, event] of executed.events.entries()) {
      const place = { height: final.height, index, event: i };
      if (compareCursors(place, cursor) <= 0) continue;
      const concerns = accountsOfEvent(event).readers.some((account) =>
        wanted.has(mapKey(account)),
      );
      if (!concerns || !rights.mayReadEvent(interest.principal, event)) continue;
      yield {
        place,
        item: {
          cursor: cursorToText(place),
          txId: toHex(executed.receipt.txId),
          blockId: toHex(final.blockHash),
          timeMs: final.block.header.timeMs,
          event: eventToJson(event, place),
        },
      };
    }
  }
}
