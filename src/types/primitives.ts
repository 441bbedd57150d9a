/**
 * Field types that many records share. A hash is 32 bytes; a height, a view and a time are safe
 * integers (u64 on the wire); an amount and a nonce are bigint (u64).
 */

import { fixedBytes } from "../codec/schema.js";

/** 32 bytes: SHA-256, BLAKE3, an id. */
export type Hash = Uint8Array;
export const HASH_SIZE_BYTES = 32;
export const hash = fixedBytes(HASH_SIZE_BYTES);

/** 32 zero bytes: no hash, or an empty tree. */
export const ZERO_HASH: Hash = new Uint8Array(HASH_SIZE_BYTES);

export const publicKey = fixedBytes(32);
export const signature = fixedBytes(64);

/** An account id: SHA-256 over tag, genesis hash, organisation, first key policy and salt. */
export type AccountId = Uint8Array;
/** Organisations and assets are numbered in order of registration, from 0. */
export type OrganisationId = number;
export type AssetId = number;
/** Index into the validator list of an epoch. */
export type ValidatorIndex = number;

/** Validators that may fail arbitrarily among `n`: floor((n - 1) / 3). */
export function faultBound(n: number): number {
  return Math.floor((n - 1) / 3);
}

/** Votes that make a certificate among `n` validators: n - f. Two quorums share an honest one. */
export function quorumSize(n: number): number {
  return n - faultBound(n);
}
