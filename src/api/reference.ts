/** The contract as a Markdown page: `REFERENCE.md` is exactly this text. */

import type { TSchema } from "typebox";
import { COMMON_ERRORS, METHOD_NAMES, METHODS } from "./contract.js";
import { CLOSE_CODES, ERRORS, type ErrorName } from "./errors.js";
import { NOTIFICATIONS } from "./notifications.js";

interface AnySchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, AnySchema>>;
  readonly required?: readonly string[];
  readonly items?: AnySchema;
  readonly anyOf?: readonly AnySchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly patternProperties?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

/** A schema in one line: `{ a: integer, b?: "x" | "y" }`. */
function shape(schema: AnySchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(shape).join(" | ");
  if (schema.type === "array") {
    const inner = shape(schema.items ?? {});
    return inner.includes(" | ") ? `(${inner})[]` : `${inner}[]`;
  }
  if (schema.type === "object") {
    const fields = Object.entries(schema.properties ?? {}).map(
      ([name, field]) => `${name}${schema.required?.includes(name) ? "" : "?"}: ${shape(field)}`,
    );
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  return schema.type ?? "any";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function limitsOf(schema: AnySchema): string {
  const parts: string[] = [];
  if (schema.description !== undefined) parts.push(schema.description);
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems} entries`);
  if (schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER) {
    parts.push(`${schema.minimum ?? 0} to ${schema.maximum}`);
  }
  if (schema.items?.description !== undefined) parts.push(`each: ${schema.items.description}`);
  return parts.join("; ");
}

function fieldsTable(schema: AnySchema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return ["none"];
  return [
    "| name | required | form | meaning |",
    "|---|---|---|---|",
    ...fields.map(([name, field]) => {
      const required = schema.required?.includes(name) ? "yes" : "no";
      return `| \`${name}\` | ${required} | \`${cell(shape(field))}\` | ${cell(limitsOf(field))} |`;
    }),
  ];
}

function errorsLine(names: readonly ErrorName[]): string {
  return names.length === 0 ? "the common ones" : names.map((name) => `\`${name}\``).join(", ");
}

export function referencePage(): string {
  const lines = [
    "# Gateway reference",
    "",
    "Generated from `contract.ts`, `notifications.ts` and `errors.ts`; a test compares. Conventions,",
    "scopes and cursors are in `README.md`.",
    "",
    "## Methods",
    "",
  ];
  for (const name of METHOD_NAMES) {
    const { summary, scope, socketOnly, params, result, errors } = METHODS[name];
    lines.push(`### ${name}`, "", summary, "");
    lines.push(`Scope: ${scope}.${socketOnly ? " Only on a WebSocket." : ""}`, "");
    lines.push("Parameters:", "", ...fieldsTable(params as TSchema as AnySchema), "");
    lines.push(`Result: \`${shape(result as TSchema as AnySchema)}\``, "");
    lines.push(`Errors: ${errorsLine(errors)}`, "");
  }
  lines.push("## Notifications", "");
  for (const [name, { summary, params }] of Object.entries(NOTIFICATIONS)) {
    lines.push(`### ${name}`, "", summary, "", `\`${shape(params as TSchema as AnySchema)}\``, "");
  }
  lines.push("## Errors", "", `Every method may answer ${errorsLine(COMMON_ERRORS)}.`, "");
  lines.push("| name | code | retry | meaning |", "|---|---|---|---|");
  for (const [name, { code, retry, text }] of Object.entries(ERRORS)) {
    lines.push(`| \`${name}\` | ${code} | ${retry} | ${cell(text)} |`);
  }
  lines.push("", "## Close codes", "", "| code | meaning |", "|---|---|");
  for (const { code, text } of Object.values(CLOSE_CODES)) lines.push(`| ${code} | ${text} |`);
  return `${lines.join("\n")}\n`;
}
