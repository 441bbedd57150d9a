// Goal: rows that were changed before the first checkpoint are noticed too. Method: a validator is
// started and killed before any block; one byte of one row changes; the next start must refuse.
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { present } from "../../src/base/assert.js";
import { LmdbRowStore } from "../../src/storage/lmdbRowStore.js";
import { ProcessNetwork } from "../support/processNetwork.js";

const network = new ProcessNetwork({ validators: 1, loadAccounts: 0 });
afterAll(() => network.close());

test("NODE-4: a start compares the genesis rows with the genesis file", async () => {
  await network.start(0);
  await network.kill(0);
  await network.start(0);
  await network.kill(0);
  const store = LmdbRowStore.open(join(network.home(0), "data", "rows"));
  const found = present(store.scan("rows", { limit: 10 }).at(-1), "a row");
  const value = found.value.slice();
  value[value.length - 1]! ^= 1;
  await new Promise<void>((resolve, reject) => {
    store.commit([{ table: "rows", key: found.key, value }], (error) =>
      error === undefined ? resolve() : reject(error),
    );
  });
  await new Promise<void>((resolve) => store.close(resolve));
  await expect(network.start(0)).rejects.toThrow(/root|damaged|malformed/);
});
