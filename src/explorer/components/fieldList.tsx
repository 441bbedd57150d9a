import type { FieldDeclaration } from "../../declarations/fields.js";
import { fieldTitle } from "../text/decode.js";
import { Fact, Facts } from "./facts.js";
import { FieldValue } from "./fieldValue.js";

interface FieldListProps {
  readonly declared: readonly FieldDeclaration[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly parties: readonly (string | null)[];
  /** Names of fields that are said elsewhere. */
  readonly omit: readonly string[];
}

/** The fields of an operation or event; those that say nothing are left out. */
export function FieldList({ declared, fields, parties, omit }: FieldListProps) {
  const asset = typeof fields.asset === "number" ? fields.asset : undefined;
  const shown = declared.filter(({ name }) => fields[name] !== null && !omit.includes(name));
  if (shown.length === 0) return null;
  return (
    <Facts>
      {shown.map(({ name, kind, text }) => (
        <Fact key={name} name={fieldTitle(name)} hint={text}>
          <FieldValue
            name={name}
            kind={kind}
            value={fields[name]}
            asset={asset}
            parties={parties}
          />
        </Fact>
      ))}
    </Facts>
  );
}
