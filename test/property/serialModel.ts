/**
 * The value kernel once more, as plainly as it can be said: maps of names, whole copies instead of
 * undo, bigint everywhere. It shares nothing with src/ but the meaning of the rules.
 */

export interface Payment {
  readonly kind: "pay";
  readonly by: string;
  readonly to: string;
  readonly asset: number;
  readonly amount: bigint;
  readonly id: number | undefined;
}

export type Action =
  | Payment
  | {
      readonly kind: "issue";
      readonly by: string;
      readonly to: string;
      readonly asset: number;
      readonly amount: bigint;
    }
  | {
      readonly kind: "redeem";
      readonly by: string;
      readonly issuer: string;
      readonly asset: number;
      readonly amount: bigint;
    }
  | {
      readonly kind: "freeze";
      readonly by: string;
      readonly account: string;
      readonly asset: number;
      readonly frozen: boolean;
      readonly forMs: number | undefined;
    }
  | {
      readonly kind: "authorise";
      readonly by: string;
      readonly account: string;
      readonly asset: number;
      readonly on: boolean;
    }
  | {
      readonly kind: "limits";
      readonly by: string;
      readonly account: string;
      readonly asset: number;
      readonly overdraft: bigint;
      readonly balanceMax: bigint;
      readonly transferMax: bigint;
      readonly dayMax: bigint;
    };

export interface ModelTransaction {
  readonly author: string;
  readonly nonce: bigint;
  readonly actions: readonly Action[];
}

interface Holding {
  /** The organisation that made it appear: its row counts for it. */
  readonly madeBy: number;
  available: bigint;
  authorised: boolean;
  frozen: boolean;
  frozenUntilMs: number | undefined;
  overdraft: bigint;
  balanceMax: bigint;
  transferMax: bigint;
  dayMax: bigint;
  /** What left it under a daily limit, by hour. */
  left: { hour: number; amount: bigint }[];
}

interface ModelAsset {
  readonly max: bigint;
  readonly needsAuthorisation: boolean;
  readonly canFreeze: boolean;
  readonly transferable: boolean;
  issued: bigint;
  redeemed: bigint;
}

interface State {
  holdings: Map<string, Holding>;
  assets: ModelAsset[];
  paid: Map<string, { what: string; untilMs: number }>;
}

const DAYS_35_MS = 35 * 86_400_000;
const HOUR_MS = 3_600_000;
const I64_MAX = 2n ** 63n - 1n;

export class SerialModel {
  #state: State;
  readonly #nonces = new Map<string, Set<bigint>>();

  constructor(
    /** Organisation of each account. Organisation 0 issues everything. */
    readonly organisations: Readonly<Record<string, number>>,
    readonly issuers: ReadonlySet<string>,
    assets: readonly ModelAsset[],
    balances: Readonly<Record<string, bigint>>,
  ) {
    this.#state = { holdings: new Map(), assets: assets.map((a) => ({ ...a })), paid: new Map() };
    for (const [name, amount] of Object.entries(balances)) {
      this.#holding(name, 0, name).available = amount;
      this.#state.assets[0]!.issued += amount;
    }
  }

  available(name: string, asset: number): bigint {
    return this.#state.holdings.get(`${name} ${asset}`)?.available ?? 0n;
  }

