import { assert } from "../base/assert.js";
import { concatBytes, utf8 } from "../base/bytes.js";

function tag(text: string): Uint8Array {
  assert(/^[\x21-\x7e]{15}$/.test(text), `a domain tag has 15 ASCII characters: ${text}`);
  return utf8(text);
}

/** First 15 bytes of everything that is signed. With a 32-byte digest that is one SHA-512 block. */
export const SIGN_TAGS = {
  transaction: tag("fondaco/tx/1..."),
  batch: tag("fondaco/batch/1"),
  vote: tag("fondaco/vote/1."),
  hello: tag("fondaco/hello/1"),
  login: tag("fondaco/login/1"),
} as const;

/** First 15 bytes of what is hashed and not signed by itself, so that no two kinds collide. */
export const HASH_TAGS = {
  block: tag("fondaco/block/1"),
  cut: tag("fondaco/cut/1.."),
  result: tag("fondaco/rslt/1."),
  account: tag("fondaco/acct/1."),
  validator: tag("fondaco/vldtr/1"),
  object: tag("fondaco/objct/1"),
  operation: tag("fondaco/opdig/1"),
} as const;

/** Tags whose SHA-256 is a BLAKE3 key: of the state tree, and of blinds. */
export const TREE_TAGS = {
  path: tag("fondaco/path/1."),
  value: tag("fondaco/value/1"),
  leaf: tag("fondaco/leaf/1."),
  node: tag("fondaco/node/1."),
  blind: tag("fondaco/blind/1"),
  eventBlind: tag("fondaco/evbld/1"),
} as const;

/** What is signed: tag, then digest. 47 bytes. */
export function signBytes(signTag: Uint8Array, digest: Uint8Array): Uint8Array {
  assert(digest.length === 32, "a digest has 32 bytes");
  return concatBytes(signTag, digest);
}
