// Goal: an entry whose fate is open is never reported as paid or as rejected, and a new try is safe.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../../../src/api/index.js";
import { LedgerPayer, type PlannedPayment } from "../../../src/bridges/iso20022/index.js";
import { ClientError, type FondacoClient, type Wallet } from "../../../src/client/index.js";
import { RESULT_CODES, type ResultName } from "../../../src/declarations/resultCodes.js";

const PAYMENT: PlannedPayment = {
  debtor: "fa1debtor",
  creditor: "fa1creditor",
  asset: "EUR",
  minorUnits: 100n,
  reference: { kind: "endToEndId", value: "E-1" },
  paymentId: new Uint8Array(16).fill(7),
};
const PAID = { txId: "aa", status: "final", height: 5, index: 2 };
const FIRST = { txId: "ff", status: "final", height: 3, index: 1 };

function notApplied(name: ResultName, txId = "bb"): ClientError {
  const { retry, isVoid } = RESULT_CODES[name];
  const mayStillApply = isVoid && retry === "same-bytes";
  return new ClientError("NOT_APPLIED", `no effect: ${name}`, {
    txId,
    codeName: name,
    mayStillApply,
  });
}

/** Pays with a client that answers each try as the list says. */
async function payWith(
  answers: readonly (Error | typeof PAID)[],
  firstTxId: string | Error = FIRST.txId,
) {
  const requests: Record<string, unknown>[] = [];
  const client = {
    pay: async (request: Record<string, unknown>) => {
      const answer = answers[requests.length];
      requests.push(request);
      if (answer === undefined) throw new Error("one try too many");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    call: async (method: string) => {
      if (firstTxId instanceof Error) throw firstTxId;
      if (method === "tx.status") return { items: [{ ...FIRST, txId: firstTxId }] };
      return { events: [{ name: "payment.idTaken", fields: { firstTxId } }] };
    },
  } as unknown as FondacoClient;
  const outcome = new LedgerPayer(client, {} as Wallet).pay(PAYMENT);
  await vi.runAllTimersAsync();
  return { outcome: await outcome, requests };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const timeout = new ClientError("TIMEOUT", "no answer");
const expired = new ClientError("EXPIRED", "expired", { txId: "ee" });

describe("paying an entry (ISO-2, ISO-10)", () => {
  test("paid: with the content and id of the plan", async () => {
    const { outcome, requests } = await payWith([PAID]);
    expect(outcome).toEqual({ status: "paid", at: { txId: "aa", height: 5, index: 2 } });
    expect(requests).toMatchObject([
      {
        to: "fa1creditor",
        asset: "EUR",
        amount: 100n,
        reference: PAYMENT.reference,
        paymentId: PAYMENT.paymentId,
      },
    ]);
  });

  test("paid before: the first transaction is named where the node tells it", async () => {
    expect((await payWith([notApplied("DUPLICATE_ID")])).outcome).toEqual({
      status: "alreadyPaid",
      at: { txId: "ff", height: 3, index: 1 },
    });
    const silent = await payWith([notApplied("DUPLICATE_ID")], new ApiError("FORBIDDEN", "no"));
    expect(silent.outcome).toEqual({ status: "alreadyPaid", at: undefined });
  });

  test("a try that expired is made anew, and three times at most", async () => {
    expect((await payWith([expired, PAID])).outcome.status).toBe("paid");
    const { outcome } = await payWith([expired, expired, expired]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "FF10" } });
  });

  test("a payment of this run that a later try meets is this run's", async () => {
    const void1 = notApplied("QUOTA_EXCEEDED", "cc");
    const { outcome } = await payWith([void1, notApplied("DUPLICATE_ID")], "cc");
    expect(outcome).toMatchObject({ status: "paid", at: { txId: "cc" } });
  });

  test("no answer, or one that may change, is pending", async () => {
    expect((await payWith([timeout, timeout, timeout])).outcome.status).toBe("pending");
    const quota = notApplied("QUOTA_EXCEEDED");
    expect((await payWith([quota, quota, quota])).outcome.status).toBe("pending");
    const admitted = { ...PAID, status: "admitted" };
    expect((await payWith([admitted, admitted, admitted])).outcome.status).toBe("pending");
    const closed = new ClientError("CONNECTION_CLOSED", "closed");
    expect((await payWith([closed])).outcome.status).toBe("pending");
  });

  test("a refusal after a try without answer does not make that try undone", async () => {
    const { outcome } = await payWith([timeout, notApplied("INSUFFICIENT_BALANCE")]);
    expect(outcome.status).toBe("pending");
    expect((await payWith([timeout, notApplied("DUPLICATE_ID")])).outcome.status).toBe(
      "alreadyPaid",
    );
  });

  test("refusals are reasons", async () => {
    const codeOf = async (error: Error) => {
      const { outcome } = await payWith([error]);
      return outcome.status === "rejected" ? outcome.reason.code : outcome.status;
    };
    expect(await codeOf(notApplied("INSUFFICIENT_BALANCE"))).toBe("AM04");
    expect(await codeOf(notApplied("FROZEN"))).toBe("AC06");
    expect(await codeOf(notApplied("ID_REUSED"))).toBe("DU04");
    expect(await codeOf(notApplied("ACCOUNT_CLOSED"))).toBe("AC04");
    expect(await codeOf(new ApiError("INVALID_TX", "no"))).toBe("FF10");
  });
});
