// A second implementation of Fondaco's formats and proofs, written from the READMEs of src/codec,
// src/types, src/merkle and src/proofs alone. It imports nothing of src/: record definitions are
// read from the READMEs' `records` blocks, everything else is written here from their words.
// `node test/independent/verifier.mjs FILE HASH` judges a proof file against a genesis hash;
// fixtures.test.ts beside it puts all of test/fixtures/ through these functions.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const ZERO = "00".repeat(32);
export const hexOf = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
export const ascii = (text) => hexOf(new TextEncoder().encode(text));
export const sha = (...hexes) => hexOf(sha256(unhex(hexes.join(""))));
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const ascend = (items) => items.every((item, i) => i === 0 || items[i - 1] < item);
function check(holds, what) {
  if (!holds) throw new Error(what);
}

// --- codec/README.md. A type becomes a function that reads it; values are those of formats.json. --

export const definitions = {};
for (const path of ["src/types/README.md", "src/proofs/README.md"]) {
  for (const [, block] of readFileSync(at(path), "utf8").matchAll(/```records\n([\s\S]*?)```/g)) {
    for (const definition of block.replace(/#.*/g, "").split(/\n(?=\w+ = )/)) {
      const [, name, notation] = /^\s*(\w+) = ([\s\S]*)$/.exec(definition);
      definitions[name] = notation.replace(/\s+/g, " ").trim();
    }
  }
}

/** Rules that stand in words beside the records. */
const RULES = {
  keyPolicy: ({ threshold, keys }) =>
    ascend(keys.map((key) => key.publicKey)) &&
    keys.every(({ weight }) => weight > 0) &&
    threshold >= 1 &&
    threshold <= keys.reduce((sum, { weight }) => sum + weight, 0),
  transactionBody: ({ parties }) => new Set(parties).size === parties.length,
  witnesses: (items) => ascend(items.map((w) => String(1000 + w.party) + w.publicKey)),
  cut: (items) =>
    ascend(items.map(({ author }) => author)) &&
    items.every((e) => BigInt(e.fromSeq) >= 1n && BigInt(e.toSeq) >= BigInt(e.fromSeq)),
  evidence: ({ first, second }) => first.voter === second.voter && first.view === second.view,
};

/** Bytes (hex) of every record that was read, so that nothing is ever encoded again. */
export const rawOf = new WeakMap();

class Input {
  offset = 0;
  constructor(bytes) {
    this.bytes = bytes;
  }
  take(size) {
    check(this.offset + size <= this.bytes.length, "truncated");
    this.offset += size;
    return this.bytes.subarray(this.offset - size, this.offset);
  }
  integer(size) {
    return this.take(size).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }
  /** A length or variant within bounds. No length above that of the input is ever allocated. */
  uleb(min, max) {
    for (let value = 0, i = 0; i < 5; i++) {
      const [byte] = this.take(1);
      value += (byte % 128) * 128 ** i;
      if (byte >= 128) continue;
      check(i === 0 || byte > 0, "length not in its shortest form");
      check(value >= min && value <= Math.min(max, this.bytes.length), "length out of bounds");
      return value;
    }
    return check(false, "length of more than five bytes");
  }
  oneOf(values) {
    const [byte] = this.take(1);
    check(values.includes(byte), "unknown code");
    return byte;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const integer = (size, of) => (input) => of(input.integer(size));
const SIMPLE = {
  u8: integer(1, Number),
  u16: integer(2, Number),
  u32: integer(4, Number),
  u64: integer(8, String),
  i64: integer(8, (value) => String(BigInt.asIntN(64, value))),
  count: integer(8, (value) => String(value < 2n ** 53n ? value : check(false, "count"))),
  bool: (input) => input.oneOf([0, 1]) === 1,
};

/** The reader of a type; `tokens` are those of its notation and are used up. */
function typeFrom(tokens) {
  const next = () => tokens.shift();
  const skip = (expected) => check(next() === expected, `notation: ${expected} expected`);
  const range = () => [Number(next()), skip(".."), Number(next())];
  const inAngles = (inner) => [skip("<"), inner(), skip(">")][1];
  const fields = (list = []) => {
    for (skip("{"); tokens[0] !== "}"; ) list.push([next(), skip(":"), typeFrom(tokens)]);
    return [list, skip("}")][0];
  };
  const word = tokens[0] === "{" ? "struct" : next();
  const list = word === "struct" || word === "union" ? fields() : [];
  if (word === "struct") {
    return (input) => Object.fromEntries(list.map(([name, , read]) => [name, read(input)]));
  }
  const variant = (input, [kind, , read]) => ({ kind, value: read(input) });
  if (word === "union") return (input) => variant(input, list[input.uleb(0, list.length - 1)]);
  if (word === "bytes" || word === "text") {
    const [min, , max] = inAngles(range);
    const take = (input) => input.take(input.uleb(min, max));
    return word === "bytes" ? (input) => hexOf(take(input)) : (input) => utf8.decode(take(input));
  }
  if (word === "list") {
    const [read, , [min, , max]] = inAngles(() => [typeFrom(tokens), skip(","), range()]);
    return (input) => Array.from({ length: input.uleb(min, max) }, () => read(input));
  }
  if (word === "option") {
    const read = inAngles(() => typeFrom(tokens));
    return (input) => (input.oneOf([0, 1]) === 1 ? read(input) : null);
  }
  if (word === "codes") {
    const values = inAngles(() => tokens.splice(0, tokens.indexOf(">")).map(Number));
    return (input) => input.oneOf(values);
  }
  if (/^b\d+$/.test(word)) return (input) => hexOf(input.take(Number(word.slice(1))));
  return SIMPLE[word] ?? ((input) => readRecord(word, input));
}

const readers = {};
function readerOf(notation) {
  readers[notation] ??= typeFrom(notation.match(/\w+|\.\.|[{}<>:,]/g));
  return readers[notation];
}

function readRecord(name, input) {
  const start = input.offset;
  const value = readerOf(definitions[name] ?? check(false, `no record ${name}`))(input);
  check(RULES[name]?.(value) ?? true, `rule of ${name}`);
  if (value instanceof Object) rawOf.set(value, hexOf(input.bytes.subarray(start, input.offset)));
  return value;
}

/** The value of hex text that holds `notation` (or a record's name) and nothing more. */
export function decode(notation, hex) {
  const input = new Input(unhex(hex));
  const value = readerOf(notation)(input);
  check(input.offset === input.bytes.length, "trailing bytes");
  return value;
}

// --- merkle/README.md ----------------------------------------------------------------------------

export const leafHash = (hex) => sha("00", hex);
const nodeHash = (left, right) => sha("01", left, right);
const splitOf = (size) => 2 ** Math.floor(Math.log2(size - 1));
export function listRoot(leaves) {
  if (leaves.length < 2) return leaves.length === 0 ? ZERO : leafHash(leaves[0]);
  const split = splitOf(leaves.length);
  return nodeHash(listRoot(leaves.slice(0, split)), listRoot(leaves.slice(split)));
}
export function rootByPath(leaf, index, size, path) {
  check(index < size && (size > 1 ? path.length > 0 : path.length === 0), "path of another length");
  if (size === 1) return leaf;
  const [rest, sibling, split] = [path.slice(0, -1), path.at(-1), splitOf(size)];
  if (index < split) return nodeHash(rootByPath(leaf, index, split, rest), sibling);
  return nodeHash(sibling, rootByPath(leaf, index - split, size - split, rest));
}
/** Old and new root by a consistency path; `known` is the old root while it is a node itself. */
export function rootsByPath(oldSize, size, path, known) {
  const atEnd = oldSize === size;
  check(atEnd ? path.length === (known === undefined ? 1 : 0) : path.length > 0, "path length");
  if (atEnd) return [known ?? path[0], known ?? path[0]];
  const [rest, sibling, split] = [path.slice(0, -1), path.at(-1), splitOf(size)];
  if (oldSize <= split) {
    const [before, after] = rootsByPath(oldSize, split, rest, known);
    return [before, nodeHash(after, sibling)];
  }
  const [before, after] = rootsByPath(oldSize - split, size - split, rest, undefined);
  return [nodeHash(sibling, before), nodeHash(sibling, after)];
}

export const treeKey = (name) => sha(ascii(`fondaco/${name}/1`.padEnd(15, ".")));
export function keyed(name, ...hexes) {
  return hexOf(blake3(unhex(hexes.join("")), { key: unhex(treeKey(name)) }));
}
/** Path of the row that `raw`, BCS { table: u16 key: bytes ... }, names. */
export function rowPath(raw, key) {
  const lengthBytes = key.length / 2 < 128 ? 1 : 2;
  return keyed("path", raw.slice(0, 4 + 2 * lengthBytes + key.length));
}
const bit = (path, depth) => (unhex(path)[depth >> 3] >> (7 - (depth & 7))) & 1;
export function stateRoot(path, siblings, terminal) {
  const isBelow = siblings.every((_, d) => bit(terminal?.path ?? path, d) === bit(path, d));
  check(isBelow, "the terminal leaf lies elsewhere");
  const start = terminal === null ? ZERO : keyed("leaf", terminal.path, terminal.valueHash);
  return siblings.reduceRight(
    (own, sibling, d) => keyed("node", ...(bit(path, d) === 1 ? [sibling, own] : [own, sibling])),
    start,
  );
}

// --- types/README.md: digests and signatures -----------------------------------------------------

export const tagged = (tag, value) => sha(ascii(tag), rawOf.get(value));
export const blockHash = (header) => tagged("fondaco/block/1", header);
export const resultHash = (result) => tagged("fondaco/rslt/1.", result);
/** Kind to result are the first 81 bytes of a vote and of a certificate. */
export const voteDigest = (network, vote) => sha(network, rawOf.get(vote).slice(0, 162));
export const isSigned = (key, signature, tag, digest) =>
  ed25519.verify(unhex(signature), unhex(ascii(tag) + digest), unhex(key), { zip215: true });
export const validatorsOf = (genesis) => genesis.organisations.flatMap((each) => each.validators);

export function checkCertificate(network, validators, certificate) {
  const n = validators.length;
  const bitmap = unhex(certificate.bitmap);
  const bits = Array.from({ length: 8 * bitmap.length }, (_, i) => (bitmap[i >> 3] >> (i & 7)) & 1);
  const voters = [...bits.keys()].filter((i) => bits[i] === 1);
  check(bitmap.length === Math.ceil(n / 8) && !bits.includes(1, n), "bitmap with slack");
  const quorum = n - Math.floor((n - 1) / 3);
  check(voters.length === quorum && certificate.signatures.length === quorum, "no quorum");
  const digest = voteDigest(network, certificate);
  for (const [i, voter] of voters.entries()) {
    const { consensusKey: key } = validators[voter];
    check(isSigned(key, certificate.signatures[i], "fondaco/vote/1.", digest), `vote of ${voter}`);
  }
}

// --- proofs/README.md ----------------------------------------------------------------------------

/** What the file (hex) proves; throws what is wrong with it. */
export function verifyProof(file, trusted) {
  check(file.length <= 8 * 1024 * 1024 && file.startsWith(ascii("FONDACO-PROOF-01")), "magic");
  const { content, checksum } = decode("proofFile", file.slice(32));
  check(checksum === sha(file.slice(0, -64)), "checksum");
  const { anchor, genesis, epochs, certified, earlier, result, claims } = content;
  check(same(anchor, { kind: "genesis", value: trusted }) && epochs.length === 0, "anchor");
  check(sha(genesis) === trusted, "genesis");
  const next = earlier?.successor?.header ?? certified.header;
  const subject = earlier?.header ?? certified.header;
  for (const h of [certified.header, next, subject]) {
    check(h.genesisHash === trusted && h.protocolVersion === 1, "header of another network");
    check(h.epoch === "0" && h.height !== "0", "header of another epoch");
  }
  const { certificate, header } = certified;
  const { kind, epoch, view } = certificate;
  check(same([kind, epoch, view], [3, header.epoch, header.view]), "certificate of another view");
  check(certificate.blockHash === blockHash(header), "certificate of another block");
  checkCertificate(trusted, validatorsOf(decode("genesisRecord", genesis)), certificate);
  if (earlier?.successor) {
    const { path } = earlier.successor;
    const root = rootByPath(leafHash(blockHash(next)), +next.height, +header.height, path);
    check(root === header.historyRoot, "history");
  }
  const hash = blockHash(subject);
  check(!earlier || +next.height === +subject.height + 1, "height of the next block");
  check(result.blockHash === hash && (!earlier || next.parentHash === hash), "another block");
  check(resultHash(result) === (earlier ? next.parentResult : certificate.result), "result");
  for (const claim of claims) {
    if (claim.kind === "receipt") checkReceipt(trusted, subject, result, claim.value);
    else checkRow(result, claim.kind === "rowPresent", claim.value);
  }
  return { height: subject.height, claims };
}

function checkReceipt(network, header, result, { receipt, path, body, events }) {
  const { position, txId, eventCount, eventsRoot } = receipt;
  check(position.height === header.height, "receipt of another block");
  const leaf = leafHash(rawOf.get(receipt));
  const root = rootByPath(leaf, position.index, header.transactionCount + 1, path);
  check(root === result.receiptsRoot, "receipt");
  if (body !== null) check(decode("transactionBody", body) && sha(network, body) === txId, "body");
  check(ascend(events.map(({ index }) => index)), "events out of order");
  for (const shown of events) {
    const eventLeaf = leafHash(rawOf.get(shown.event));
    check(rootByPath(eventLeaf, shown.index, eventCount, shown.path) === eventsRoot, "event");
  }
}

function checkRow(result, isPresent, claim) {
  const path = rowPath(rawOf.get(claim), claim.key);
  const valueHash = isPresent && keyed("value", claim.blind, claim.row);
  check(isPresent || claim.terminal?.path !== path, "the row is there");
  const root = stateRoot(path, claim.siblings, isPresent ? { path, valueHash } : claim.terminal);
  check(root === result.stateRoot, "row");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path, trusted] = process.argv;
  const { height, claims } = verifyProof(hexOf(readFileSync(path)), trusted);
  console.log(`valid: ${claims.length} claims about block ${height}`);
}
