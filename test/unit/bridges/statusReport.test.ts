// Goal: ISO-10, the report is valid whatever the file says, and says what became of each entry.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.js";
import {
  type Directory,
  type ImportReport,
  judgeFile,
  type Outcome,
  type Payer,
  REASON_CODES,
  readCreditTransfers,
  runImport,
  writeStatusReport,
} from "../../../src/bridges/iso20022/index.js";
import { reasonOfResult } from "../../../src/bridges/iso20022/reasons.js";
import { RESULT_CODES } from "../../../src/declarations/resultCodes.js";
import { testDataPath } from "../../support/data.js";
import { schemaErrors } from "../../support/isoSchema.js";
import { entryXml, fileXml, partXml } from "../../support/pain001Files.js";

const directory: Directory = {
  debtorOf: (account) => (account === "DEBTOR" ? "fa1debtor" : undefined),
  creditorOf: () => "fa1creditor",
  scaleOf: () => 2,
};
const HEADER = { messageId: "R-1", createdMs: 1_780_000_000_000 };
const TX = "ab".repeat(32);

const judge = (xml: string | Uint8Array) =>
  judgeFile(readCreditTransfers(typeof xml === "string" ? utf8(xml) : xml), {
    acceptsCountMismatch: true,
    today: "2026-02-01",
  });

/** A payer whose outcomes are given by end to end id; any other entry is paid. */
function payerOf(outcomes: Readonly<Record<string, Outcome>>): Payer {
  return {
    pay: async ({ reference }) =>
      outcomes[String(reference.value)] ?? {
        status: "paid",
        at: { txId: TX, height: 7, index: 3 },
      },
    close: () => {},
  };
}

function pay(xml: string, outcomes: Readonly<Record<string, Outcome>> = {}): Promise<ImportReport> {
  return runImport(judge(xml), { directory, openPayer: async () => payerOf(outcomes) });
}

/** Text of each element with this name, in order. */
function all(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, "g"))].map(
    (match) => match[1] as string,
  );
}

const three = ["A", "B", "C"].map((id) => entryXml({ id, amount: "1.00" }));

describe("the content of a report (ISO-10)", () => {
  test("everything paid", async () => {
    const report = await pay(fileXml({ sum: "3.00", parts: [partXml({ entries: three })] }));
    const xml = writeStatusReport(report, HEADER);
    expect(all(xml, "OrgnlMsgId")).toEqual(["M-1"]);
    expect(all(xml, "OrgnlMsgNmId")).toEqual(["pain.001.001.09"]);
    expect([...all(xml, "GrpSts"), ...all(xml, "PmtInfSts")]).toEqual(["ACSC", "ACSC"]);
    expect(all(xml, "OrgnlEndToEndId")).toEqual(["A", "B", "C"]);
    expect(all(xml, "TxSts")).toEqual(["ACSC", "ACSC", "ACSC"]);
    expect(all(xml, "AddtlInf")).toEqual(
      Array(3)
        .fill([`txId ${TX}`, "height 7 index 3"])
        .flat(),
    );
    expect(all(xml, "DtldNbOfTxs")).toEqual(["3", "3"]);
    expect(all(xml, "DtldCtrlSum")).toEqual(["3", "3"]);
  });

  test("each outcome of an entry", async () => {
    const outcomes: Record<string, Outcome> = {
      A: { status: "alreadyPaid", at: undefined },
      B: { status: "rejected", reason: { code: "AM04", words: "not <enough> & so on" } },
    };
    const report = await pay(fileXml({ parts: [partXml({ entries: three })] }), outcomes);
    const xml = writeStatusReport(report, HEADER);
    expect(all(xml, "GrpSts")).toEqual(["PART"]);
    expect(all(xml, "TxSts")).toEqual(["ACSC", "RJCT", "ACSC"]);
    expect(all(xml, "Cd")).toEqual(["AM04"]);
    expect(all(xml, "AddtlInf").slice(0, 2)).toEqual([
      "paid by an earlier import",
      "not &lt;enough&gt; &amp; so on",
    ]);
  });

  test("a refused file has one reason and no entries", async () => {
    const report = await pay(fileXml({ sum: "9", parts: [partXml({ entries: three })] }));
    const xml = writeStatusReport(report, HEADER);
    expect([all(xml, "GrpSts"), all(xml, "Cd"), all(xml, "DtldNbOfTxs")]).toEqual([
      ["RJCT"],
      ["AM16"],
      ["3"],
    ]);
    expect(xml).not.toContain("OrgnlPmtInfAndSts");
  });
});

