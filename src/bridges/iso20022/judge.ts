/** Content of a file that can be judged from the file alone: counts, sums, dates, ids, amounts. */

import { toHex } from "../../base/bytes.js";
import {
  addDecimals,
  type Decimal,
  decimalText,
  equalDecimals,
  parseDecimal,
  ZERO,
} from "./decimal.js";
import type { CreditTransferEntry, CreditTransferFile, PaymentInformation } from "./pain001.js";
import { entryPaymentId, isIdentification } from "./paymentId.js";
import { type Reason, reason } from "./reasons.js";

/** An entry with all that its payment needs, in the terms of the file. */
export interface Instruction {
  readonly paymentId: Uint8Array;
  readonly endToEndId: string;
  /** Three capitals. */
  readonly currency: string;
  /** Above zero. */
  readonly amount: Decimal;
  readonly debtorAccount: string;
  readonly creditorAccount: string;
}

export type Judgement =
  | { readonly ok: true; readonly instruction: Instruction }
  | { readonly ok: false; readonly reason: Reason };

export interface JudgedEntry {
  readonly entry: CreditTransferEntry;
  readonly judgement: Judgement;
}

export interface JudgedPart {
  readonly information: PaymentInformation;
  /** Why none of its entries is paid. */
  readonly reason: Reason | undefined;
  readonly entries: readonly JudgedEntry[];
}

export interface JudgedFile {
  readonly file: CreditTransferFile;
  /** Why nothing of the file is paid. */
  readonly refusal: Reason | undefined;
  readonly parts: readonly JudgedPart[];
}

export interface JudgeOptions {
  /** Take a file although a stated number of entries is not theirs. */
  readonly acceptsCountMismatch: boolean;
  /** The latest date that is not in the future, as YYYY-MM-DD. */
  readonly today: string;
}

export function judgeFile(file: CreditTransferFile, options: JudgeOptions): JudgedFile {
  const refusal = whyRefused(file, options);
  const seen = new Map<string, string>();
  const parts = file.paymentInformations.map((information): JudgedPart => {
    const why = refusal ?? whyPartRejected(information, options);
    const entries = information.entries.map(
      (entry): JudgedEntry => ({
        entry,
        judgement:
          why === undefined
            ? judgeEntry(file, information, entry, seen)
            : { ok: false, reason: why },
      }),
    );
    return { information, reason: why, entries };
  });
  return { file, refusal, parts };
}

function whyRefused(file: CreditTransferFile, options: JudgeOptions): Reason | undefined {
  const { messageId, entryCount, controlSum } = file;
  const entries = file.paymentInformations.flatMap((information) => information.entries);
  if (messageId === undefined) return reason("CH21", "the header has no message id (MsgId)");
  if (!isIdentification(messageId)) {
    return reason("CH16", "the message id (MsgId) has more than 35 characters");
  }
  if (entries.length === 0) return reason("CH21", "the file has no entry (CdtTrfTxInf)");
  const declared = countOf(entryCount);
  if (declared === undefined) {
    return reason(
      "AM19",
      `the header must declare its number of entries (NbOfTxs); the file has ${entries.length}`,
    );
  }
  if (declared !== entries.length && !options.acceptsCountMismatch) {
    return reason(
      "AM19",
      `the header declares ${declared} entries (NbOfTxs), the file has ${entries.length}`,
    );
  }
  const wrong = whySumWrong(controlSum, entries);
  return wrong === undefined ? undefined : reason("AM16", `${wrong} (CtrlSum of the header)`);
}

function whyPartRejected(
  information: PaymentInformation,
  { acceptsCountMismatch, today }: JudgeOptions,
): Reason | undefined {
  const { paymentInformationId, method, entryCount, controlSum, executionDate, entries } =
    information;
  if (paymentInformationId === undefined) {
    return reason("CH21", "the payment information has no id (PmtInfId)");
  }
  if (!isIdentification(paymentInformationId)) {
    return reason("CH16", "the id of the payment information has more than 35 characters");
  }
  if (entries.length === 0) {
    return reason("CH21", "the payment information has no entry (CdtTrfTxInf)");
  }
  if (entryCount !== undefined) {
    const declared = countOf(entryCount);
    if (declared === undefined || (declared !== entries.length && !acceptsCountMismatch)) {
      const shown = declared ?? "no number of";
      return reason(
        "AM20",
        `the payment information declares ${shown} entries (NbOfTxs), it has ${entries.length}`,
      );
    }
  }
  const wrong = whySumWrong(controlSum, entries);
  if (wrong !== undefined) return reason("AM17", `${wrong} (CtrlSum of the payment information)`);
  if (method !== undefined && method !== "TRF" && method !== "TRA") {
    return reason("AG03", `payment method ${method.slice(0, 20)} is no transfer (TRF, TRA)`);
  }
  if (executionDate !== undefined) {
    const date = executionDate.slice(0, 10);
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) {
      return reason("DT01", "the requested execution date (ReqdExctnDt) is no date");
    }
    if (date > today) {
      return reason(
        "DT04",
        `the requested execution date ${date} is in the future; import it then`,
      );
    }
  }
  return undefined;
}

