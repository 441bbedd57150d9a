// Goal: the contract says everything once and says it consistently. Method: look at it as data.
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ApiError,
  checkParams,
  ERRORS,
  METHOD_NAMES,
  METHODS,
  openRpcDocument,
  referencePage,
} from "../../../src/api/index.js";

describe("the contract", () => {
  test("the reference page is the one that the contract makes", () => {
    const url = new URL("../../../src/api/REFERENCE.md", import.meta.url);
    // After a change of the contract, run this test once with FONDACO_WRITE_REFERENCE=1.
    if (process.env.FONDACO_WRITE_REFERENCE === "1") writeFileSync(url, referencePage());
    const page = readFileSync(url, "utf8");
    expect(page).toBe(referencePage());
  });

  test("API-4: each method's parameters are an object that takes nothing unknown", () => {
    for (const name of METHOD_NAMES) {
      expect(METHODS[name].params).toMatchObject({ type: "object", additionalProperties: false });
      expect(METHODS[name].summary).toMatch(/\.$/);
      for (const error of METHODS[name].errors) expect(ERRORS).toHaveProperty(error);
    }
  });

  test("error codes and names are unique, and whoever waits is told how long", () => {
    const codes = Object.values(ERRORS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    const error = new ApiError("OVERLOADED", "Full.", { retryAfterMs: 7 });
    expect([error.code, error.rpcCode, error.retry, error.retryAfterMs]).toEqual([
      "OVERLOADED",
      -32004,
      "after",
      7,
    ]);
  });

  test("the OpenRPC document has every method, by name, and is plain JSON", () => {
    const document = openRpcDocument();
    expect(document.methods.map(({ name }) => name)).toEqual(METHOD_NAMES);
    expect(JSON.parse(JSON.stringify(document))).toMatchObject({ openrpc: "1.3.2" });
    const submit = document.methods.find(({ name }) => name === "tx.submit");
    expect(submit).toMatchObject({ paramStructure: "by-name" });
    expect(submit?.params.filter(({ required }) => required).map(({ name }) => name)).toEqual([
      "tx",
    ]);
  });

  test("a fault is named by its path, and by nothing that was sent", () => {
    const cases: readonly (readonly [unknown, string])[] = [
      [{}, "/"],
      [{ txIds: "x" }, "/txIds"],
      [{ txIds: ["x"] }, "/txIds/0"],
      [{ txIds: ["ab".repeat(32)], secret: 1 }, "/"],
    ];
    for (const [params, path] of cases) {
      const checked = checkParams("tx.status", params);
      expect(checked.ok).toBe(false);
      expect(checked.fault?.path).toBe(path);
      expect(checked.fault?.reason).not.toContain("secret");
    }
  });
});
