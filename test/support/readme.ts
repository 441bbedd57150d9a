/**
 * Examples in READMEs. A block ```` ```example types.header ```` names an entry of formats.json (or a
 * path to a value in it); its text is that entry's first example in hex, 96 digits a line.
 */

import { assert } from "../../src/base/assert.js";
import type { Json } from "./records.js";

function lookUp(fixtures: Json, path: string): Json {
  // Names of records may hold a dot ("peerMessage.vote"), so sections are split off at the first.
  const [section = "", ...rest] = path.split(".");
  const content = (fixtures as Record<string, Json>)[section] as Record<string, Json>;
  let found: Json | undefined = content?.[rest.join(".")];
  if (found === undefined) {
    found = rest.reduce<Json | undefined>(
      (value, name) => (value as Record<string, Json> | undefined)?.[name],
      content,
    );
  }
  assert(found !== undefined && found !== null, `formats.json has no ${path}`);
  return found;
}

function linesOf(value: Json): string[] {
  if (typeof value === "string") return value.match(/.{1,96}/g) ?? [""];
  if (Array.isArray(value)) return value.flatMap(linesOf);
  const examples = (value as { examples?: { hex: string }[] }).examples;
  assert(examples?.[0] !== undefined, "an example is a record's or a plain value");
  return linesOf(examples[0].hex);
}

/** The text of a README with all its examples as the fixtures have them. */
export function writeExamples(text: string, fixtures: Json): string {
  return text.replace(/```example (\S+)\n[\s\S]*?```/g, (_, path: string) => {
    const lines = linesOf(lookUp(fixtures, path));
    return ["```example ", path, "\n", lines.join("\n"), "\n```"].join("");
  });
}
