// Goal: the reference in the README is what is declared. To write it anew, run with UPDATE_REFERENCE=1.
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { writeReference } from "../../support/declarationsReference.js";

const path = new URL("../../../src/declarations/README.md", import.meta.url);

test("DEC-1, DEC-2: the README's reference names every operation, event, table and result", () => {
  const text = readFileSync(path, "utf8");
  const expected = writeReference(text);
  if (process.env.UPDATE_REFERENCE === "1") writeFileSync(path, expected);
  else expect(text).toBe(expected);
  expect(expected).toContain("769 transfer");
  expect(expected).not.toContain("no section");
});
