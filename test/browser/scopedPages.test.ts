// Goal: a node that does not show everything to everyone says so in plain words, and a node that
// goes away is noticed. Method: as pages.test.ts, with a scoped gateway, which is stopped at the end.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PaymentResult } from "../../src/client/index.js";
import { hasBrowser } from "../support/browser.js";
import { PagesKit } from "./pagesKit.js";

describe.skipIf(!hasBrowser())("pages of a scoped node", () => {
  let kit: PagesKit;
  let paid: PaymentResult;

  beforeAll(async () => {
    kit = await PagesKit.start("scoped");
    // A login is needed to know one's nonces; the account's own keys give it.
    paid = await kit.payLoggedIn("alice", { to: kit.account("bob"), asset: "EUR", amount: "5" });
  });
  afterAll(() => kit?.stop());

  const text = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();

  test("a transaction shows its status to anyone, and its content to its parties only", async () => {
    const page = await kit.open(`#/tx/${paid.txId}`);
    await text(page, "Final: applied");
    await text(page, "Shown to its parties only");
    expect(await page.getByText("5.00 EUR").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Verify in this browser" }).count()).toBe(0);
  });

  test("a block shows header and certificate", async () => {
    const page = await kit.open(`#/block/${paid.height}`);
    await text(page, /^3 of 4 validators signed/);
    await text(page, "Shown to its parties only");
  });

  test("an account, and the search for it, are refused in words that help", async () => {
    const page = await kit.open(`#/account/${kit.account("alice")}`);
    await text(page, "Shown to its parties only");
    await page.goto(`${kit.url}/#/search/${kit.account("alice")}`);
    await page.getByRole("heading", { level: 1, name: "Search" }).waitFor();
    await text(page, "Shown to its parties only");
    expect(kit.faults.splice(0)).toEqual([]);
  });

  test("a validator that is gone is named", async () => {
    const page = await kit.open("#/validators");
    await page.getByText("connected", { exact: true }).nth(2).waitFor();
    await kit.stopValidator(3);
    const warnings = page.getByTestId("warnings");
    await warnings.getByText("validator 3 (giudecca) is not connected").waitFor();
    const card = page.getByRole("article", { name: "Validator giudecca" });
    await card.getByText("not connected").waitFor();
    await page.goto(kit.url);
    await text(page, "3 of 4");
  });

  test("the badge says when the node is gone", async () => {
    const page = await kit.open();
    const badge = page.getByTestId("freshness");
    await badge.getByText(/^Live$|^Idle/).waitFor();
    await kit.network.validators[0]?.gateway?.close();
    await badge.getByText("Disconnected, trying again").waitFor();
  });
});
