// Goal: what others wrote into a payment cannot make a terminal do anything.
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Output, plain } from "../../../src/cli/output.js";

function written(isJson: boolean, work: (output: Output) => void): string {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  work(new Output(isJson, stdout, stderr));
  return `${String(stdout.read() ?? "")}${String(stderr.read() ?? "")}`;
}

const REFERENCE = "invoice\u001b]0;owned\u0007\u009b2J\u202e7\r\nnext\tcell";

test("control characters and marks of direction are replaced; lines and tabs stay", () => {
  expect(plain(REFERENCE)).toBe("invoice\ufffd]0;owned\ufffd\ufffd2J\ufffd7\ufffd\nnext\tcell");
  expect(plain("Zürich – 联盟 🧾")).toBe("Zürich – 联盟 🧾");
});

test("every way of writing does so, and JSON stays whole", () => {
  const shown = [
    written(false, (output) => output.result({}, REFERENCE)),
    written(false, (output) => output.remark(REFERENCE)),
    written(false, (output) => output.failure(new Error(REFERENCE))),
  ];
  for (const text of shown) {
    for (const character of "\u001b\u0007\u009b\u202e\r") expect(text).not.toContain(character);
  }
  const json = written(true, (output) => output.result({ reference: REFERENCE }, "")).trim();
  expect(json).not.toContain("\u001b");
  expect(JSON.parse(json)).toEqual({ reference: REFERENCE });
});
