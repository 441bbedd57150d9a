// Goal: files are read as what they say or refused with their place; no bytes break the reader.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { Iso20022Error, readCreditTransfers } from "../../../src/bridges/iso20022/index.js";
import { testDataPath } from "../../support/data.js";
import { entryXml, fileXml, partXml } from "../../support/pain001Files.js";

function refusalOf(content: string | Uint8Array): Iso20022Error {
  try {
    readCreditTransfers(typeof content === "string" ? utf8(content) : content);
  } catch (error) {
    if (error instanceof Iso20022Error) return error;
    throw error;
  }
  throw new Error("the file was taken");
}

const read = (xml: string) => readCreditTransfers(utf8(xml));
const oneEntry = partXml({ entries: [entryXml()] });

describe("reading pain.001", () => {
  test("what a payment needs", () => {
    const xml = fileXml({ sum: "1.00", parts: [oneEntry] });
    expect(read(xml)).toEqual({
      messageName: "pain.001.001.09",
      messageId: "M-1",
      createdAt: "2026-01-31T10:00:00",
      entryCount: "1",
      controlSum: "1.00",
      paymentInformations: [
        {
          paymentInformationId: "P-1",
          method: undefined,
          entryCount: undefined,
          controlSum: undefined,
          executionDate: undefined,
          debtorAccount: "DEBTOR",
          entries: [
            {
              instructionId: undefined,
              endToEndId: "E-1",
              uetr: undefined,
              instructedAmount: { text: "1.00", currency: "EUR" },
              equivalentAmount: undefined,
              transferCurrency: undefined,
              creditorAccount: "CREDITOR",
              line: 5,
            },
          ],
        },
      ],
    });
  });

  test("byte order mark, CDATA, references, comments, prefixes, both forms of the date", () => {
    const entry = entryXml({ id: "<!-- no -->A&amp;<![CDATA[<B>]]>&#x43;" });
    const parts = [
      partXml({ more: "<ReqdExctnDt>2026-02-01</ReqdExctnDt>", entries: [entry] }),
      partXml({ more: "<ReqdExctnDt> <Dt>2026-02-02</Dt> </ReqdExctnDt>", entries: [] }),
    ];
    const file = read(`\ufeff${fileXml({ parts })}`);
    expect(file.paymentInformations.map(({ executionDate }) => executionDate)).toEqual([
      "2026-02-01",
      "2026-02-02",
    ]);
    expect(file.paymentInformations[0]?.entries[0]?.endToEndId).toBe("A&<B>C");
    const prefixed = fileXml({ parts: [oneEntry] })
      .replaceAll(/<(\/?)(?=[A-Z])/g, "<$1p:")
      .replace("xmlns=", "xmlns:p=");
    expect(read(prefixed)).toEqual(read(fileXml({ parts: [oneEntry] })));
  });

  test("elements of another namespace are not the message's", () => {
    const foreign = '<SplmtryData xmlns="urn:other"><PmtInfId>x</PmtInfId></SplmtryData>';
    const file = read(fileXml({ parts: [partXml({ more: foreign, entries: [entryXml()] })] }));
    expect(file.paymentInformations[0]?.paymentInformationId).toBe("P-1");
  });

  test("versions 03 to 12 and flavours of them; nothing else", () => {
    const withNamespace = (namespace: string) => fileXml({ namespace, parts: [oneEntry] });
    const taken = [
      "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03",
      "urn:iso:std:iso:20022:tech:xsd:pain.001.001.12",
      "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd",
    ];
    expect(taken.map((uri) => read(withNamespace(uri)).messageName)).toEqual([
      "pain.001.001.03",
      "pain.001.001.12",
      "pain.001.001.03",
    ]);
    for (const uri of [
      "pain.001.001.02",
      "pain.001.001.13",
      "pain.001.001.031",
      "pain.008.001.02",
    ]) {
      const error = refusalOf(withNamespace(`urn:iso:std:iso:20022:tech:xsd:${uri}`));
      expect(error.code).toBe("MESSAGE_UNSUPPORTED");
    }
    expect(refusalOf("<Document/>").message).toContain("namespace is none");
    expect(refusalOf('<Doc xmlns="urn:pain.001.001.03"/>').code).toBe("MESSAGE_UNSUPPORTED");
    expect(refusalOf('<Document xmlns="urn:x:pain.001.001.03"/>').message).toContain(
      "no customer credit transfer",
    );
  });

  test("ISO-8: DTDs and entities are refused, wherever they point", () => {
    const body = fileXml({ parts: [partXml({ entries: [entryXml({ id: "&x;" })] })] });
    const withType = (type: string) => body.replace("?>\n", `?>\n<!DOCTYPE Document ${type}>`);
    for (const type of [
      '[<!ENTITY x SYSTEM "file:///etc/passwd">]',
      '[<!ENTITY a "aaaa"><!ENTITY x "&a;&a;&a;&a;">]',
      'SYSTEM "http://127.0.0.1/evil.dtd"',
      "",
    ]) {
      const error = refusalOf(withType(type));
      expect(error.code).toBe("MESSAGE_UNSUPPORTED");
      expect(error.message).toContain("DTD");
    }
    const error = refusalOf(body);
    expect(error.message).toMatch(
      /^line 5, column \d+: this is no well-formed XML: undefined entity/,
    );
  });

  test("ISO-8: malformed XML is one sentence with its place", () => {
    const good = fileXml({ parts: [oneEntry] });
    const cut = refusalOf(good.slice(0, -20));
    expect(cut.code).toBe("XML_MALFORMED");
    expect(cut.message).toMatch(/^line 7, column \d+: /);
    expect(cut.message).not.toContain("\n");
    expect(refusalOf("").message).toContain("line 1, column 1");
    expect(refusalOf(good.replace("</PmtId>", "</Pmt>")).detail).toMatchObject({ line: 5 });
    expect(refusalOf(`${good}<more/>`).code).toBe("XML_MALFORMED");
  });

  test("bytes that are no UTF-8, and other encodings, have their place too", () => {
    const bytes = utf8(fileXml({ parts: [partXml({ entries: [entryXml({ id: "@" })] })] }));
    bytes[bytes.indexOf("@".charCodeAt(0))] = 0xff;
    const error = refusalOf(bytes);
    expect(error.message).toMatch(/^line 5, column \d+: here the file has bytes that are no UTF-8/);
    const latin = fileXml({ parts: [oneEntry] }).replace("UTF-8", "ISO-8859-1");
    expect(refusalOf(latin).message).toContain("ISO-8859-1");
  });

  test("ISO-8: depth, texts, entries and size are bounded", () => {
    const open = "<a>".repeat(LIMITS.paymentFileDepthMax);
    const deep = fileXml({ parts: [open + open.replaceAll("<", "</")] });
    const long = fileXml({
      parts: [partXml({ id: "x".repeat(LIMITS.paymentFileTextLengthMax + 1), entries: [] })],
    });
    const many = fileXml({
      parts: [`<PmtInf>${"<CdtTrfTxInf/>".repeat(LIMITS.paymentFileEntriesMax + 1)}</PmtInf>`],
    });
    const large = new Uint8Array(LIMITS.paymentFileSizeBytesMax + 1);
    for (const content of [deep, long, many, large]) {
      expect(refusalOf(content).code).toBe("MESSAGE_TOO_LARGE");
    }
  });

  test("ISO-9: what may occur once does not occur twice", () => {
    const good = fileXml({ parts: [oneEntry] });
    const twice = [
      good.replace(/(<InstdAmt.*?<\/InstdAmt>)/, "$1$1"),
      good.replace(/(<Amt>.*?<\/Amt>)/, "$1$1"),
      good.replace(/(<CdtrAcct>.*?<\/CdtrAcct>)/, "$1$1"),
      good.replace("<IBAN>DEBTOR</IBAN>", "<IBAN>A</IBAN><Othr><Id>B</Id></Othr>"),
      good.replace(/(<InstdAmt.*?<\/InstdAmt>)/, "$1<EqvtAmt/>"),
      good.replace(/(<GrpHdr>.*?<\/GrpHdr>)/, "$1$1"),
      good.replace("<EndToEndId>E-1", "<EndToEndId>E-1<x/>"),
    ];
    for (const xml of twice) {
      expect(xml).not.toBe(good);
      expect(refusalOf(xml).code).toBe("XML_MALFORMED");
    }
  });

  test("any bytes are read or refused, never anything else", () => {
    const good = utf8(fileXml({ sum: "1.00", parts: [oneEntry] }));
    const attempt = (bytes: Uint8Array) => {
      try {
        readCreditTransfers(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Iso20022Error);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 500 });
    const markup = fc.constantFrom(
      ...["<", ">", "/", "&", "&#x0;", "<!", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", '"'],
      ...["=", "xmlns", ":", "a", " ", "Document", "\u0000", "\r", "\ud800", "<!DOCTYPE", "["],
    );
    const soup = fc.array(markup, { maxLength: 40 }).map((parts) => utf8(parts.join("")));
    fc.assert(fc.property(soup, attempt), { numRuns: 1_000 });
    const change = fc.record({
      at: fc.nat(good.length - 1),
      remove: fc.nat(12),
      insert: fc.oneof(soup, fc.uint8Array({ maxLength: 8 })),
    });
    fc.assert(
      fc.property(change, ({ at, remove, insert }) =>
        attempt(Uint8Array.from([...good.slice(0, at), ...insert, ...good.slice(at + remove)])),
      ),
      { numRuns: 1_000 },
    );
  });
});

const sepa = testDataPath("iso20022", "sepa_payment_naujas_1.xml");
const swiss = testDataPath("iso20022", "musterfile_pain.001_Nov2020.xml");

describe("published samples", () => {
  test("a SEPA file", ({ skip }) => {
    if (sepa === undefined) return noData(skip);
    const file = readCreditTransfers(readFileSync(sepa));
    expect(file).toMatchObject({ messageId: "MSGID0001", entryCount: "1", controlSum: "99.99" });
    expect(file.paymentInformations).toMatchObject([
      {
        paymentInformationId: "201708230001",
        debtorAccount: "LT007180000000000000",
        executionDate: "2017-08-23",
        entries: [
          {
            endToEndId: "EndToEndId0001",
            instructedAmount: { text: "99.99", currency: "EUR" },
            creditorAccount: "LT007400000000000000",
          },
        ],
      },
    ]);
  });

  test("a Swiss file", ({ skip }) => {
    if (swiss === undefined) return noData(skip);
    const file = readCreditTransfers(readFileSync(swiss));
    expect(file).toMatchObject({ messageName: "pain.001.001.03", entryCount: "7" });
    const entries = file.paymentInformations.flatMap((information) => information.entries);
    expect(entries.map(({ creditorAccount }) => creditorAccount)).toEqual([
      "CH5109000000250092291",
      "014295803",
      "CH2909000000250094239",
      "CH5109000000250092291",
      "CH010023512312312365L",
      "IT1122334455667788991122334",
      "CH7730000001250094239",
      "CH5109000000250092291",
    ]);
    expect(entries[5]).toMatchObject({
      equivalentAmount: { text: "1", currency: "CHF" },
      transferCurrency: "EUR",
    });
  });
});

function noData(skip: (note: string) => void): void {
  expect(process.env.CI, "the test data is needed where CI is set").not.toBe("true");
  skip("the ISO 20022 samples are not there: set FONDACO_TEST_DATA");
}
