/**
 * Clients that pay: they make signed transfers, hand them to validators, follow them, go to another
 * validator when one is silent, and remember every word they were told.
 */

import { equalBytes, mapKey, toHex } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { transactionId, transactionSignBytes } from "../../../src/crypto/digests.js";
import type { Hasher } from "../../../src/crypto/interfaces.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import { OPERATIONS } from "../../../src/declarations/operations.js";
import type { NodeApi, TransactionState } from "../../../src/ports/nodeApi.js";
import type { Hash } from "../../../src/types/primitives.js";
import { OUTCOME, type Position } from "../../../src/types/receipt.js";
import {
  TRANSACTION_VERSION,
  transactionBody,
  transaction as transactionSchema,
} from "../../../src/types/transaction.js";
import { CheckFailure } from "../checkers/failure.js";
import type { PaymentFacts } from "../checkers/finalWatch.js";
import { ASSET_COUNT, type SimulatedNetworkSetup } from "./genesis.js";
import type { Random } from "./random.js";
import { WORLD_START_MS } from "./virtualClock.js";

export interface Payment extends PaymentFacts {
  readonly bytes: Uint8Array;
  readonly validUntilMs: number;
  readonly name: string;
  /** Where the first honest validator that knew it final said it is. */
  position: Position | undefined;
  /** Honest validators that reported it final. */
  readonly reporters: Set<number>;
  isAdmitted: boolean;
  isExpired: boolean;
  tries: number;
}

export interface ClientWorld {
  readonly setup: SimulatedNetworkSetup;
  readonly hasher: Hasher;
  readonly random: Random;
  readonly validatorCount: number;
  nowMs(): number;
  after(delayMs: number, action: () => void): void;
  isHonest(validator: number): boolean;
  /** The running node of a validator; callbacks that it is given are dropped after its crash. */
  apiOf(validator: number): { readonly api: NodeApi; guard(action: () => void): void } | undefined;
  /** Position in the history that the final watch has seen. */
  positionOf(txId: Hash): Position | undefined;
}

const TRIES_MAX = 6;

export class Clients {
  readonly payments: Payment[] = [];
  readonly #byId = new Map<string, Payment>();
  readonly #nonces: bigint[];
  #refusals = 0;

  constructor(readonly world: ClientWorld) {
    this.#nonces = world.setup.accounts.map(() => 0n);
  }

  get refusals(): number {
    return this.#refusals;
  }

  paymentOf(txId: Hash): Payment | undefined {
    return this.#byId.get(mapKey(txId));
  }

