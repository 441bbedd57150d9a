import { expect } from "vitest";
import { decode } from "../../../src/codec/schema.js";
import { EVENTS, type EventBody, type EventName } from "../../../src/declarations/events.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import type { OperationBody, OperationName } from "../../../src/declarations/operations.js";
import { type ResultName, resultCode } from "../../../src/declarations/resultCodes.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import type { ExecutedTransaction } from "../../../src/execution/interface.js";
import { op, TestChain, TestNetwork } from "../../support/ledgerFixture.js";

/** A chain on which operations are tried one at a time. */
export class Trial {
  readonly chain: TestChain;
  executed: ExecutedTransaction | undefined;

  constructor(readonly network: TestNetwork = new TestNetwork()) {
    this.chain = new TestChain(network);
  }

  id(name: string): Uint8Array {
    return this.network.id(name);
  }

  /** Runs one operation by these parties and answers the name of its result. */
  run<N extends OperationName>(
    parties: string | readonly string[],
    name: N,
    body: Omit<OperationBody<N>, "by">,
    timeMs?: number,
  ): ResultName {
    const operations = [op(name, { by: 0, ...body } as OperationBody<N>)];
    const names = typeof parties === "string" ? [parties] : parties;
    const item = this.network.transaction({ parties: names, operations });
    this.executed = this.chain.apply(item, timeMs === undefined ? {} : { timeMs });
    return resultCode(this.executed.receipt.code)!.name as ResultName;
  }

  pay(
    from: string,
    to: string,
    amount: bigint,
    more: Partial<OperationBody<"transfer">> = {},
    timeMs?: number,
  ): ResultName {
    const defaults = { asset: 0, code: 0, reference: NO_REFERENCE, paymentId: undefined };
    return this.run(from, "transfer", { ...defaults, to: this.id(to), amount, ...more }, timeMs);
  }

  /** The only event of this kind of the last transaction. */
  event<N extends EventName>(name: N): EventBody<N> {
    const { code, body } = EVENTS[name];
    const found = this.executed!.events.filter((event) => event.code === code);
    expect(found.length).toBe(1);
    return decode(body.schema as never, found[0]!.body) as EventBody<N>;
  }

  balance(name: string, asset = 0) {
    return this.chain.run.row(TABLES.balance, KEYS.balance(this.id(name), asset));
  }

  available(name: string, asset = 0): bigint {
    return this.balance(name, asset)?.available ?? 0n;
  }

  quota(organisation: number) {
    return this.chain.run.row(TABLES.quota, KEYS.quota(organisation))!;
  }

  asset(asset = 0) {
    return this.chain.run.row(TABLES.asset, KEYS.asset(asset))!;
  }
}