  holdings(): [string, Holding][] {
    return [...this.#state.holdings];
  }

  asset(asset: number): ModelAsset {
    return this.#state.assets[asset]!;
  }

  /** Ends what ends by time, before the block's transactions. */
  beginBlock(timeMs: number): void {
    for (const holding of this.#state.holdings.values()) {
      if (holding.frozenUntilMs !== undefined && holding.frozenUntilMs <= timeMs) {
        holding.frozen = false;
        holding.frozenUntilMs = undefined;
      }
    }
  }

  /** Name of the result of a transaction all of whose parties signed. */
  apply({ author, nonce, actions }: ModelTransaction, timeMs: number): string {
    const used = this.#nonces.get(author) ?? new Set();
    const highest = [...used].reduce((a, b) => (a > b ? a : b), 0n);
    if (nonce < highest - 1_023n || nonce > highest + 1_024n) return "NONCE_OUT_OF_WINDOW";
    if (used.has(nonce)) return "NONCE_USED";
    this.#nonces.set(author, used.add(nonce));
    const before = structuredClone(this.#state);
    for (const action of actions) {
      const result = this.#act(action, timeMs);
      if (result !== "APPLIED") {
        this.#state = before;
        return result;
      }
    }
    return "APPLIED";
  }

  #holding(name: string, asset: number, by: string): Holding {
    const key = `${name} ${asset}`;
    const found = this.#state.holdings.get(key);
    if (found !== undefined) return found;
    const fresh = {
      madeBy: this.organisations[by]!,
      available: 0n,
      authorised: false,
      frozen: false,
      frozenUntilMs: undefined,
      overdraft: 0n,
      balanceMax: 0n,
      transferMax: 0n,
      dayMax: 0n,
      left: [],
    };
    this.#state.holdings.set(key, fresh);
    return fresh;
  }

  #act(action: Action, timeMs: number): string {
    if (action.kind === "pay") return this.#pay(action, timeMs);
    const asset = this.#state.assets[action.asset];
    if (action.kind === "redeem") {
      if (asset === undefined) return "UNKNOWN_ASSET";
      if (this.organisations[action.issuer] !== 0) return "FOREIGN_ORGANISATION";
      if (!this.issuers.has(action.issuer)) return "ROLE_MISSING";
      const holding = this.#holding(action.by, action.asset, action.by);
      if (holding.frozen) return "FROZEN";
      if (holding.available + holding.overdraft < action.amount) return "INSUFFICIENT_BALANCE";
      if (asset.redeemed + action.amount > I64_MAX) return "CAP_EXCEEDED";
      holding.available -= action.amount;
      asset.redeemed += action.amount;
      return "APPLIED";
    }
    if (!this.issuers.has(action.by)) return "ROLE_MISSING";
    if (asset === undefined) return "UNKNOWN_ASSET";
    switch (action.kind) {
      case "issue": {
        const holding = this.#holding(action.to, action.asset, action.by);
        if (holding.frozen) return "FROZEN";
        if (asset.needsAuthorisation && !holding.authorised) return "HOLDER_NOT_AUTHORISED";
        const issued = asset.issued + action.amount;
        if (issued > I64_MAX || issued - asset.redeemed > asset.max) return "CAP_EXCEEDED";
        if (!hasRoom(holding, action.amount)) return "LIMIT_EXCEEDED";
        holding.available += action.amount;
        asset.issued += action.amount;
        return "APPLIED";
      }
      case "freeze": {
        if (action.frozen && !asset.canFreeze) return "NOT_ENABLED";
        if (action.forMs !== undefined && (!action.frozen || action.forMs <= 0)) return "BAD_TIME";
        const holding = this.#holding(action.account, action.asset, action.by);
        holding.frozen = action.frozen;
        holding.frozenUntilMs = action.forMs === undefined ? undefined : timeMs + action.forMs;
        return "APPLIED";
      }
      case "authorise":
        if (!asset.needsAuthorisation) return "AUTHORISATION_NOT_REQUIRED";
        this.#holding(action.account, action.asset, action.by).authorised = action.on;
        return "APPLIED";
      case "limits": {
        const { overdraft, balanceMax, transferMax, dayMax } = action;
        if (dayMax > 0n && transferMax > dayMax) return "BAD_LIMITS";
        const holding = this.#holding(action.account, action.asset, action.by);
        Object.assign(holding, { overdraft, balanceMax, transferMax, dayMax });
        if (dayMax === 0n) holding.left = [];
        return "APPLIED";
      }
    }
  }

  #pay({ by, to, asset: number, amount, id }: Payment, timeMs: number): string {
    const what = `${to} ${number} ${amount}`;
    const paid = this.#state.paid.get(`${by} ${id}`);
    if (id !== undefined && paid !== undefined && paid.untilMs > timeMs) {
      return paid.what === what ? "DUPLICATE_ID" : "ID_REUSED";
    }
    const asset = this.#state.assets[number];
    if (asset === undefined) return "UNKNOWN_ASSET";
    const isIssuers = this.organisations[by] === 0 || this.organisations[to] === 0;
    if (!asset.transferable && !isIssuers) return "NOT_TRANSFERABLE";
    const source = this.#holding(by, number, by);
    const target = this.#holding(to, number, by);
    if (source.frozen || target.frozen) return "FROZEN";
    if (asset.needsAuthorisation && !(source.authorised && target.authorised)) {
      return "HOLDER_NOT_AUTHORISED";
    }
    if (source.transferMax > 0n && amount > source.transferMax) return "LIMIT_EXCEEDED";
    // Who pays himself has that much less when he receives.
    const isOwn = by === to;
    if (!hasRoom(target, isOwn ? 0n : amount)) return "LIMIT_EXCEEDED";
    const hour = Math.floor(timeMs / HOUR_MS);
    const recent = source.left.filter((item) => item.hour > hour - 24);
    const used = recent.reduce((sum, item) => sum + item.amount, 0n);
    if (source.dayMax > 0n && used + amount > source.dayMax) return "LIMIT_EXCEEDED";
    if (source.available + source.overdraft < amount) return "INSUFFICIENT_BALANCE";
    if (source.dayMax > 0n) source.left = [...recent, { hour, amount }];
    source.available -= amount;
    target.available += amount;
    if (id !== undefined)
      this.#state.paid.set(`${by} ${id}`, { what, untilMs: timeMs + DAYS_35_MS });
    return "APPLIED";
  }
}

function hasRoom(holding: Holding, amount: bigint): boolean {
  const after = holding.available + amount;
  return after <= I64_MAX && (holding.balanceMax === 0n || after <= holding.balanceMax);
}
