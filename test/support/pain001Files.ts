/** Customer credit transfer files, made for one test each. */

export interface EntryParts {
  readonly id?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly creditor?: string;
  /** In place of the whole content of Amt. */
  readonly amountXml?: string;
  /** In place of EndToEndId. */
  readonly idXml?: string;
}

export function entryXml({
  id = "E-1",
  amount = "1.00",
  currency = "EUR",
  creditor = "CREDITOR",
  amountXml = `<InstdAmt Ccy="${currency}">${amount}</InstdAmt>`,
  idXml = `<EndToEndId>${id}</EndToEndId>`,
}: EntryParts = {}): string {
  return `<CdtTrfTxInf><PmtId>${idXml}</PmtId><Amt>${amountXml}</Amt>
    <CdtrAcct><Id><Othr><Id>${creditor}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>`;
}

export interface PartParts {
  readonly id?: string;
  /** Elements between PmtInfId and DbtrAcct. */
  readonly more?: string;
  readonly debtor?: string;
  readonly entries: readonly string[];
}

export function partXml({ id = "P-1", more = "", debtor = "DEBTOR", entries }: PartParts): string {
  return `<PmtInf><PmtInfId>${id}</PmtInfId>${more}
    <DbtrAcct><Id><IBAN>${debtor}</IBAN></Id></DbtrAcct>${entries.join("")}</PmtInf>`;
}

export interface FileParts {
  readonly count?: number | string;
  readonly sum?: string;
  readonly messageId?: string;
  readonly namespace?: string;
  readonly parts: readonly string[];
}

export function fileXml({
  parts,
  count = parts.join("").split("<CdtTrfTxInf>").length - 1,
  sum,
  messageId = "M-1",
  namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
}: FileParts): string {
  const sumXml = sum === undefined ? "" : `<CtrlSum>${sum}</CtrlSum>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${namespace}"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>${messageId}</MsgId><CreDtTm>2026-01-31T10:00:00</CreDtTm><NbOfTxs>${count}</NbOfTxs>${sumXml}</GrpHdr>
${parts.join("\n")}
</CstmrCdtTrfInitn></Document>`;
}
