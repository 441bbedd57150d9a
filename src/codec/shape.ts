/** What a schema is made of, as data: for descriptions of formats, for forms, and for tests. */

import type { Schema } from "./schema.js";

export type Shape =
  | { readonly kind: "u8" | "u16" | "u32" | "u64" | "i64" | "count" | "bool" }
  | { readonly kind: "codes"; readonly values: readonly number[] }
  | { readonly kind: "fixedBytes"; readonly sizeBytes: number }
  | { readonly kind: "bytes" | "text"; readonly min: number; readonly max: number }
  | {
      readonly kind: "list";
      readonly item: Schema<unknown>;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: "option"; readonly inner: Schema<unknown> }
  | { readonly kind: "struct"; readonly fields: readonly (readonly [string, Schema<unknown>])[] }
  | { readonly kind: "union"; readonly variants: readonly (readonly [string, Schema<unknown>])[] }
  | { readonly kind: "refined"; readonly inner: Schema<unknown>; readonly rule: string };

/**
 * A schema in the notation of README.md ("Notation"). A schema that has a name in `names` is
 * written as that name, except `schema` itself, so that each record is described once.
 */
export function describeSchema(
  schema: Schema<unknown>,
  names: ReadonlyMap<Schema<unknown>, string> = new Map(),
): string {
  const nameOf = (part: Schema<unknown>) => names.get(part) ?? describeSchema(part, names);
  const fieldsOf = (parts: readonly (readonly [string, Schema<unknown>])[]) =>
    parts.map(([name, part]) => `${name}: ${nameOf(part)}`).join(" ");
  const { shape } = schema;
  if (shape === undefined) return "opaque";
  switch (shape.kind) {
    case "codes":
      return `codes<${shape.values.join("|")}>`;
    case "fixedBytes":
      return `b${shape.sizeBytes}`;
    case "bytes":
    case "text":
      return `${shape.kind}<${shape.min}..${shape.max}>`;
    case "list":
      return `list<${nameOf(shape.item)}, ${shape.min}..${shape.max}>`;
    case "option":
      return `option<${nameOf(shape.inner)}>`;
    case "struct":
      return `{ ${fieldsOf(shape.fields)} }`;
    case "union":
      return `union { ${fieldsOf(shape.variants)} }`;
    case "refined":
      // The rule itself stands in words beside the record.
      return nameOf(shape.inner);
    default:
      return shape.kind;
  }
}