/** A count as written, or undefined if it is none. */
function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** In one sentence why `stated` is not the sum of all amounts, whatever their currencies are. */
function whySumWrong(
  stated: string | undefined,
  entries: readonly CreditTransferEntry[],
): string | undefined {
  if (stated === undefined) return undefined;
  const expected = parseDecimal(stated);
  if (expected === undefined) return "the control sum is no decimal number";
  let sum = ZERO;
  for (const { instructedAmount, equivalentAmount, line } of entries) {
    const amount = parseDecimal((instructedAmount ?? equivalentAmount)?.text ?? "");
    if (amount === undefined) {
      return `the control sum cannot be checked: the entry at line ${line} has no readable amount`;
    }
    sum = addDecimals(sum, amount);
  }
  if (equalDecimals(sum, expected)) return undefined;
  return `the control sum is ${decimalText(expected)}, the amounts add up to ${decimalText(sum)}`;
}

function rejected(why: Reason): Judgement {
  return { ok: false, reason: why };
}

function judgeEntry(
  file: CreditTransferFile,
  information: PaymentInformation,
  entry: CreditTransferEntry,
  seen: Map<string, string>,
): Judgement {
  const { endToEndId, creditorAccount } = entry;
  const { debtorAccount } = information;
  if (endToEndId === undefined) {
    return rejected(reason("FF08", "the entry has no end to end id (EndToEndId)"));
  }
  if (!isIdentification(endToEndId)) {
    return rejected(reason("FF08", "the end to end id (EndToEndId) has more than 35 characters"));
  }
  const money = judgeAmount(entry);
  if ("reason" in money) return rejected(money.reason);
  const { currency, amount } = money;
  if (debtorAccount === undefined) {
    return rejected(reason("AC02", "the debtor has no account with an IBAN or another id"));
  }
  if (creditorAccount === undefined) {
    return rejected(reason("AC03", "the creditor has no account with an IBAN or another id"));
  }
  const paymentId = entryPaymentId({
    // Checked for the file and the part that the entry is in.
    messageId: file.messageId as string,
    paymentInformationId: information.paymentInformationId as string,
    endToEndId,
  });
  const content = JSON.stringify([debtorAccount, creditorAccount, currency, decimalText(amount)]);
  const key = toHex(paymentId);
  const before = seen.get(key);
  if (before === undefined) seen.set(key, content);
  else if (before === content) {
    const words = "the file has this entry before, with the same ids and the same content";
    return rejected(reason("AM05", words));
  } else {
    const words = "the file has another entry with these ids (PmtInfId, EndToEndId) before";
    return rejected(reason("DU04", words));
  }
  return {
    ok: true,
    instruction: { paymentId, endToEndId, currency, amount, debtorAccount, creditorAccount },
  };
}

function judgeAmount(
  entry: CreditTransferEntry,
): { readonly currency: string; readonly amount: Decimal } | { readonly reason: Reason } {
  const { instructedAmount, equivalentAmount, transferCurrency } = entry;
  if (equivalentAmount !== undefined) {
    const { text, currency = "?" } = equivalentAmount;
    const words =
      `an equivalent amount (${currency.slice(0, 3)} ${text.slice(0, 20)} to be transferred in ` +
      `${(transferCurrency ?? "?").slice(0, 3)}) is not supported: instruct the amount itself (InstdAmt)`;
    return { reason: reason("AM03", words) };
  }
  if (instructedAmount === undefined) {
    return { reason: reason("AM12", "the entry has no amount (InstdAmt)") };
  }
  const { text, currency } = instructedAmount;
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) {
    return { reason: reason("AM11", "the amount has no currency of three capitals (Ccy)") };
  }
  const amount = parseDecimal(text);
  if (amount === undefined || amount.units < 0n) {
    return { reason: reason("AM12", "the amount is no decimal number from zero up") };
  }
  if (amount.units === 0n) return { reason: reason("AM01", "the amount is zero") };
  return { currency, amount };
}
