/** Validation against the ISO 20022 schemas of the test data. */

import { readFileSync } from "node:fs";
import { validateXML } from "xmllint-wasm";

/** What xmllint has against these documents by the schema at `schemaPath`; empty where all are valid. */
export async function schemaErrors(
  schemaPath: string,
  documents: readonly string[],
): Promise<string[]> {
  const { errors, valid } = await validateXML({
    xml: documents.map((contents, i) => ({ fileName: `${i}.xml`, contents })),
    schema: [readFileSync(schemaPath, "utf8")],
  });
  const found = errors.map(({ rawMessage }) => rawMessage);
  return valid || found.length > 0 ? found : ["not valid"];
}