  /** Makes a payment and sends it to one, several or all validators. */
  pay(spread: "one" | "some" | "all", validForMs: number): Payment {
    const { random, validatorCount } = this.world;
    const payment = this.#make(validForMs);
    const first = random.below(validatorCount);
    const count = spread === "one" ? 1 : spread === "all" ? validatorCount : 2;
    for (let i = 0; i < count; i++) {
      this.#submit(payment, (first + i) % validatorCount);
    }
    // A client whose connection broke sends again at once, to the same validator.
    if (random.chance(0.1)) {
      this.world.after(3 * random.unit(), () => this.#submit(payment, first));
    }
    return payment;
  }

  /** A payment for one validator only, which is asked again until it takes it. */
  probe(validator: number, validForMs: number): Payment {
    const payment = this.#make(validForMs);
    this.#insist(payment, validator);
    return payment;
  }

  #insist(payment: Payment, validator: number): void {
    this.#submit(payment, validator, (retryAfterMs) => {
      this.world.after(Math.min(retryAfterMs, 200), () => this.#insist(payment, validator));
    });
  }

  #make(validForMs: number): Payment {
    const { random, setup, hasher } = this.world;
    const from = random.below(setup.accounts.length);
    const to = (from + 1 + random.below(setup.accounts.length - 1)) % setup.accounts.length;
    const asset = random.below(ASSET_COUNT);
    const amount = BigInt(random.chance(0.03) ? 1_000_000 : random.between(1, 900));
    const nonce = this.#nonces[from] as bigint;
    this.#nonces[from] = nonce + 1n;
    const validUntilMs = WORLD_START_MS + Math.floor(this.world.nowMs()) + validForMs;
    const payer = setup.accounts[from]!;
    const body = {
      version: TRANSACTION_VERSION,
      chainTag: setup.genesisHash.slice(0, 8),
      channel: 0,
      nonce,
      validUntilMs,
      salt: random.bytes(16),
      parties: [payer.id],
      operations: [
        {
          code: OPERATIONS.transfer.code,
          body: encode(OPERATIONS.transfer.body.schema, {
            by: 0,
            to: setup.accounts[to]!.id,
            asset,
            amount,
            code: 0,
            reference: NO_REFERENCE,
            paymentId: undefined,
          }),
        },
      ],
    };
    const txId = transactionId(hasher, setup.genesisHash, encode(transactionBody, body));
    const { publicKey } = payer.signer;
    const signature = payer.signer.sign(transactionSignBytes(txId));
    const payment: Payment = {
      txId,
      from,
      to,
      asset,
      amount,
      channel: 0,
      nonce,
      bytes: encode(transactionSchema, {
        body,
        witnesses: [{ party: 0, publicKey, signature }],
        attachment: undefined,
      }),
      validUntilMs,
      name: toHex(txId.subarray(0, 4)),
      position: undefined,
      reporters: new Set(),
      isAdmitted: false,
      isExpired: false,
      tries: 0,
    };
    this.payments.push(payment);
    this.#byId.set(mapKey(txId), payment);
    return payment;
  }

  #elsewhere(payment: Payment, delayMs: number): void {
    const { random, validatorCount } = this.world;
    this.world.after(delayMs, () => {
      if (payment.position !== undefined || payment.isExpired) return;
      if (payment.tries++ >= TRIES_MAX) return;
      this.#submit(payment, random.below(validatorCount));
    });
  }

  #submit(payment: Payment, validator: number, refused?: (retryAfterMs: number) => void): void {
    const { random } = this.world;
    const node = this.world.apiOf(validator);
    if (node === undefined) {
      if (refused === undefined) this.#elsewhere(payment, random.between(50, 500));
      else refused(200);
      return;
    }
    // A client that hears nothing for some seconds goes elsewhere.
    if (refused === undefined) this.#elsewhere(payment, random.between(1_500, 5_000));
    node.api.submit([payment.bytes], (outcomes) =>
      node.guard(() => {
        const outcome = outcomes[0];
        if (outcomes.length !== 1 || outcome === undefined) {
          throw new CheckFailure("exception", "one submission had no or several outcomes");
        }
        if ("code" in outcome) {
          this.#refused(payment, validator, outcome, refused);
          return;
        }
        node.api.watch(payment.txId, payment.validUntilMs, (state) =>
          node.guard(() => this.#told(payment, validator, state)),
        );
      }),
    );
  }

  #refused(
    payment: Payment,
    validator: number,
    outcome: { readonly code: string; readonly message: string; readonly retryAfterMs?: number },
    refused: ((retryAfterMs: number) => void) | undefined,
  ): void {
    this.#refusals++;
    const isTransient = outcome.code === "NOT_READY" || outcome.code === "OVERLOADED";
    if (isTransient && outcome.retryAfterMs !== undefined) {
      if (refused === undefined) this.#elsewhere(payment, outcome.retryAfterMs);
      else refused(outcome.retryAfterMs);
      return;
    }
    if (outcome.code === "EXPIRED") return;
    throw new CheckFailure(
      "exception",
      `validator ${validator} refused a sound payment: ${outcome.code} ${outcome.message}`,
    );
  }

  #told(payment: Payment, validator: number, state: TransactionState): void {
    if (!this.world.isHonest(validator)) return;
    const who = `validator ${validator} about ${payment.name}`;
    if (state.status === "admitted") payment.isAdmitted = true;
    // A void transaction that no later block can apply is as good as expired.
    const isVoid = state.status === "final" && state.executed.receipt.outcome === OUTCOME.void;
    if (state.status === "expired" || isVoid) {
      if (payment.position !== undefined || this.world.positionOf(payment.txId) !== undefined) {
        throw new CheckFailure("durability", `${who}: expired, yet it is final`);
      }
      payment.isExpired = true;
      return;
    }
    if (state.status !== "final") return;
    this.#final(payment, validator, state.position);
  }

  #final(payment: Payment, validator: number, position: Position): void {
    const who = `validator ${validator} about ${payment.name}`;
    if (payment.isExpired) {
      throw new CheckFailure("durability", `${who}: final, yet a client was told that it expired`);
    }
    if (payment.position !== undefined && !samePlace(payment.position, position)) {
      throw new CheckFailure("agreement", `${who}: final at two places`);
    }
    payment.position = position;
    payment.reporters.add(validator);
  }

  /** Everything that this validator ever reported final must be there, at its place (CON-W5). */
  checkAfterRestart(validator: number, api: NodeApi): void {
    this.#checkPresence(
      validator,
      api,
      this.payments.filter((payment) => payment.reporters.has(validator)),
    );
  }

  /** Everything that anybody reported final must be here, up to this validator's height. */
  checkUpToHead(validator: number, api: NodeApi): void {
    const { height } = api.head();
    this.#checkPresence(
      validator,
      api,
      this.payments.filter(({ position }) => position !== undefined && position.height <= height),
    );
  }

  /** Reads each block once; the newest payments are also asked for by their ids. */
  #checkPresence(validator: number, api: NodeApi, payments: readonly Payment[]): void {
    const byHeight = new Map<number, Payment[]>();
    for (const payment of payments) {
      const { height } = payment.position as Position;
      const others = byHeight.get(height);
      if (others === undefined) byHeight.set(height, [payment]);
      else others.push(payment);
    }
    for (const [height, here] of byHeight) {
      const block = api.finalBlock(height);
      for (const payment of here) {
        const { index } = payment.position as Position;
        const found = block?.executed[index]?.receipt;
        if (found === undefined || !equalBytes(found.txId, payment.txId)) {
          throw new CheckFailure(
            "durability",
            `payment ${payment.name} was reported final at ${height}.${index}; validator ${validator} does not have it there`,
          );
        }
      }
    }
    for (const payment of payments.slice(-10)) this.#mustBeKnown(payment, validator, api);
  }

  #mustBeKnown(payment: Payment, validator: number, api: NodeApi): void {
    const state = api.stateOf(payment.txId);
    if (state.status !== "final") {
      throw new CheckFailure(
        "durability",
        `payment ${payment.name} was reported final and validator ${validator} now says ${state.status}`,
      );
    }
    if (!samePlace(state.position, payment.position as Position)) {
      throw new CheckFailure("durability", `payment ${payment.name} has moved on ${validator}`);
    }
  }
}

function samePlace(a: Position, b: Position): boolean {
  return a.height === b.height && a.index === b.index;
}
