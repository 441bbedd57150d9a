import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import * as digests from "../../../src/crypto/digests.js";
import { HASH_TAGS, SIGN_TAGS, signBytes, TREE_TAGS } from "../../../src/crypto/domainTags.js";
import { nobleHasher as hasher } from "../../../src/crypto/noble/nobleHasher.js";
import { blockResult, header } from "../../../src/types/block.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import * as chain from "../../support/exampleChain.js";

const statement = chain.blockAt(2).finalization;

describe("domain tags", () => {
  const tags = [SIGN_TAGS, HASH_TAGS, TREE_TAGS].flatMap((group) => Object.values(group));

  it("are 15 bytes each and never the same", () => {
    expect(tags.map((tag) => tag.length)).toEqual(tags.map(() => 15));
    expect(new Set(tags.map(toHex)).size).toBe(tags.length);
  });

  it("make sign bytes of 47 bytes, so that with R and A they fill one SHA-512 block", () => {
    expect(signBytes(SIGN_TAGS.vote, ZERO_HASH).length).toBe(47);
    // FIPS 180-4: the padding needs one byte and a 16-byte length.
    expect(64 + 47 + 1 + 16).toBeLessThanOrEqual(128);
    expect(() => signBytes(SIGN_TAGS.vote, ZERO_HASH.subarray(1))).toThrow();
  });
});

describe("digests", () => {
  it("bind the network, the kind, the view, the block and the result of a vote, not its voter", () => {
    const base = toHex(digests.voteDigest(hasher, chain.genesisHash, statement));
    const others = [
      digests.voteDigest(hasher, ZERO_HASH, statement),
      digests.voteDigest(hasher, chain.genesisHash, { ...statement, kind: 1 }),
      digests.voteDigest(hasher, chain.genesisHash, { ...statement, epoch: 1 }),
      digests.voteDigest(hasher, chain.genesisHash, { ...statement, view: 3 }),
      digests.voteDigest(hasher, chain.genesisHash, { ...statement, blockHash: ZERO_HASH }),
      digests.voteDigest(hasher, chain.genesisHash, { ...statement, result: ZERO_HASH }),
    ].map(toHex);
    expect(new Set([base, ...others]).size).toBe(7);
    const { voter: first, ...one } = chain.voteOf(statement, 0);
    const { voter: second, ...two } = chain.voteOf(statement, 1);
    expect(first).not.toBe(second);
    expect(digests.voteSignBytes(hasher, chain.genesisHash, one)).toEqual(
      digests.voteSignBytes(hasher, chain.genesisHash, two),
    );
  });

  it("are SHA-256 of what types/README.md says", () => {
    const block = chain.blockAt(2);
    const tagged = (tag: string, bytes: Uint8Array) => sha256(concatBytes(utf8(tag), bytes));
    expect(block.blockHash).toEqual(tagged("fondaco/block/1", encode(header, block.header)));
    expect(block.resultHash).toEqual(tagged("fondaco/rslt/1.", encode(blockResult, block.result)));
    expect(digests.cutRoot(hasher, [])).toEqual(ZERO_HASH);
    expect(digests.cutRoot(hasher, block.cut)).not.toEqual(ZERO_HASH);
    expect(chain.genesisHash).toEqual(sha256(chain.genesisBytes));
  });

  it("give another id to an account of another network, organisation, policy or salt", () => {
    const policy = singleKeyPolicy(chain.signerOf("alice").publicKey);
    const other = singleKeyPolicy(chain.signerOf("bob").publicKey);
    const [salt, pepper] = [new Uint8Array(16), new Uint8Array(16).fill(1)];
    const ids = [
      digests.accountId(hasher, chain.genesisHash, 0, policy, salt),
      digests.accountId(hasher, ZERO_HASH, 0, policy, salt),
      digests.accountId(hasher, chain.genesisHash, 1, policy, salt),
      digests.accountId(hasher, chain.genesisHash, 0, other, salt),
      digests.accountId(hasher, chain.genesisHash, 0, policy, pepper),
    ].map(toHex);
    expect(new Set(ids).size).toBe(5);
  });

  it("keep objects of two creators apart, whatever ids they choose", () => {
    const id = new Uint8Array(16);
    const ids = [
      digests.objectId(hasher, chain.alice, 1, id),
      digests.objectId(hasher, chain.sued, 1, id),
      digests.objectId(hasher, chain.alice, 2, id),
    ].map(toHex);
    expect(new Set(ids).size).toBe(3);
  });
});
