// Goal: declared records have a JSON form without secrets, and events say who may read them.
// Method: encode by the declarations, render, compare.
import { describe, expect, test } from "vitest";
import { accountsOfEvent, eventToJson, operationToJson } from "../../../src/api/index.js";
import { encode } from "../../../src/codec/schema.js";
import { EVENTS } from "../../../src/declarations/events.js";
import { OPERATIONS } from "../../../src/declarations/operations.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import { idOf, signerOf, textOf } from "../../support/fakeNetwork.js";

const key = signerOf("alice").publicKey;

const blind = new Uint8Array(16).fill(7);

describe("JSON forms", () => {
  test("API-2: of an operation, numbers as text, bytes as hexadecimal, no secrets", () => {
    const { schema } = OPERATIONS["account.open"].body;
    const body = encode(schema, {
      by: 0,
      policy: singleKeyPolicy(key),
      salt: new Uint8Array(16).fill(1),
      blindSecret: new Uint8Array(32).fill(0xee),
      roles: 4,
      referenceRequired: true,
    });
    const json = operationToJson({ code: OPERATIONS["account.open"].code, body });
    expect(json).toMatchObject({
      name: "account.open",
      fields: {
        by: 0,
        roles: 4,
        referenceRequired: true,
        salt: "01".repeat(16),
        blindSecret: null,
      },
    });
    expect(JSON.stringify(json.fields)).not.toContain("eeee");
  });

  test("of an event, with the accounts that it concerns", () => {
    const { schema, code } = {
      ...EVENTS["payment.sent"],
      schema: EVENTS["payment.sent"].body.schema,
    };
    const body = encode(schema, {
      account: idOf("alice"),
      asset: 1,
      seq: 3,
      balance: -5n,
      previous: new Uint8Array(32),
      to: idOf("bob"),
      amount: 7n,
      code: 0,
      reference: { kind: "number", value: 12n },
      paymentId: undefined,
    });
    const position = { height: 4, index: 2, event: 1 };
    expect(eventToJson({ code, body, blind }, position)).toMatchObject({
      cursor: "4.2.1",
      blind: "07".repeat(16),
      name: "payment.sent",
      accounts: [textOf("alice"), textOf("bob")],
      fields: {
        balance: "-5",
        seq: "3",
        amount: "7",
        reference: { kind: "number", value: "12" },
        paymentId: null,
      },
    });
    // DEC-6: a link tells a balance, so only its owner's organisation reads it.
    expect(accountsOfEvent({ code, body, blind })).toMatchObject({
      readers: [idOf("alice")],
      isPublic: false,
    });
  });

  test("what is not declared is shown as bytes, and is public to nobody", () => {
    const event = { code: 9_999, body: Uint8Array.of(1, 2), blind };
    expect(accountsOfEvent(event).isPublic).toBe(false);
    expect(eventToJson(event, { height: 1, index: 1, event: 0 })).toMatchObject({
      name: "unknown",
      fields: {},
      body: "AQI",
    });
    expect(operationToJson(event).name).toBe("unknown");
    const damaged = { code: EVENTS["payment.sent"].code, body: Uint8Array.of(1), blind };
    expect(accountsOfEvent(damaged)).toMatchObject({ readers: [], isPublic: false });
  });
});
