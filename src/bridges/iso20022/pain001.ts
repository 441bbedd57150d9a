/**
 * Customer credit transfer initiation, pain.001.001.03 to .12 and national flavours of these. What
 * is read is what a payment needs; versions differ in other parts only. The reader checks form;
 * `judge.ts` checks content.
 */

import { LIMITS } from "../../base/limits.js";
import { iso20022Error } from "./errors.js";
import { type AttributeReader, type ElementRule, readXml } from "./xmlReader.js";

/** An amount as it is written. */
export interface WrittenAmount {
  readonly text: string;
  readonly currency: string | undefined;
}

/** `CdtTrfTxInf`. Texts are without surrounding white space; absent or empty ones are undefined. */
export interface CreditTransferEntry {
  readonly instructionId: string | undefined;
  readonly endToEndId: string | undefined;
  readonly uetr: string | undefined;
  readonly instructedAmount: WrittenAmount | undefined;
  /** An amount in one currency, to be transferred in another one. */
  readonly equivalentAmount: WrittenAmount | undefined;
  readonly transferCurrency: string | undefined;
  /** IBAN, or `Othr/Id`. */
  readonly creditorAccount: string | undefined;
  /** Line where it begins. */
  readonly line: number;
}

/** `PmtInf`: entries of one debtor. */
export interface PaymentInformation {
  readonly paymentInformationId: string | undefined;
  readonly method: string | undefined;
  readonly entryCount: string | undefined;
  readonly controlSum: string | undefined;
  /** Date or date and time, as written. */
  readonly executionDate: string | undefined;
  readonly debtorAccount: string | undefined;
  readonly entries: readonly CreditTransferEntry[];
}

