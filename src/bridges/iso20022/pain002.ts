/** Writes a customer payment status report, pain.002.001.11. */

import { toHex } from "../../base/bytes.js";
import {
  addDecimals,
  type Decimal,
  decimalText,
  fitsDigits,
  parseDecimal,
  ZERO,
} from "./decimal.js";
import {
  groupStatus,
  type ImportReport,
  type Outcome,
  type ReportedEntry,
  type ReportedPart,
  STATUS_CODES,
} from "./outcome.js";
import { IDENTIFICATION_LENGTH_MAX } from "./paymentId.js";
import type { Reason } from "./reasons.js";

export interface ReportHeader {
  /** 1 to 35 characters, different for each report. */
  readonly messageId: string;
  readonly createdMs: number;
}

const NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.11";
const ADDITIONAL_LENGTH_MAX = 105;
/** In place of an identification that the file does not have, as is usual between banks. */
const NOT_PROVIDED = "NOTPROVIDED";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#13;",
};

/** Text content. Characters that XML 1.0 cannot hold at all become a question mark. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
    .replace(/[&<>\r]/g, (character) => ESCAPES[character] as string);
}

/** Lines of one document, indented. */
class XmlLines {
  readonly #lines: string[] = ['<?xml version="1.0" encoding="UTF-8"?>'];
  #indent = "";

  /** An element with text; nothing where the text is undefined. */
  text(name: string, text: string | undefined, attribute = ""): void {
    if (text === undefined) return;
    this.#lines.push(`${this.#indent}<${name}${attribute}>${escaped(text)}</${name}>`);
  }

