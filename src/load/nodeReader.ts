/** What is read from the nodes before and after a run. */

import { WebSocket } from "ws";
import { toHex } from "../base/bytes.js";
import { codeOf, FondacoError } from "../base/errors.js";
import {
  accountToText,
  connect,
  type FondacoClient,
  type ResultOf,
  type Wallet,
  type WebSocketConstructor,
} from "../client/index.js";
import type { Balances, NodeLedger } from "./accounting.js";
import { ENDING, type OutcomeArrays } from "./outcomes.js";

export type NodeStatus = ResultOf<"node.status">;

const STATUS_STEP = 500;
const HEADER_STEP = 200;
const TX_ID_SIZE_BYTES = 32;
const TIMEOUT_MS = 60_000;
const RESOLVE_PERIOD_MS = 500;
/** An idle chain tells its time once a minute: after two, what is open stays so. */
const RESOLVE_AFTER_MS = 120_000;
/** Calls to one node that run at a time. */
const PARALLEL = 8;
const NOT_MINE = new Set(["FORBIDDEN", "UNAUTHENTICATED"]);

export function connectNode(url: string, login?: Wallet): Promise<FondacoClient> {
  return connect({
    url,
    webSocket: WebSocket as unknown as WebSocketConstructor,
    timeoutMs: TIMEOUT_MS,
    ...(login === undefined ? {} : { login }),
  });
}

/** Runs `work` on each item, a few at a time, and answers in order. */
async function forEachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  return results;
}

/**
 * Reads rows of accounts of several organisations: where a node answers each only to its own, one
 * session is opened for each organisation, by the first of its accounts that is met.
 */
export class AccountReader {
  readonly #sessions: FondacoClient[] = [];

  private constructor(
    readonly url: string,
    anonymous: FondacoClient,
  ) {
    this.#sessions.push(anonymous);
  }

  static async open(url: string): Promise<AccountReader> {
    return new AccountReader(url, await connectNode(url));
  }

  get client(): FondacoClient {
    return this.#sessions[0] as FondacoClient;
  }

  async #ask<R>(wallet: Wallet, ask: (client: FondacoClient) => Promise<R>): Promise<R> {
    for (const session of [...this.#sessions].reverse()) {
      try {
        return await ask(session);
      } catch (error) {
        if (!NOT_MINE.has(codeOf(error))) throw error;
      }
    }
    const session = await connectNode(this.url, wallet);
    this.#sessions.push(session);
    return ask(session);
  }

  /** First free nonces in `channel`. */
  async nonces(wallets: readonly Wallet[], channel: number): Promise<bigint[]> {
    return this.#all(wallets, async (client, account) => {
      const { next } = await client.call("account.nonce", { account, channel });
      return BigInt(next);
    });
  }

  /** What each account has, held amounts included, of the assets asked for. */
  async balances(wallets: readonly Wallet[], assets: readonly number[]): Promise<Balances> {
    return this.#all(wallets, async (client, account) => {
      const { balances } = await client.call("account.get", { account });
      return assets.map((asset) => {
        const row = balances.find((balance) => balance.asset === asset);
        return row === undefined ? 0n : BigInt(row.available) + BigInt(row.held);
      });
    });
  }

  async #all<R>(
    wallets: readonly Wallet[],
    read: (client: FondacoClient, account: string) => Promise<R>,
  ): Promise<R[]> {
    const one = (wallet: Wallet) =>
      this.#ask(wallet, (client) => read(client, accountToText(wallet.account)));
    // The first few by themselves, so that one session an organisation is opened and not many.
    const first: R[] = [];
    for (const wallet of wallets.slice(0, PARALLEL)) first.push(await one(wallet));
    return [...first, ...(await forEachOf(wallets.slice(PARALLEL), one))];
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }
}

