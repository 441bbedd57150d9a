// Goal: tokens let in who logged in, for a while, and nobody can push out another account's.
import { expect, test } from "vitest";
import { nobleHasher } from "../../../src/crypto/noble/index.js";
import type { Principal } from "../../../src/gateway/rights.js";
import { LoginTokens } from "../../../src/gateway/tokens.js";

function tokens(tokensMax: number, perAccountMax: number) {
  const state = { nowMs: 1_000 };
  let last = 0;
  const made = new LoginTokens(
    { nowMs: () => state.nowMs, after: () => () => {}, soon: () => {} },
    { randomBytes: (sizeBytes) => new Uint8Array(sizeBytes).fill(++last) },
    nobleHasher,
    tokensMax,
    perAccountMax,
    60_000,
  );
  const principal = (account: number): Principal => ({
    kind: "account",
    account: new Uint8Array(32).fill(account),
    organisation: 0,
    isAuditor: false,
    policy: new Uint8Array(0),
  });
  const issue = (account: number) => made.issue(principal(account)).token;
  const isKnown = (token: string) => made.find(token) !== undefined;
  return { state, issue, isKnown };
}

test("an account that logs in again and again loses its own oldest tokens only", () => {
  const { issue, isKnown } = tokens(100, 3);
  const other = issue(1);
  const own = Array.from({ length: 10 }, () => issue(2));
  expect(isKnown(other)).toBe(true);
  expect(own.map(isKnown)).toEqual([...Array<boolean>(7).fill(false), true, true, true]);
});

test("where all have too many, one that holds most loses its oldest", () => {
  const { issue, isKnown } = tokens(4, 3);
  const single = issue(1);
  const many = [issue(2), issue(2), issue(2)];
  const late = issue(3);
  expect(isKnown(single)).toBe(true);
  expect(many.map(isKnown)).toEqual([false, true, true]);
  expect(isKnown(late)).toBe(true);
});

test("a token ends after its time and leaves nothing behind", () => {
  const { state, issue, isKnown } = tokens(2, 2);
  const first = issue(1);
  state.nowMs += 60_000;
  expect(isKnown(first)).toBe(false);
  const next = [issue(2), issue(1)];
  expect(next.map(isKnown)).toEqual([true, true]);
  expect(isKnown("x".repeat(43))).toBe(false);
});