  element(name: string, content: () => void, attribute = ""): void {
    this.#lines.push(`${this.#indent}<${name}${attribute}>`);
    this.#indent += "  ";
    content();
    this.#indent = this.#indent.slice(2);
    this.#lines.push(`${this.#indent}</${name}>`);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

/** The report as text, in UTF-8 when it is written. */
export function writeStatusReport(report: ImportReport, header: ReportHeader): string {
  const { file, refusal, parts } = report;
  const xml = new XmlLines();
  const entries = parts.flatMap((part) => part.entries);
  const message = () => {
    xml.element("GrpHdr", () => {
      xml.text("MsgId", header.messageId);
      xml.text("CreDtTm", new Date(header.createdMs).toISOString());
    });
    xml.element("OrgnlGrpInfAndSts", () => {
      xml.text("OrgnlMsgId", identification(file.messageId) ?? NOT_PROVIDED);
      xml.text("OrgnlMsgNmId", file.messageName);
      xml.text("OrgnlCreDtTm", dateTime(file.createdAt));
      xml.text("OrgnlNbOfTxs", count(file.entryCount));
      xml.text("OrgnlCtrlSum", controlSum(file.controlSum));
      xml.text("GrpSts", refusal === undefined ? groupStatus(entries) : STATUS_CODES.rejected);
      if (refusal !== undefined) writeReason(xml, refusal);
      writeTotals(xml, entries);
    });
    // A refused file was not looked into further: its one reason stands above.
    if (refusal === undefined) for (const part of parts) writePart(xml, part);
  };
  const document = () => xml.element("CstmrPmtStsRpt", message);
  xml.element("Document", document, ` xmlns="${NAMESPACE}"`);
  return xml.toString();
}

function writePart(xml: XmlLines, { information, reason, entries }: ReportedPart): void {
  xml.element("OrgnlPmtInfAndSts", () => {
    xml.text("OrgnlPmtInfId", identification(information.paymentInformationId) ?? NOT_PROVIDED);
    xml.text("OrgnlNbOfTxs", count(information.entryCount));
    xml.text("OrgnlCtrlSum", controlSum(information.controlSum));
    xml.text("PmtInfSts", groupStatus(entries));
    if (reason !== undefined) writeReason(xml, reason);
    writeTotals(xml, entries);
    for (const entry of entries) writeEntry(xml, entry);
  });
}

function writeEntry(xml: XmlLines, { entry, paymentId, outcome }: ReportedEntry): void {
  xml.element("TxInfAndSts", () => {
    xml.text("StsId", paymentId === undefined ? undefined : toHex(paymentId));
    xml.text("OrgnlInstrId", identification(entry.instructionId));
    xml.text("OrgnlEndToEndId", identification(entry.endToEndId));
    xml.text("OrgnlUETR", uetr(entry.uetr));
    xml.text("TxSts", STATUS_CODES[outcome.status]);
    writeOutcome(xml, outcome);
    const { instructedAmount } = entry;
    const amount = parseDecimal(instructedAmount?.text ?? "");
    const currency = instructedAmount?.currency ?? "";
    const isAmount = amount !== undefined && amount.units >= 0n && fitsDigits(amount, 18, 5);
    if (isAmount && /^[A-Z]{3}$/.test(currency)) {
      xml.element("OrgnlTxRef", () =>
        xml.element("Amt", () => xml.text("InstdAmt", decimalText(amount), ` Ccy="${currency}"`)),
      );
    }
  });
}

function writeOutcome(xml: XmlLines, outcome: Outcome): void {
  if (outcome.status === "rejected") writeReason(xml, outcome.reason);
  else if (outcome.status === "pending") writeInformation(xml, undefined, [outcome.words]);
  else if (outcome.status !== "checked") {
    const lines = outcome.status === "alreadyPaid" ? ["paid by an earlier import"] : [];
    const { at } = outcome;
    if (at !== undefined) {
      lines.push(`txId ${at.txId}`);
      if (at.height !== undefined) lines.push(`height ${at.height} index ${at.index}`);
    }
    writeInformation(xml, undefined, lines);
  }
}

function writeReason(xml: XmlLines, { code, words }: Reason): void {
  writeInformation(xml, code, [words]);
}

function writeInformation(xml: XmlLines, code: string | undefined, lines: readonly string[]): void {
  xml.element("StsRsnInf", () => {
    if (code !== undefined) xml.element("Rsn", () => xml.text("Cd", code));
    for (const line of lines.flatMap(pieces)) xml.text("AddtlInf", line);
  });
}

/** Pieces of a sentence that fit, broken at spaces where there are any. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let rest = [...text.replace(/\s+/g, " ").trim()];
  while (rest.length > ADDITIONAL_LENGTH_MAX) {
    const space = rest.lastIndexOf(" ", ADDITIONAL_LENGTH_MAX);
    const cut = space > 0 ? space : ADDITIONAL_LENGTH_MAX;
    found.push(rest.slice(0, cut).join(""));
    rest = rest.slice(space > 0 ? cut + 1 : cut);
  }
  return rest.length === 0 ? found : [...found, rest.join("")];
}

/** Number and sum of the entries with each status. */
function writeTotals(xml: XmlLines, entries: readonly ReportedEntry[]): void {
  const totals = new Map<string, { count: number; sum: Decimal }>();
  for (const { entry, outcome } of entries) {
    const code = STATUS_CODES[outcome.status];
    const total = totals.get(code) ?? { count: 0, sum: ZERO };
    totals.set(code, total);
    total.count++;
    const amount = parseDecimal((entry.instructedAmount ?? entry.equivalentAmount)?.text ?? "");
    if (amount !== undefined) total.sum = addDecimals(total.sum, amount);
  }
  for (const [code, total] of [...totals].sort(([a], [b]) => (a < b ? -1 : 1))) {
    xml.element("NbOfTxsPerSts", () => {
      xml.text("DtldNbOfTxs", String(total.count));
      xml.text("DtldSts", code);
      if (fitsDigits(total.sum, 18, 17)) xml.text("DtldCtrlSum", decimalText(total.sum));
    });
  }
}

/** What the original says, where the report's schema takes it; a longer id by its beginning. */
function identification(text: string | undefined): string | undefined {
  return text === undefined ? undefined : [...text].slice(0, IDENTIFICATION_LENGTH_MAX).join("");
}

function count(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? text : undefined;
}

function controlSum(text: string | undefined): string | undefined {
  const value = parseDecimal(text ?? "");
  return value !== undefined && fitsDigits(value, 18, 17) ? decimalText(value) : undefined;
}

function uetr(text: string | undefined): string | undefined {
  const pattern = /^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$/;
  return text !== undefined && pattern.test(text) ? text : undefined;
}

/** An `xs:dateTime` that exists in the calendar. */
function dateTime(text: string | undefined): string | undefined {
  const match =
    /^([1-9]\d{3}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d)?$/.exec(
      text ?? "",
    );
  const day = match?.[1];
  if (day === undefined) return undefined;
  // 30 February would become 1 March.
  const parsed = new Date(`${day}T00:00:00Z`);
  const exists = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
  return exists ? text : undefined;
}