/** Waits until all nodes have the same head, so that they can be compared. */
export async function waitForEqualHeads(
  clients: readonly FondacoClient[],
  timeoutMs: number,
): Promise<number> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const heads = await Promise.all(clients.map((client) => client.call("node.status", {})));
    const [first] = heads;
    if (first !== undefined && heads.every(({ at }) => at.blockId === first.at.blockId)) {
      return first.at.height;
    }
    if (performance.now() > deadlineMs) {
      const heights = heads.map(({ at }) => at.height).join(", ");
      throw new FondacoError(
        { code: "HEADS_DIFFER" },
        `the nodes did not come to one height within ${timeoutMs} ms: ${heights}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Asks the node that took them how payments ended that nobody had an answer for, until all have
 * ended or time is over. What stays open then is left open: a check names it.
 */
export async function resolveOpen(
  client: FondacoClient,
  payments: Iterable<number>,
  ids: Uint8Array,
  { ending, endedUs }: Pick<OutcomeArrays, "ending" | "endedUs">,
  validUntilMs: number,
  /** When the generator started, of `performance.now()`. */
  startMs: number,
): Promise<void> {
  const deadlineMs = validUntilMs + RESOLVE_AFTER_MS;
  let open = [...payments].filter((k) => ending[k] === ENDING.open);
  for (;;) {
    for (let from = 0; from < open.length; from += STATUS_STEP) {
      const part = open.slice(from, from + STATUS_STEP);
      const { headTimeMs } = await client.call("node.status", {});
      const { items } = await client.call("tx.status", { txIds: part.map((k) => idOf(ids, k)) });
      items.forEach(({ status, outcome }, i) => {
        const k = part[i] as number;
        // Unknown and past its time: it can be in no later block.
        // Its end was seen now, at the latest: the figures must not forget it.
        endedUs[k] = (performance.now() - startMs) * 1_000;
        const isOver = status === "unknown" && headTimeMs > validUntilMs;
        if (status === "expired" || isOver) ending[k] = ENDING.expired;
        else if (status === "final" && outcome === "applied") ending[k] = ENDING.applied;
      });
    }
    open = open.filter((k) => ending[k] === ENDING.open);
    if (open.length === 0 || Date.now() > deadlineMs) return;
    await new Promise((resolve) => setTimeout(resolve, RESOLVE_PERIOD_MS));
  }
}

function idOf(ids: Uint8Array, k: number): string {
  return toHex(ids.subarray(k * TX_ID_SIZE_BYTES, (k + 1) * TX_ID_SIZE_BYTES));
}

interface OpenLedger extends NodeLedger {
  readonly headers: Map<number, string>;
}

/**
 * What the blocks in (fromHeight, toHeight] of a node hold of these payments: from all receipts where
 * the node shows them, so that a repetition would be seen; else from its index by id.
 */
export async function readLedger(
  client: FondacoClient,
  node: string,
  range: { readonly fromHeight: number; readonly toHeight: number },
  ids: Uint8Array,
): Promise<NodeLedger> {
  const count = ids.length / TX_ID_SIZE_BYTES;
  const ledger: OpenLedger = {
    node,
    applied: new Uint8Array(count),
    failed: new Uint8Array(count),
    heights: new Uint32Array(count),
    indices: new Uint32Array(count),
    headers: new Map(),
  };
  for (let from = range.fromHeight + 1; from <= range.toHeight; from += HEADER_STEP) {
    const to = Math.min(range.toHeight, from + HEADER_STEP - 1);
    const { items } = await client.call("chain.blocks", {
      from,
      to,
      order: "ascending",
      limit: HEADER_STEP,
    });
    for (const { height, blockId, resultHash } of items) {
      ledger.headers.set(height, `${blockId} ${resultHash}`);
    }
  }
  try {
    await readReceipts(client, range, ids, ledger);
  } catch (error) {
    if (!NOT_MINE.has(codeOf(error)) && codeOf(error) !== "TOO_LARGE") throw error;
    for (const array of [ledger.applied, ledger.failed, ledger.heights, ledger.indices])
      array.fill(0);
    await readStatuses(client, ids, ledger);
  }
  return ledger;
}

function note(
  ledger: OpenLedger,
  k: number,
  outcome: string | undefined,
  height: number,
  index: number,
): void {
  if (outcome === "void") return;
  const counts = outcome === "applied" ? ledger.applied : ledger.failed;
  counts[k] = (counts[k] as number) + 1;
  ledger.heights[k] = height;
  ledger.indices[k] = index;
}

async function readReceipts(
  client: FondacoClient,
  { fromHeight, toHeight }: { readonly fromHeight: number; readonly toHeight: number },
  ids: Uint8Array,
  ledger: OpenLedger,
): Promise<void> {
  const known = new Map<string, number>();
  for (let k = 0; k < ids.length / TX_ID_SIZE_BYTES; k++) known.set(idOf(ids, k), k);
  for (let height = fromHeight + 1; height <= toHeight; height++) {
    const { receipts = [] } = await client.call("chain.block", { height, include: ["receipts"] });
    for (const { txId, outcome, position } of receipts) {
      const k = known.get(txId);
      if (k !== undefined) note(ledger, k, outcome, position.height, position.index);
    }
  }
}

async function readStatuses(
  client: FondacoClient,
  ids: Uint8Array,
  ledger: OpenLedger,
): Promise<void> {
  const count = ids.length / TX_ID_SIZE_BYTES;
  for (let from = 0; from < count; from += STATUS_STEP) {
    const size = Math.min(STATUS_STEP, count - from);
    const txIds = Array.from({ length: size }, (_, i) => idOf(ids, from + i));
    const { items } = await client.call("tx.status", { txIds });
    items.forEach(({ status, outcome, height, index }, i) => {
      if (status !== "final") return;
      note(ledger, from + i, outcome, height ?? 0, index ?? 0);
    });
  }
}
