// Goal: no format changes unnoticed. Method: regenerate every fixture and compare it with the file;
// FONDACO_UPDATE_FIXTURES=1 writes the files, and the examples in the READMEs, instead.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Schema } from "../../../src/codec/schema.js";
import { describeSchema } from "../../../src/codec/shape.js";
import { fixturePath, repositoryPath, UPDATES_FIXTURES } from "../../support/data.js";
import { exampleProofFiles } from "../../support/exampleChain.js";
import { formatFixtures } from "../../support/formatFixtures.js";
import { writeExamples } from "../../support/readme.js";
import { PROOF_RECORDS, RECORD_NAMES, TYPE_RECORDS } from "../../support/records.js";

const FORMATS = fixturePath("formats.json");
const READMES = {
  types: "src/types/README.md",
  proofs: "src/proofs/README.md",
  merkle: "src/merkle/README.md",
} as const;

const fixtures = formatFixtures() as Record<string, never>;

if (UPDATES_FIXTURES) {
  mkdirSync(fixturePath("proofs"), { recursive: true });
  writeFileSync(FORMATS, `${JSON.stringify(fixtures, null, 1)}\n`);
  for (const [name, file] of exampleProofFiles()) {
    writeFileSync(fixturePath("proofs", `${name}.bin`), file);
  }
  for (const path of Object.values(READMES)) {
    const text = readFileSync(repositoryPath(path), "utf8");
    writeFileSync(repositoryPath(path), writeExamples(text, fixtures));
  }
}

const stored = JSON.parse(readFileSync(FORMATS, "utf8")) as Record<string, Record<string, unknown>>;

describe("frozen formats", () => {
  for (const [section, content] of Object.entries(fixtures)) {
    if (typeof content === "string") continue;
    for (const [name, value] of Object.entries(content)) {
      it(`${section}: ${name} is as it was`, () => {
        expect(value).toEqual(stored[section]?.[name]);
      });
    }
  }

  it("holds nothing that is not made any more", () => {
    const namesOf = (content: object) =>
      Object.entries(content).map(([section, items]) => [
        section,
        typeof items === "string" ? items : Object.keys(items as object),
      ]);
    expect(namesOf(stored)).toEqual(namesOf(fixtures));
  });

  for (const [name, file] of exampleProofFiles()) {
    it(`makes the proof file ${name} byte for byte`, () => {
      expect(new Uint8Array(readFileSync(fixturePath("proofs", `${name}.bin`)))).toEqual(file);
    });
  }
});

/** Blocks in which a README defines records, as `name = notation` with words taken out. */
function definitionsIn(path: string): Map<string, string> {
  const text = readFileSync(repositoryPath(path), "utf8");
  const blocks = [...text.matchAll(/```records\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  const words = blocks.join("\n").replace(/#.*$/gm, "");
  const definitions = new Map<string, string>();
  for (const definition of words.split(/\n(?=\w+ = )/)) {
    const [name, notation] = definition.split(/ = ([\s\S]*)/);
    if (name?.trim()) definitions.set(name.trim(), (notation ?? "").replace(/\s+/g, " ").trim());
  }
  return definitions;
}

describe("the READMEs", () => {
  const cases: [string, ReadonlyMap<string, Schema<unknown>>][] = [
    [READMES.types, TYPE_RECORDS],
    [READMES.proofs, PROOF_RECORDS],
  ];
  for (const [path, records] of cases) {
    it(`${path} defines every record as the code has it, and no other`, () => {
      const expected = [...records].map(([name, schema]) => [
        name,
        describeSchema(schema, RECORD_NAMES),
      ]);
      expect(Object.fromEntries(definitionsIn(path))).toEqual(Object.fromEntries(expected));
    });
  }

  for (const path of Object.values(READMES)) {
    it(`${path} prints the examples of the fixtures`, () => {
      const text = readFileSync(repositoryPath(path), "utf8");
      expect(text).toBe(writeExamples(text, fixtures));
      expect(text).toMatch(/```example /);
    });
  }
});
