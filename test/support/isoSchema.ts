/** Validation against the ISO 20022 schemas of the test data. */

import { readFileSync } from "node:fs";
import { validateXML } from "xmllint-wasm";

/** What xmllint has against `xml` by the schema file at `schemaPath`; empty where it is valid. */
export async function schemaErrors(schemaPath: string, xml: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: "report.xml", contents: xml }],
    schema: [readFileSync(schemaPath, "utf8")],
  });
  return errors.map(({ message }) => message);
}
