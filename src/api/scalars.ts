/** Text and number forms of single values in JSON (README.md, "Conventions"). */

import { Type } from "typebox";
import { LIMITS } from "../base/limits.js";

/** A hash, a key, a txId, a block id: 64 lower-case hexadecimal digits. */
export const hashText = Type.String({
  pattern: "^[0-9a-f]{64}$",
  maxLength: 64,
  description: "32 bytes as lower-case hexadecimal",
});

/** A blind of 16 bytes. */
export const blindText = Type.String({
  pattern: "^[0-9a-f]{32}$",
  maxLength: 32,
  description: "16 bytes as lower-case hexadecimal",
});

/** A u64 as decimal text: amounts, nonces, sequences, costs. Never a JSON number. */
export const u64Text = Type.String({
  pattern: "^(0|[1-9][0-9]{0,19})$",
  maxLength: 20,
  description: "u64 as decimal text",
});

/** An i64 as decimal text: a balance, which an overdraft makes negative. */
export const i64Text = Type.String({
  pattern: "^(0|-?[1-9][0-9]{0,18})$",
  maxLength: 20,
  description: "i64 as decimal text",
});

export const accountText = Type.String({
  pattern: "^fa1[02-9ac-hj-np-z]{20,80}$",
  maxLength: 90,
  description: "account id, bech32m with prefix fa",
});

export const validatorText = Type.String({
  pattern: "^fv1[02-9ac-hj-np-z]{20,80}$",
  maxLength: 90,
  description: "validator id, bech32m with prefix fv",
});

/** Bytes as base64url without padding (RFC 4648 section 5). */
export function bytesText(sizeBytesMax: number) {
  return Type.String({
    pattern: "^[A-Za-z0-9_-]*$",
    maxLength: Math.ceil((sizeBytesMax * 4) / 3) + 1,
    description: `at most ${sizeBytesMax} bytes as base64url without padding`,
  });
}

export const transactionText = bytesText(LIMITS.transactionSizeBytesMax);

/** A height, an index, a count: a JSON number below 2^53. */
export const countNumber = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const u32Number = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
export const u16Number = Type.Integer({ minimum: 0, maximum: 0xffff });

/** Unix time in milliseconds. */
export const timeMs = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "Unix time in milliseconds",
});

export const assetCode = Type.String({ minLength: 1, maxLength: 12, description: "asset code" });

/** Position after which reading goes on: `height.index.event`, exclusive. */
export const cursorText = Type.String({
  pattern: "^[0-9]{1,16}\\.[0-9]{1,10}\\.[0-9]{1,10}$",
  maxLength: 40,
  description: "cursor height.index.event; what follows it is meant, never itself",
});

export const pageLimit = Type.Integer({
  minimum: 1,
  maximum: LIMITS.listPageMax,
  description: `items of one page; ${LIMITS.listPageDefault} if absent`,
});
