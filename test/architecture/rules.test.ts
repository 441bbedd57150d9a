// Goal: every rule that a README states is named by a test. Method: rule ids that open a list item
// or a table row in a README, searched in the texts of the tests.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listFiles, ROOT, readSources } from "./sources.js";

const RULE = /^\s*(?:[-*]\s+|\|\s*)\**`?([A-Z]{2,5}-[A-Z]?\d+|CON-R-[A-Z])\b/gm;

function rulesOf(text: string): string[] {
  const found = [...text.matchAll(RULE)].map((match) => match[1] as string);
  return found.filter((rule) => !rule.startsWith("SHA-"));
}

const readmes = listFiles("src", "test").filter((path) => path.endsWith("README.md"));
const stated = readmes.flatMap((path) =>
  rulesOf(readFileSync(join(ROOT, path), "utf8")).map((rule) => ({ path, rule })),
);
const tests = readSources("test")
  .filter(({ path }) => !path.endsWith("architecture/rules.test.ts"))
  .map(({ text }) => text)
  .join("\n");

/** Names a rule, alone or within a range such as `LAN-1 to LAN-4` or `ENV-1, 2`. */
function isNamed(rule: string): boolean {
  return new RegExp(`${rule}(?![0-9])`).test(tests);
}

describe("rules", () => {
  test("are found in READMEs", () => {
    expect(
      rulesOf("- EXE-1 One.\n| CON-W2 | two |\n* **NET-P3** three\ntext EXE-9 is no list item"),
    ).toEqual(["EXE-1", "CON-W2", "NET-P3"]);
    expect(stated.length).toBeGreaterThan(60);
  });

  test("no README gives one id to two rules", () => {
    for (const path of readmes) {
      const ids = stated.filter((other) => other.path === path).map(({ rule }) => rule);
      expect(
        ids.filter((id, at) => ids.indexOf(id) !== at),
        path,
      ).toEqual([]);
    }
  });

  test("each is named by a test", () => {
    const unnamed = stated.filter(({ rule }) => !isNamed(rule));
    expect(unnamed).toEqual([]);
  });
});
