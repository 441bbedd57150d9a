/** Who is asking, and what they may read (api/README.md, "Scopes and login"). */

import { ApiError, accountsOfEvent } from "../api/index.js";
import { equalBytes, mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { decode, encode } from "../codec/schema.js";
import { ACCOUNT_STATUS } from "../declarations/assets.js";
import { type AccountRow, KEYS, TABLES } from "../declarations/tables.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import { ROLE } from "../types/genesis.js";
import { keyPolicy } from "../types/keyPolicy.js";
import type { AccountId, OrganisationId } from "../types/primitives.js";
import type { LedgerEvent } from "../types/receipt.js";
import type { NodeQueries } from "./nodeQueries.js";

export type Principal =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "account";
      readonly account: AccountId;
      readonly organisation: OrganisationId;
      readonly isAuditor: boolean;
      /** The keys that logged in, as BCS: when others replace them, this login ends. */
      readonly policy: Uint8Array;
    };

export const ANONYMOUS: Principal = { kind: "anonymous" };

/** Who has shown the keys of an account, by its row. */
export function principalOf(account: AccountId, row: AccountRow): Principal {
  return {
    kind: "account",
    account,
    organisation: row.organisation,
    isAuditor: (row.roles & ROLE.auditor) !== 0,
    policy: encode(keyPolicy, row.policy),
  };
}

const LOGIN_HINT = "log in with auth.login as an account of the organisation concerned";

/** Keys asked for in one query of the executor. */
const ROWS_PER_QUERY = 1_000;

export class Rights {
  /** Organisation by account, which never changes. What was asked for lately, and what before. */
  #recent = new Map<string, OrganisationId>();
  #older = new Map<string, OrganisationId>();

  constructor(
    readonly queries: NodeQueries,
    readonly isOpen: boolean,
  ) {}

  readsAll(principal: Principal): boolean {
    return this.isOpen || (principal.kind === "account" && principal.isAuditor);
  }

  /** @throws {ApiError} UNAUTHENTICATED where nobody is logged in and the node is not open. */
  requireLogin(principal: Principal): void {
    if (principal.kind === "anonymous" && !this.isOpen) {
      throw new ApiError("UNAUTHENTICATED", `This needs a login: ${LOGIN_HINT}.`);
    }
  }

  /**
   * Who the asker is by the state of now: nobody, once the account was closed or has other keys, so
   * that whoever has a stolen key reads on only until it is replaced.
   */
  async current(principal: Principal): Promise<Principal> {
    if (principal.kind === "anonymous" || this.isOpen) return principal;
    const { account, policy } = principal;
    const { rows } = await this.queries.rows(TABLES.account.id, [KEYS.account(account)]);
    const row = rows[0] === undefined ? undefined : decode(TABLES.account.row, rows[0]);
    if (row === undefined || row.status !== ACCOUNT_STATUS.active) return ANONYMOUS;
    const now = principalOf(account, row);
    return now.kind === "account" && equalBytes(now.policy, policy) ? now : ANONYMOUS;
  }

  /** Learns the organisations of accounts, so that the synchronous questions below can be asked. */
  async learn(accounts: Iterable<AccountId>): Promise<void> {
    this.#forget();
    const missing = new Map<string, AccountId>();
    for (const account of accounts) {
      const key = mapKey(account);
      if (this.#recent.has(key)) continue;
      const known = this.#older.get(key);
      if (known === undefined) missing.set(key, account);
      else this.#recent.set(key, known);
    }
    const keys = [...missing.values()];
    for (let from = 0; from < keys.length; from += ROWS_PER_QUERY) {
      const part = keys.slice(from, from + ROWS_PER_QUERY);
      const { rows } = await this.queries.rows(TABLES.account.id, part.map(KEYS.account));
      rows.forEach((row, i) => {
        if (row === undefined) return;
        const { organisation } = decode(TABLES.account.row, row);
        this.#recent.set(mapKey(part[i] as AccountId), organisation);
      });
    }
  }

  /** Only before more is learned: what a question needs must not go for what it brings. */
  #forget(): void {
    if (this.#recent.size < LIMITS.accountOrganisationsCachedMax / 2) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  /** Whether an account belongs to the asker's organisation; false while it is not learned. */
  isOwn(principal: Principal, account: AccountId): boolean {
    if (principal.kind !== "account") return false;
    const key = mapKey(account);
    return (this.#recent.get(key) ?? this.#older.get(key)) === principal.organisation;
  }

  /**
   * Lets through whoever may read an account.
   *
   * @throws {ApiError} UNAUTHENTICATED or FORBIDDEN; NOT_FOUND only for those who may read all.
   */
  async requireAccount(principal: Principal, account: AccountId): Promise<void> {
    this.requireLogin(principal);
    await this.learn([account]);
    if (this.readsAll(principal) || this.isOwn(principal, account)) return;
    throw new ApiError("FORBIDDEN", "The account belongs to another organisation, or to none.");
  }

  /**
   * Lets through whoever may read a transaction that concerns `accounts`.
   *
   * @throws {ApiError} UNAUTHENTICATED or FORBIDDEN.
   */
  async requireAny(principal: Principal, accounts: readonly AccountId[]): Promise<void> {
    this.requireLogin(principal);
    if (this.readsAll(principal)) return;
    await this.learn(accounts);
    if (accounts.some((account) => this.isOwn(principal, account))) return;
    throw new ApiError("FORBIDDEN", "The transaction concerns other organisations only.");
  }

  /** Whether one event may be shown; the accounts of its transaction must have been learned. */
  mayReadEvent(principal: Principal, event: LedgerEvent): boolean {
    if (this.readsAll(principal)) return true;
    const { readers, isPublic } = accountsOfEvent(event);
    return isPublic || readers.some((account) => this.isOwn(principal, account));
  }

  /** Indices of the events of a transaction that may be shown. */
  async readableEvents(principal: Principal, executed: ExecutedTransaction): Promise<number[]> {
    const indices = executed.events.map((_, index) => index);
    if (this.readsAll(principal)) return indices;
    await this.learn(executed.events.flatMap((event) => accountsOfEvent(event).readers));
    return indices.filter((i) => this.mayReadEvent(principal, executed.events[i] as LedgerEvent));
  }
}
