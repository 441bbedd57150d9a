// Goal: what is written as text directly is what the JSON forms say.
import { describe, expect, test } from "vitest";
import { checkResult, ERRORS } from "../../../src/api/index.js";
import { RESULT } from "../../../src/declarations/resultCodes.js";
import { bytesParam, bytesParams } from "../../../src/gateway/methods/context.js";
import { statusToJson } from "../../../src/gateway/render.js";
import { entryText, refusalText, statusText } from "../../../src/gateway/statusText.js";
import type { TransactionState } from "../../../src/ports/nodeApi.js";

const txId = new Uint8Array(32).fill(0xab);

function ended(height: number, outcome: 1 | 2 | 3, code: number): TransactionState {
  const position = { height, index: 7, event: 0 };
  return {
    status: outcome === 3 ? "voided" : "final",
    position,
    executed: { receipt: { txId, position, outcome, code } },
    blockHash: new Uint8Array(32).fill(height),
    timeMs: 1_700_000_000_000 + height,
  } as unknown as TransactionState;
}

const states: TransactionState[] = [
  { status: "received" },
  { status: "admitted" },
  { status: "unknown" },
  { status: "expired" },
  ended(1, 1, 0),
  ended(2, 1, 0),
  ended(2, 2, RESULT.INSUFFICIENT_BALANCE),
  ended(1, 3, RESULT.NONCE_USED),
  ended(3, 2, 60_000),
];

describe("statuses as text", () => {
  test("are those of the JSON form", () => {
    for (const state of states) {
      const json: unknown = JSON.parse(JSON.stringify(statusToJson(txId, state)));
      expect(JSON.parse(statusText(txId, state))).toEqual(json);
      const handle = { txId, duplicate: true };
      const entry: unknown = JSON.parse(entryText({ kind: "reached", handle, state }, 5, "s1"));
      expect(entry).toEqual({ ...(json as object), duplicate: true });
      expect(checkResult("tx.submitMany", { items: [entry] }).ok).toBe(true);
    }
  });

  test("so are refusals, and waits that were too short", () => {
    const refusal = { code: "OVERLOADED", message: 'a "queue"', retryAfterMs: 70 } as const;
    const error = {
      code: ERRORS.OVERLOADED.code,
      message: 'a "queue"',
      data: { retryAfterMs: 70, name: "OVERLOADED", retry: "after", requestId: "s1-2" },
    };
    expect(JSON.parse(refusalText(refusal, "s1-2"))).toEqual(error);
    const refused: unknown = JSON.parse(entryText({ kind: "refused", refusal }, 5, "s1-2"));
    expect(refused).toEqual({ error });
    const pending = {
      kind: "pending",
      handle: { txId, duplicate: false },
      status: "admitted",
      validUntilMs: 9,
    } as const;
    const entry: unknown = JSON.parse(entryText(pending, 5, "s1"));
    expect(entry).toMatchObject({
      error: {
        code: ERRORS.WAIT_TIMEOUT.code,
        data: { name: "WAIT_TIMEOUT", retry: "same-bytes", status: "admitted", validUntilMs: 9 },
      },
    });
    expect(checkResult("tx.submitMany", { items: [refused, entry] }).ok).toBe(true);
  });
});

describe("bytes of a request", () => {
  const texts = [0, 1, 2, 3, 230, 231, 4_000, 5_000, 20_000].map((sizeBytes) =>
    Buffer.from(Array.from({ length: sizeBytes }, (_, i) => (i * 7 + sizeBytes) & 255)),
  );

  test("are those of their texts, each by itself", () => {
    const found = bytesParams(
      texts.map((bytes) => bytes.toString("base64url")),
      "/txs",
    );
    expect(found.map((bytes) => Buffer.from(bytes))).toEqual(texts);
    for (const bytes of texts) {
      expect(Buffer.from(bytesParam(bytes.toString("base64url"), "/tx"))).toEqual(bytes);
    }
    // None holds much more memory than itself, or a small piece.
    for (const bytes of found) {
      expect(bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, bytes.length));
    }
  });

  test("have one text: left-over bits and lengths that no bytes have are refused", () => {
    for (const bad of ["A", "AB", "AAB", "AAAAA", "AAAAAB"]) {
      expect(() => bytesParam(bad, "/tx")).toThrow("/tx");
      expect(() => bytesParams(["AAAA", bad], "/txs")).toThrow("/txs/1");
    }
  });
});
