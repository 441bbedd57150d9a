// Goal: only those who know the node by its own names get in. Method: one table of hosts and origins.
import { describe, expect, test } from "vitest";
import { createHostRules } from "../../../src/gateway/hosts.js";

describe("host rules", () => {
  const rules = createHostRules(
    "127.0.0.1",
    () => 8_080,
    ["ledger.example"],
    ["https://shop.example"],
  );

  test("own names need the own port; configured names do not", () => {
    for (const host of [
      "127.0.0.1:8080",
      "localhost:8080",
      "[::1]:8080",
      "ledger.example",
      "ledger.example:9",
    ]) {
      expect([host, rules.isHostAllowed(host)]).toEqual([host, true]);
    }
    for (const host of [
      "",
      "localhost",
      "localhost:80",
      "evil.example:8080",
      "localhost:8080@x",
      "a b:8080",
      "127.0.0.1.evil.example:8080",
    ]) {
      expect([host, rules.isHostAllowed(host)]).toEqual([host, false]);
    }
  });

  test("an origin is one of the own hosts, a configured one, or absent", () => {
    for (const origin of [
      undefined,
      "http://localhost:8080",
      "https://ledger.example",
      "https://SHOP.example",
    ]) {
      expect([origin, rules.isOriginAllowed(origin)]).toEqual([origin, true]);
    }
    for (const origin of [
      "null",
      "",
      "http://evil.example",
      "http://localhost:8081",
      "file://localhost:8080",
      "https://shop.example.evil",
    ]) {
      expect([origin, rules.isOriginAllowed(origin)]).toEqual([origin, false]);
    }
  });

  test("without a port a host means port 80", () => {
    expect(createHostRules("10.0.0.7", () => 80).isHostAllowed("10.0.0.7")).toBe(true);
    expect(createHostRules("0.0.0.0", () => 80).isHostAllowed("0.0.0.0")).toBe(false);
  });
});
