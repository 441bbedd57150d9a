/** What the handlers of methods share. */

import { ApiError } from "../../api/index.js";
import { hexBytes, toHex } from "../../base/bytes.js";
import { idFromText } from "../../codec/text.js";
import type { FinalBlock, NodeApi } from "../../ports/nodeApi.js";
import type { AccountId, Hash } from "../../types/primitives.js";
import type { NodeQueries } from "../nodeQueries.js";
import type { GatewayLimits, GatewayOptions } from "../options.js";
import type { ProofFiles } from "../proofFiles.js";
import type { Rights } from "../rights.js";
import type { Submissions } from "../submissions.js";
import type { LoginTokens } from "../tokens.js";
import type { Turns } from "../turns.js";

export interface Load {
  readonly sockets: number;
  readonly subscriptions: number;
}

export interface MethodContext {
  readonly options: GatewayOptions;
  readonly limits: GatewayLimits;
  readonly node: NodeApi;
  readonly queries: NodeQueries;
  readonly rights: Rights;
  readonly tokens: LoginTokens;
  readonly submissions: Submissions;
  readonly proofs: ProofFiles;
  readonly turns: Turns;
  readonly load: () => Load;
}

/** The head from whose state answers are made. */
export function headAt(node: NodeApi) {
  const { height, blockHash } = node.head();
  return { height, blockId: toHex(blockHash) };
}

/** `at` of an answer that the executor made from the state of a block. */
export function stateAt(node: NodeApi, height: number) {
  const head = node.head();
  const blockHash = height === head.height ? head.blockHash : node.finalBlock(height)?.blockHash;
  return { height, blockId: toHex(blockHash ?? head.blockHash) };
}

function invalid(path: string, reason: string): ApiError {
  return new ApiError("INVALID_PARAMS", `At ${path}: ${reason}.`, { path, reason });
}

/** @throws {ApiError} INVALID_PARAMS. */
export function accountParam(text: string, path: string): AccountId {
  const account = idFromText("account", text);
  if (account === undefined) throw invalid(path, "it is no account id (its checksum is wrong)");
  return account;
}

export function hashParam(text: string): Hash {
  return hexBytes(text);
}

/** Texts of one request are decoded into pieces of memory of about this size. */
const PIECE_SIZE_BYTES = 8 * 1024;
/** Last characters after whose bits nothing is left over, where 2 and 3 characters remain. */
const LAST_OF_TWO = "AQgw";
const LAST_OF_THREE = "AEIMQUYcgkosw048";

/** Whether text of base64url's alphabet is what its own bytes would be written as. */
function isCanonical(text: string): boolean {
  const last = text.charAt(text.length - 1);
  switch (text.length % 4) {
    case 0:
      return true;
    case 1:
      return false;
    case 2:
      return LAST_OF_TWO.includes(last);
    default:
      return LAST_OF_THREE.includes(last);
  }
}

/**
 * Bytes of texts whose alphabet the contract has checked. Several share a piece of memory: an array
 * of its own for each is what a collector is busiest with. A piece is small, so that a transaction
 * that is kept does not hold a whole request.
 *
 * @throws {ApiError} INVALID_PARAMS.
 */
export function bytesParams(texts: readonly string[], path: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  let piece = Buffer.alloc(0);
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    const sizeBytes = Math.floor((text.length * 3) / 4);
    if (at + sizeBytes > piece.length) {
      let wanted = 0;
      for (let j = i; j < texts.length && wanted < PIECE_SIZE_BYTES; j++) {
        const next = Math.floor(((texts[j] as string).length * 3) / 4);
        if (wanted > 0 && wanted + next > PIECE_SIZE_BYTES) break;
        wanted += next;
      }
      piece = Buffer.allocUnsafeSlow(wanted);
      at = 0;
    }
    if (!isCanonical(text) || piece.write(text, at, "base64url") !== sizeBytes) {
      throw invalid(`${path}/${i}`, "it is no base64url without padding");
    }
    // Plain bytes: a slice of a Buffer would share memory.
    found.push(new Uint8Array(piece.buffer, at, sizeBytes));
    at += sizeBytes;
  }
  return found;
}

/** @throws {ApiError} INVALID_PARAMS. */
export function bytesParam(text: string, path: string): Uint8Array {
  // Native code, several times faster than the contract's decoder. It takes more than that does:
  // the contract has checked the alphabet, and the length says whether all was read.
  const decoded = Buffer.from(text, "base64url");
  if (!isCanonical(text) || decoded.length !== Math.floor((text.length * 3) / 4)) {
    throw invalid(path, "it is no base64url without padding");
  }
  return new Uint8Array(decoded);
}

export function invalidParam(path: string, reason: string): ApiError {
  return invalid(path, reason);
}

/**
 * A final block by height.
 *
 * @throws {ApiError} NOT_FOUND above the head, PRUNED below what is kept.
 */
export function finalBlockAt(node: NodeApi, height: number): FinalBlock {
  const oldestHeight = Math.max(node.lowestHeight(), 1);
  if (height >= 1 && height < oldestHeight) {
    throw new ApiError("PRUNED", `Heights below ${oldestHeight} are not kept here.`, {
      oldestHeight,
    });
  }
  const final = node.finalBlock(height);
  if (final === undefined) {
    throw new ApiError("NOT_FOUND", "There is no final block of that height.", {
      headHeight: node.head().height,
    });
  }
  return final;
}