describe("running an import", () => {
  const parts = [
    partXml({ id: "P-1", entries: three }),
    partXml({ id: "P-2", debtor: "UNKNOWN", entries: [entryXml()] }),
  ];

  test("a dry run opens no session; unknown accounts reject their entries only", async () => {
    const report = await runImport(judge(fileXml({ parts })), { directory, openPayer: undefined });
    const statuses = report.parts.map(({ entries }) => entries.map((item) => item.outcome.status));
    expect(statuses).toEqual([["checked", "checked", "checked"], ["rejected"]]);
    expect(all(writeStatusReport(report, HEADER), "TxSts")).toEqual([
      ...["ACTC", "ACTC", "ACTC"],
      "RJCT",
    ]);
  });

  test("no session for the first debtor: it fails, since nothing was paid", async () => {
    const openPayer = () => Promise.reject(new Error("no node"));
    await expect(runImport(judge(fileXml({ parts })), { directory, openPayer })).rejects.toThrow(
      "no node",
    );
  });

  test("no session for a later one: its entries are pending, the others reported", async () => {
    const two = [
      partXml({ id: "P-1", debtor: "ONE", entries: [entryXml()] }),
      partXml({ id: "P-2", debtor: "TWO", entries: [entryXml()] }),
    ];
    const report = await runImport(judge(fileXml({ parts: two })), {
      directory: { ...directory, debtorOf: (account) => account },
      openPayer: async (debtor) => {
        if (debtor === "TWO") throw new Error("node gone");
        return payerOf({});
      },
    });
    const xml = writeStatusReport(report, HEADER);
    expect(all(xml, "PmtInfSts")).toEqual(["ACSC", "PDNG"]);
    expect(all(xml, "AddtlInf").at(-1)).toBe("not sent: node gone; import the file again");
  });

  test("one that cannot be settled ends the run; what was not sent is pending", async () => {
    const entries = Array.from({ length: 600 }, (_, i) => entryXml({ id: `E${i}` }));
    let sent = 0;
    const report = await runImport(judge(fileXml({ parts: [partXml({ entries })] })), {
      directory,
      openPayer: async () => ({
        pay: async () => {
          sent++;
          return { status: "pending", words: "no answer" };
        },
        close: () => {},
      }),
    });
    expect(sent).toBe(256);
    const words = report.parts[0]?.entries.map(({ outcome }) =>
      outcome.status === "pending" ? outcome.words : outcome.status,
    );
    expect(words?.filter((text) => text === "no answer")).toHaveLength(256);
    expect(words?.at(-1)).toBe("not sent; import the file again");
  });

  test("a stop sends nothing new and waits for what is on its way", async () => {
    const stop = new AbortController();
    const paid: unknown[] = [];
    const entries = Array.from({ length: 600 }, (_, i) => entryXml({ id: `E${i}` }));
    const report = await runImport(judge(fileXml({ parts: [partXml({ entries })] })), {
      directory,
      signal: stop.signal,
      openPayer: async () => ({
        pay: async ({ reference }) => {
          await Promise.resolve();
          stop.abort();
          paid.push(reference.value);
          return { status: "paid", at: { txId: TX } };
        },
        close: () => {},
      }),
    });
    const settled = report.parts[0]?.entries.filter(({ outcome }) => outcome.status === "paid");
    expect(settled?.map(({ entry }) => entry.endToEndId)).toEqual(paid);
    expect(paid).toHaveLength(256);
  });
});

