/** What a payment is for, in the form that its payer chose. */

import { ShortId } from "./id.js";

export interface ReferenceJson {
  readonly kind: string;
  readonly value: string;
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  invoiceHash: "invoice hash",
  endToEndId: "end-to-end id",
  number: "number",
  text: "text",
};

export function Reference({ value: { kind, value } }: { readonly value: ReferenceJson }) {
  return (
    <span class="reference" title={`Reference: ${KIND_WORDS[kind] ?? kind}`}>
      {kind === "invoiceHash" ? <ShortId id={value} /> : value}
    </span>
  );
}
