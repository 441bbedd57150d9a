/** The reference part of declarations/README.md, written from the declarations. */

import { EVENTS } from "../../src/declarations/events.js";
import type { FieldDeclaration } from "../../src/declarations/fields.js";
import { OPERATIONS } from "../../src/declarations/operations.js";
import { RESULT_CODES } from "../../src/declarations/resultCodes.js";
import { type RowOwner, TABLES } from "../../src/declarations/tables.js";

const fieldLines = (fields: readonly FieldDeclaration[]) =>
  fields.map(({ name, type, kind, text }) => `    ${name} ${type} (${kind}): ${text}`);

const ownerText = (owner: RowOwner) =>
  owner.part === "none"
    ? "public"
    : `blinded by the account at byte ${owner.offset} of its ${owner.part}`;

const sections: Readonly<Record<string, () => string[]>> = {
  operations: () =>
    Object.values(OPERATIONS).flatMap((item) => [
      `${item.code} ${item.name}: ${item.text}`,
      `    signed by ${item.signedBy}; cost ${item.cost}; events ${item.events.join(", ")}`,
      `    results ${item.results.length === 0 ? "none" : item.results.join(", ")}`,
      ...fieldLines(item.body.fields),
    ]),
  events: () =>
    Object.values(EVENTS).flatMap((item) => [
      `${item.code} ${item.name}: ${item.text}`,
      `    read by ${item.readers.length === 0 ? "everybody" : item.readers.join(", ")}`,
      ...fieldLines(item.body.fields),
    ]),
  tables: () =>
    Object.values(TABLES).flatMap((item) => [
      `${item.id} ${item.name}: ${item.text}`,
      `    ${ownerText(item.owner)}`,
      `    key ${item.key}`,
      `    row ${item.layout}`,
    ]),
  results: () =>
    Object.values(RESULT_CODES).map(
      ({ code, name, retry, isVoid, text }) =>
        `${code} ${name} (${isVoid ? "void, " : ""}retry ${retry}): ${text}`,
    ),
};

/** The README's text with its reference blocks (```` ```text reference:operations ````) as declared. */
export function writeReference(readme: string): string {
  return readme.replace(/```text reference:(\w+)\n[\s\S]*?```/g, (_, section: string) => {
    const lines = sections[section]?.() ?? [`no section ${section}`];
    return `\`\`\`text reference:${section}\n${lines.join("\n")}\n\`\`\``;
  });
}