test("every result code of the ledger has a reason of the code set", () => {
  for (const name of Object.keys(RESULT_CODES)) {
    expect(Object.keys(REASON_CODES)).toContain(reasonOfResult(name).code);
  }
  const codes = ["INSUFFICIENT_BALANCE", "FROZEN", "LIMIT_EXCEEDED", "REFERENCE_REQUIRED"].map(
    (name) => reasonOfResult(name).code,
  );
  expect(codes).toEqual(["AM04", "AC06", "AM14", "FF08"]);
  expect(reasonOfResult("SOMETHING_NEW").code).toBe("NARR");
});

const schema = testDataPath("iso20022", "xsd", "pain.002.001.11.xsd");
const samples = ["musterfile_pain.001_Nov2020.xml", "sepa_payment_naujas_1.xml"].map((name) =>
  testDataPath("iso20022", name),
);

describe("validity by the schema", () => {
  test("reports of samples and of hostile content", async ({ skip }) => {
    if (schema === undefined) return noData(skip);
    const odd = [
      entryXml({ id: "x".repeat(80), amount: "9".repeat(19), creditor: "c".repeat(200) }),
      entryXml({ idXml: "<UETR>not-a-uetr</UETR>", amount: "0.000001" }),
      entryXml({ id: "&lt;&amp;&gt;&#13;&#x85;\u{1f600}", currency: "E", amount: "-1" }),
      entryXml({ idXml: "<UETR>8a562c67-ca16-48ba-b074-65581be6f001</UETR>" }),
    ];
    const files = [
      fileXml({ messageId: "", count: "many", parts: [partXml({ id: "", entries: odd })] }),
      fileXml({ messageId: "m".repeat(99), sum: "1", parts: [partXml({ entries: odd })] }),
      fileXml({ sum: "9".repeat(30), count: "9".repeat(20), parts: [partXml({ entries: three })] }),
      fileXml({ parts: [partXml({ id: "p".repeat(99), entries: odd })] }),
      fileXml({ parts: [partXml({ more: "<NbOfTxs>-1</NbOfTxs>", entries: odd })] }),
      fileXml({ parts: [partXml({ entries: odd }), partXml({ entries: [] })] }),
      fileXml({ parts: [] }),
      ...[
        "2026-02-30T10:00:00",
        "0000-01-01T00:00:00",
        "yesterday",
        "2026-01-01T10:00:00.5+02:00",
      ].map((date) =>
        fileXml({ parts: [partXml({ entries: three })] }).replace("2026-01-31T10:00:00", date),
      ),
      ...samples.map((path) => (path === undefined ? "" : readFileSync(path, "utf8"))),
    ].filter((xml) => xml !== "");
    const written: string[] = [];
    for (const file of files) {
      const reports = [
        await pay(file, { A: { status: "pending", words: "\u0000 no answer ".repeat(30) } }),
        await runImport(judge(file), { directory, openPayer: undefined }),
      ];
      written.push(...reports.map((report) => writeStatusReport(report, HEADER)));
    }
    expect(await schemaErrors(schema, written)).toEqual([]);
  }, 60_000);

  test("reports of any texts", async ({ skip }) => {
    if (schema === undefined) return noData(skip);
    const text = fc
      .string({ unit: "grapheme", maxLength: 120 })
      .map((value) => value.replace(/[&<>\p{Cc}\ufffe\uffff]/gu, "_"));
    // Validated in one run of the validator: it reads the schema anew each time.
    const written: string[] = [];
    for (const [messageId, id, amount, words] of fc.sample(fc.tuple(text, text, text, text), 200)) {
      const parts = [partXml({ id, entries: [entryXml({ amount, id: messageId })] })];
      const good = partXml({ id: "good", entries: [entryXml({ id: "A" })] });
      const report = await pay(fileXml({ messageId, parts: [...parts, good] }), {
        A: { status: "rejected", reason: { code: "NARR", words: `a${words}` } },
      });
      written.push(writeStatusReport(report, HEADER));
    }
    expect(await schemaErrors(schema, written)).toEqual([]);
  }, 60_000);
});

function noData(skip: (note: string) => void): void {
  expect(process.env.CI, "the test data is needed where CI is set").not.toBe("true");
  skip("the ISO 20022 schemas are not there: set FONDACO_TEST_DATA");
}