export interface CreditTransferFile {
  /** `pain.001.001.NN`. */
  readonly messageName: string;
  readonly messageId: string | undefined;
  readonly createdAt: string | undefined;
  readonly entryCount: string | undefined;
  readonly controlSum: string | undefined;
  readonly paymentInformations: readonly PaymentInformation[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutablePaymentInformation = Mutable<Omit<PaymentInformation, "entries">> & {
  readonly entries: Mutable<CreditTransferEntry>[];
};

const VERSION_MIN = 3;
const VERSION_MAX = 12;

/** The message's name in a namespace, ISO's own or that of a national flavour. */
function messageNameOf(namespace: string): string {
  const version = /(?:^|[:/])pain\.001\.001\.(\d\d)(?!\d)/.exec(namespace)?.[1];
  const number = Number(version);
  if (version === undefined || number < VERSION_MIN || number > VERSION_MAX) {
    const shown = namespace === "" ? "none" : namespace.slice(0, 100);
    throw new Error(
      `this is no pain.001.001.03 to pain.001.001.12, the credit transfers read here; its namespace is ${shown}`,
    );
  }
  return `pain.001.001.${version}`;
}

/** `Id` of an account: an IBAN or another identification, of which only the text counts. */
function accountRule(set: (account: string) => void): ElementRule {
  return {
    children: {
      Id: {
        choice: true,
        children: { IBAN: { text: set }, Othr: { children: { Id: { text: set } } } },
      },
    },
  };
}

function amountRule(set: (amount: WrittenAmount) => void): ElementRule {
  let currency: string | undefined;
  return {
    open: (attribute: AttributeReader) => {
      currency = attribute("Ccy")?.trim();
    },
    text: (text) => set({ text, currency }),
  };
}

/**
 * Reads a file.
 *
 * @throws {Iso20022Error} XML_MALFORMED, MESSAGE_UNSUPPORTED or MESSAGE_TOO_LARGE, with line and
 * column, whatever the bytes are.
 */
export function readCreditTransfers(bytes: Uint8Array): CreditTransferFile {
  let messageName = "";
  let entryTotal = 0;
  let hasMessage = false;
  const header: Mutable<Omit<CreditTransferFile, "messageName" | "paymentInformations">> = {
    messageId: undefined,
    createdAt: undefined,
    entryCount: undefined,
    controlSum: undefined,
  };
  const paymentInformations: MutablePaymentInformation[] = [];
  // Rules are made once; these are what they write to.
  let payment = newPaymentInformation();
  let entry = newEntry(0);

  const entryRule: ElementRule = {
    many: true,
    open: (_attributes, at) => {
      entryTotal++;
      if (entryTotal > LIMITS.paymentFileEntriesMax) {
        const words = `the file has more than ${LIMITS.paymentFileEntriesMax} entries; split it`;
        throw iso20022Error("MESSAGE_TOO_LARGE", words, at);
      }
      entry = newEntry(at.line);
      payment.entries.push(entry);
    },
    children: {
      PmtId: {
        children: {
          InstrId: { text: (text) => (entry.instructionId = text) },
          EndToEndId: { text: (text) => (entry.endToEndId = text) },
          UETR: { text: (text) => (entry.uetr = text) },
        },
      },
      Amt: {
        choice: true,
        children: {
          InstdAmt: amountRule((amount) => (entry.instructedAmount = amount)),
          EqvtAmt: {
            children: {
              Amt: amountRule((amount) => (entry.equivalentAmount = amount)),
              CcyOfTrf: { text: (text) => (entry.transferCurrency = text) },
            },
          },
        },
      },
      CdtrAcct: accountRule((account) => (entry.creditorAccount = account)),
    },
  };
  const setDate = (text: string) => {
    payment.executionDate = text;
  };
  const paymentRule: ElementRule = {
    many: true,
    open: (_attributes, at) => {
      // An empty PmtInf is no valid message, but it must not be unbounded either.
      if (paymentInformations.length >= LIMITS.paymentFileEntriesMax) {
        const words = `the file has more than ${LIMITS.paymentFileEntriesMax} parts (PmtInf); split it`;
        throw iso20022Error("MESSAGE_TOO_LARGE", words, at);
      }
      payment = newPaymentInformation();
      paymentInformations.push(payment);
    },
    children: {
      PmtInfId: { text: (text) => (payment.paymentInformationId = text) },
      PmtMtd: { text: (text) => (payment.method = text) },
      NbOfTxs: { text: (text) => (payment.entryCount = text) },
      CtrlSum: { text: (text) => (payment.controlSum = text) },
      // A date until version 07, a choice of date and date with time since 08.
      ReqdExctnDt: {
        choice: true,
        text: setDate,
        children: { Dt: { text: setDate }, DtTm: { text: setDate } },
      },
      DbtrAcct: accountRule((account) => (payment.debtorAccount = account)),
      CdtTrfTxInf: entryRule,
    },
  };
  readXml(bytes, {
    root: "Document",
    checkNamespace: (uri) => {
      messageName = messageNameOf(uri);
    },
    rule: {
      children: {
        CstmrCdtTrfInitn: {
          open: () => {
            hasMessage = true;
          },
          children: {
            GrpHdr: {
              children: {
                MsgId: { text: (text) => (header.messageId = text) },
                CreDtTm: { text: (text) => (header.createdAt = text) },
                NbOfTxs: { text: (text) => (header.entryCount = text) },
                CtrlSum: { text: (text) => (header.controlSum = text) },
              },
            },
            PmtInf: paymentRule,
          },
        },
      },
    },
  });
  if (!hasMessage) {
    const words = "the document has no customer credit transfer (CstmrCdtTrfInitn)";
    throw iso20022Error("MESSAGE_UNSUPPORTED", words);
  }
  return { messageName, ...header, paymentInformations };
}

function newPaymentInformation(): MutablePaymentInformation {
  return {
    paymentInformationId: undefined,
    method: undefined,
    entryCount: undefined,
    controlSum: undefined,
    executionDate: undefined,
    debtorAccount: undefined,
    entries: [],
  };
}

function newEntry(line: number): Mutable<CreditTransferEntry> {
  return {
    instructionId: undefined,
    endToEndId: undefined,
    uetr: undefined,
    instructedAmount: undefined,
    equivalentAmount: undefined,
    transferCurrency: undefined,
    creditorAccount: undefined,
    line,
  };
}
