/**
 * Reads chosen elements of an XML message, as a stream. What a message consists of is a tree of
 * {@link ElementRule}; elements that it does not name are skipped with all that they contain.
 *
 * Strict where being lenient would let one file have two meanings: a rule's element occurs once
 * unless the rule says `many`, text elements contain text only, everything is in one namespace.
 * DTDs are refused, so no entity can be declared: neither expansion nor external access exists.
 */

import { SaxesParser } from "saxes";
import { messageOf } from "../../base/errors.js";
import { LIMITS } from "../../base/limits.js";
import { Iso20022Error, type Iso20022ErrorCode, iso20022Error, type Place } from "./errors.js";

/** Value of an attribute without namespace prefix. */
export type AttributeReader = (name: string) => string | undefined;

/** What to do with one element. Names are local names. */
export interface ElementRule {
  readonly children?: Readonly<Record<string, ElementRule>>;
  /** Whether it may occur several times within one parent. */
  readonly many?: boolean;
  /** Whether it holds one of its `children` and not several. */
  readonly choice?: boolean;
  readonly open?: (attributes: AttributeReader, at: Place) => void;
  /** Its text without surrounding white space, never empty: an empty element counts as absent. */
  readonly text?: (text: string) => void;
  readonly close?: () => void;
}

interface Frame {
  /** Undefined for elements that are skipped. */
  readonly rule: ElementRule | undefined;
  readonly seen: Set<string>;
  text: string;
}

export interface XmlReading {
  readonly root: string;
  /** Whether this is the namespace of a message that is read here. */
  readonly checkNamespace: (uri: string) => void;
  readonly rule: ElementRule;
}

/** Decoded and parsed at once: a large file is never held as one string. */
const CHUNK_SIZE_BYTES = 64 * 1024;

/**
 * @throws {Iso20022Error} With line and column, whatever the bytes are. What the rules collected
 * until then must be dropped.
 */
export function readXml(bytes: Uint8Array, reading: XmlReading): void {
  if (bytes.length > LIMITS.paymentFileSizeBytesMax) {
    const most = LIMITS.paymentFileSizeBytesMax / (1024 * 1024);
    throw iso20022Error("MESSAGE_TOO_LARGE", `the file has more than ${most} MiB; split it`);
  }
  const parser = new SaxesParser({ xmlns: true });
  const reader = new Reader(parser, reading);
  // A byte order mark is dropped; malformed UTF-8 is an error and never a replacement character.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let from = 0; from < bytes.length; from += CHUNK_SIZE_BYTES) {
      const chunk = bytes.subarray(from, from + CHUNK_SIZE_BYTES);
      parser.write(decode(decoder, chunk, () => reader.notUtf8(chunk)));
    }
    parser.write(decode(decoder, undefined, () => reader.notUtf8(new Uint8Array(0))));
    parser.close();
  } catch (error) {
    if (error instanceof Iso20022Error) throw error;
    // The parser's own assertions, which hostile input may reach.
    throw reader.error("XML_MALFORMED", messageOf(error));
  }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Uint8Array | undefined,
  fail: () => Iso20022Error,
): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw fail();
  }
}

class Reader {
  readonly #frames: Frame[] = [];
  #namespace = "";

  constructor(
    private readonly parser: SaxesParser<{ xmlns: true }>,
    private readonly reading: XmlReading,
  ) {
    parser.on("xmldecl", ({ encoding }) => {
      if (encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)) return;
      throw this.error(
        "MESSAGE_UNSUPPORTED",
        `the encoding ${encoding} is not read here; ISO 20022 messages are UTF-8`,
      );
    });
    parser.on("doctype", () => {
      throw this.error(
        "MESSAGE_UNSUPPORTED",
        "a document type declaration (DTD) is refused; payment messages have none",
      );
    });
    parser.on("error", (error) => {
      // Position and full stop of the parser's message are said in our own form.
      const words = error.message.replace(/^(undefined:)?\d+:\d+: /, "").replace(/\.$/, "");
      throw this.error("XML_MALFORMED", `this is no well-formed XML: ${words}`);
    });
    parser.on("opentag", ({ local, uri, attributes }) => {
      this.#open(local, uri, (name) => attributes[name]?.value);
    });
    parser.on("closetag", () => this.#close());
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
  }

  get #place(): Place {
    return { line: this.parser.line, column: this.parser.column + 1 };
  }

  error(code: Iso20022ErrorCode, words: string): Iso20022Error {
    return iso20022Error(code, words, this.#place);
  }

  /** Reads on to the first bad byte of `chunk`, so that the error names its place. */
  notUtf8(chunk: Uint8Array): Iso20022Error {
    const [good = ""] = new TextDecoder().decode(chunk).split("\ufffd", 1);
    this.parser.write(good);
    return this.error("XML_MALFORMED", "here the file has bytes that are no UTF-8");
  }

  #open(local: string, uri: string, attributes: AttributeReader): void {
    const parent = this.#frames.at(-1);
    if (this.#frames.length >= LIMITS.paymentFileDepthMax) {
      const words = `elements are nested more than ${LIMITS.paymentFileDepthMax} deep`;
      throw this.error("MESSAGE_TOO_LARGE", words);
    }
    let rule: ElementRule | undefined;
    if (parent === undefined) {
      if (local !== this.reading.root) {
        const words = `the outermost element is ${short(local)}, not ${this.reading.root}`;
        throw this.error("MESSAGE_UNSUPPORTED", words);
      }
      try {
        this.reading.checkNamespace(uri);
      } catch (error) {
        throw this.error("MESSAGE_UNSUPPORTED", messageOf(error));
      }
      this.#namespace = uri;
      rule = this.reading.rule;
    } else if (parent.rule !== undefined && uri === this.#namespace) {
      const { children } = parent.rule;
      rule = children !== undefined && Object.hasOwn(children, local) ? children[local] : undefined;
    }
    if (parent?.rule?.text !== undefined && rule === undefined) {
      throw this.error(
        "XML_MALFORMED",
        `an element with text contains the element ${short(local)}`,
      );
    }
    if (rule !== undefined && parent !== undefined) {
      const [other] = parent.seen;
      if (parent.rule?.choice === true && other !== undefined && other !== local) {
        throw this.error("XML_MALFORMED", `${other} and ${local} stand where only one of them may`);
      }
      if (rule.many !== true && parent.seen.has(local)) {
        throw this.error("XML_MALFORMED", `${local} occurs twice where it may occur once`);
      }
      parent.seen.add(local);
    }
    this.#frames.push({ rule, seen: new Set(), text: "" });
    rule?.open?.(attributes, this.#place);
  }

  #text(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame?.rule?.text === undefined) return;
    if (frame.text.length + text.length > LIMITS.paymentFileTextLengthMax) {
      const words = `a text has more than ${LIMITS.paymentFileTextLengthMax} characters`;
      throw this.error("MESSAGE_TOO_LARGE", words);
    }
    frame.text += text;
  }

  #close(): void {
    const frame = this.#frames.pop();
    if (frame?.rule === undefined) return;
    const text = frame.text.trim();
    if (text !== "") frame.rule.text?.(text);
    frame.rule.close?.();
  }
}

function short(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 60)}...`;
}
