// Goal: the pages show a running network rightly, on a desk and on a phone, from this node alone.
// Method: four validators in this process, payments by the SDK, headless Chromium on the pages.
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PaymentResult } from "../../src/client/index.js";
import { ClientError } from "../../src/client/index.js";
import { nobleBatchVerifier, nobleHasher } from "../../src/crypto/noble/index.js";
import { verifyProofFile } from "../../src/proofs/index.js";
import { hasBrowser } from "../support/browser.js";
import { PagesKit } from "./pagesKit.js";

const PHONE = { viewport: { width: 390, height: 844 } };

describe.skipIf(!hasBrowser())("pages of an open node", () => {
  let kit: PagesKit;
  let paid: PaymentResult;
  let failedTxId: string;

  beforeAll(async () => {
    kit = await PagesKit.start("open");
    const from = kit.wallet("alice");
    const to = kit.account("bob");
    const reference = "two crates of glass";
    paid = await kit.client.pay({ from, to, asset: "EUR", amount: "1250.75", reference });
    const tooMuch = { from, to, asset: "EUR", amount: "99999999.00" };
    const refusal = await kit.client.pay(tooMuch).catch((error: unknown) => error);
    if (!(refusal instanceof ClientError)) throw new Error("the payment was expected to fail");
    failedTxId = String(refusal.detail.txId);
  });
  afterAll(() => kit?.stop());
  afterEach(async () => {
    for (const context of kit.browser.contexts()) await context.close();
    expect(kit.faults.splice(0)).toEqual([]);
  });

  const text = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();

  test("live shows a block as it becomes final, and leads to its transaction", async () => {
    const page = await kit.open();
    await page.getByRole("heading", { level: 1, name: "pages test" }).waitFor();
    await text(page, "4 of 4");
    await text(page, /^Live$|^Idle/);
    const { height, txId } = await kit.client.pay({
      from: kit.wallet("bob"),
      to: kit.account("carol"),
      asset: "CHF",
      amount: "7.50",
    });
    await page
      .getByRole("row")
      .getByRole("link", { name: String(height), exact: true })
      .click();
    await page.getByRole("heading", { level: 1, name: `Block ${height}` }).waitFor();
    const row = page.getByRole("row").filter({ hasText: "7.50 CHF" });
    await row.getByText("applied").waitFor();
    await row.locator(`a[href="#/tx/${txId}"]`).click();
    await text(page, "Final: applied");
    expect(await page.getByRole("listitem").filter({ hasText: "sent 7.50 CHF" }).count()).toBe(1);
  });

  test("live measures rate and finality", async () => {
    const page = await kit.open();
    await page.getByRole("img", { name: /^Transactions per second/ }).waitFor();
    const { height } = await kit.client.pay({
      from: kit.wallet("carol"),
      to: kit.account("bob"),
      asset: "USD",
      amount: "1",
    });
    await page
      .getByRole("row")
      .getByRole("link", { name: String(height), exact: true })
      .waitFor();
    const finality = page.locator(".metric", { hasText: "Finality" }).locator(".value");
    expect(await finality.textContent()).toMatch(/^\d+(\.\d+)? m?s$/);
  });

  test("a block names who signed it and leads to its neighbours", async () => {
    const page = await kit.open(`#/block/${paid.height}`);
    await text(page, /^3 of 4 validators signed/);
    expect(await page.getByText(/^✓ /).count()).toBe(3);
    const { items } = await kit.client.call("chain.blocks", { from: 1, order: "ascending" });
    const header = items.find(({ height }) => height === paid.height);
    await text(page, header?.blockId as string);
    await page.goto(`${kit.url}/#/block/${header?.blockId}`);
    await page.getByRole("heading", { level: 1, name: `Block ${paid.height}` }).waitFor();
    await page.getByRole("link", { name: "Next" }).click();
    const next = (paid.height as number) + 1;
    await page.getByRole("heading", { level: 1, name: `Block ${next}` }).waitFor();
    await page.getByRole("link", { name: "Previous" }).click();
    await page.getByRole("heading", { level: 1, name: `Block ${paid.height}` }).waitFor();
  });

  test("a transaction is verified in the browser, against the genesis hash that is given", async () => {
    const page = await kit.open(`#/tx/${paid.txId}`);
    await text(page, "1,250.75 EUR");
    await text(page, "two crates of glass");
    await page.getByRole("img", { name: `QR code of transaction id ${paid.txId}` }).waitFor();
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    const verdict = page.getByTestId("verdict");
    await verdict.getByText("Valid", { exact: true }).waitFor();
    await verdict.getByText(`Transaction ${paid.txId} was applied at index`).waitFor();
    await verdict.getByText(/At most 1 of the 4 consensus keys/).waitFor();

    const genesis = page.getByLabel("Genesis hash that you trust");
    expect(await genesis.inputValue()).toBe(kit.client.hello.genesisHash);
    await genesis.fill("ab".repeat(32));
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page
      .getByRole("alert")
      .getByText(/^Not valid: the file is about the network/)
      .waitFor();
    await genesis.fill("nonsense");
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page
      .getByRole("alert")
      .getByText(/^Not valid: the genesis hash is not 64/)
      .waitFor();
  });

  test("a proof that was changed on its way is not valid", async () => {
    const page = await kit.open();
    await page.routeWebSocket(/\/ws$/, (socket) => {
      const node = socket.connectToServer();
      node.onMessage((message) => {
        // Six bits somewhere within the file's base64url.
        const changed = String(message).replace(/("proof":"[^"]{900})(.)/, (_, head, digit) => {
          return head + (digit === "A" ? "B" : "A");
        });
        socket.send(changed);
      });
    });
    await page.goto(`${kit.url}/#/tx/${paid.txId}`);
    await page.reload();
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page
      .getByRole("alert")
      .getByText(/^Not valid: the file was changed/)
      .waitFor();
    expect(await page.getByTestId("verdict").count()).toBe(0);
  });

  test("the proof file that it hands out is valid elsewhere too", async () => {
    const page = await kit.open(`#/tx/${paid.txId}`);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the proof file" }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe(`${paid.txId.slice(0, 16)}.proof`);
    const file = new Uint8Array(await readFile(await download.path()));
    const tools = { hasher: nobleHasher, batchVerifier: nobleBatchVerifier };
    expect(verifyProofFile(file, kit.client.genesisHash, tools).valid).toBe(true);
  });

  test("a failed transaction says why", async () => {
    const page = await kit.open(`#/tx/${failedTxId}`);
    await text(page, "Final: failed, nothing moved");
    await text(page, /The balance and its overdraft do not cover the amount\./);
    await text(page, "210 INSUFFICIENT_BALANCE");
    await text(page, "failed here");
  });

  test("an account shows balances and history, and follows a payment", async () => {
    const page = await kit.open(`#/account/${kit.account("shop")}`);
    const euros = page.getByRole("row").filter({ hasText: "EUR" });
    await euros.getByText("1,000,000.00").waitFor();
    await text(page, "No transaction concerns it yet.");
    await kit.client.pay({
      from: kit.wallet("alice"),
      to: kit.account("shop"),
      asset: "EUR",
      amount: "12.5",
      reference: "bill 7",
    });
    await euros.getByText("1,000,012.50").waitFor();
    const entry = page.getByRole("listitem").filter({ hasText: "+12.50 EUR" });
    await entry.getByText("bill 7").waitFor();
    await text(page, "Giudecca");
    await text(page, "1 of 1 key must sign");
  });

  test("a long history is read page by page", async () => {
    const [from, to] = [kit.wallet("carol"), kit.account("bob")];
    const amounts = Array.from({ length: 30 }, (_, i) => `3.${10 + i}`);
    await Promise.all(amounts.map((amount) => kit.client.pay({ from, to, asset: "CNY", amount })));
    const page = await kit.open(`#/account/${kit.account("carol")}`);
    const entries = page.locator("section", { hasText: "newest first" }).locator("li.item");
    await entries.nth(24).waitFor();
    expect(await entries.count()).toBe(25);
    await page.getByRole("button", { name: "Load older" }).click();
    await entries.nth(29).waitFor();
    const shown = await entries.allInnerTexts();
    for (const amount of amounts) {
      expect(shown.filter((entry) => entry.includes(`−${amount} CNY`))).toHaveLength(1);
    }
  });

  test("validators are named with what they did", async () => {
    const page = await kit.open("#/validators");
    for (const name of ["Banco di Rialto", "Arsenale", "Murano", "Giudecca"]) {
      await page.getByRole("heading", { level: 2, name }).waitFor();
    }
    await page
      .getByRole("img", { name: /^In \d+ of the last \d+ certificates$/ })
      .first()
      .waitFor();
    expect(await page.getByText("connected", { exact: true }).count()).toBe(3);
    expect(await page.getByText("this node").count()).toBe(1);
  });

  test("search leads to whatever a text names", async () => {
    const page = await kit.open();
    const { header } = await kit.client.call("chain.head", {});
    const search = async (query: string) => {
      await page.getByRole("searchbox").fill(` ${query} `);
      await page.getByRole("button", { name: "Search" }).click();
    };
    await search(String(paid.height));
    await page.waitForURL(`**/#/block/${paid.height}`);
    await search(header.blockId);
    await page.waitForURL(`**/#/block/${header.height}`);
    await search(paid.txId);
    await page.waitForURL(`**/#/tx/${paid.txId}`);
    await search(kit.account("alice"));
    await page.waitForURL(`**/#/account/${kit.account("alice")}`);
    await search("eur");
    await page.waitForURL("**/#/assets");
    await text(page, "Outstanding");
    await search("no such thing");
    await text(page, "Nothing is named “no such thing”");
  });

  test("what is not there is said in words", async () => {
    const page = await kit.open(`#/tx/${"0".repeat(64)}`);
    await text(page, "Transaction: not found");
    for (const [hash, words] of [
      ["#/block/999999", "Block 999,999: not found"],
      ["#/block/xyz", "Block xyz: not of the right form"],
      ["#/tx/123", "Transaction: not of the right form"],
      ["#/account/fa1qqqq", "Account: not of the right form"],
      ["#/nowhere", "No such page"],
    ] as const) {
      await page.goto(`${kit.url}/${hash}`);
      await text(page, words);
    }
  });

  test.each([{ scheme: "light" as const }, { scheme: "dark" as const }])(
    "no page scrolls sideways on a phone ($scheme)",
    async ({ scheme }) => {
      const page = await kit.open("", { ...PHONE, colorScheme: scheme });
      for (const [hash, words] of [
        ["#/", "Latest blocks"],
        [`#/block/${paid.height}`, "1,250.75 EUR"],
        [`#/tx/${paid.txId}`, "Verify in this browser"],
        [`#/tx/${failedTxId}`, "failed here"],
        [`#/account/${kit.account("alice")}`, "balance after"],
        ["#/validators", "Banco di Rialto"],
        ["#/assets", "Outstanding"],
        [`#/search/${"f".repeat(64)}`, /^Nothing is named/],
      ] as const) {
        await page.goto(`${kit.url}/${hash}`);
        await text(page, words);
        if (hash.endsWith(paid.txId)) {
          await page.getByRole("button", { name: "Verify in this browser" }).click();
          await page.getByTestId("verdict").waitFor();
        }
        const widthPx = await page.evaluate("document.documentElement.scrollWidth");
        expect({ hash, widthPx }).toEqual({ hash, widthPx: 390 });
      }
    },
  );

  test("every page can be used by keyboard and read aloud", async () => {
    const page = await kit.open("#/validators");
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.getByRole("link", { name: "Assets" }).click();
    const heading = page.getByRole("heading", { level: 1, name: "Assets" });
    await heading.waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
    expect(await page.title()).toBe("Assets · Fondaco");
    for (const hash of ["#/", `#/tx/${paid.txId}`, `#/account/${kit.account("alice")}`]) {
      await page.goto(`${kit.url}/${hash}`);
      await page.locator("section.card").first().waitFor();
      expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
      const nameless = `[...document.querySelectorAll("button, input, a, [role=img]")]
        .filter((e) => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
        .map((e) => e.outerHTML)`;
      expect(await page.evaluate(nameless)).toEqual([]);
    }
  });
});
