/** Hashes that name and bind the protocol's records (types/README.md, "Digests"). */

import { concatBytes } from "../base/bytes.js";
import { encode, u16, u32 } from "../codec/schema.js";
import {
  type BlockResult,
  blockResult,
  type Cut,
  cut,
  type Header,
  header,
} from "../types/block.js";
import { type KeyPolicy, keyPolicy } from "../types/keyPolicy.js";
import { type Hash, type OrganisationId, ZERO_HASH } from "../types/primitives.js";
import type { Statement } from "../types/vote.js";
import { HASH_TAGS, SIGN_TAGS, signBytes } from "./domainTags.js";
import type { Hasher } from "./interfaces.js";

/** Names a network: SHA-256 of the BCS bytes of its genesis record. */
export function genesisHash(hasher: Hasher, recordBytes: Uint8Array): Hash {
  return hasher.sha256(recordBytes);
}

/** SHA-256(genesis hash, body): names a transaction and is what its witnesses sign. */
export function transactionId(hasher: Hasher, genesis: Hash, bodyBytes: Uint8Array): Hash {
  return hasher.sha256(concatBytes(genesis, bodyBytes));
}

export function transactionSignBytes(txId: Hash): Uint8Array {
  return signBytes(SIGN_TAGS.transaction, txId);
}

/** SHA-256 of the batch without its signature (it contains the genesis hash). */
export function batchHash(hasher: Hasher, bodyBytes: Uint8Array): Hash {
  return hasher.sha256(bodyBytes);
}

export function batchSignBytes(digest: Hash): Uint8Array {
  return signBytes(SIGN_TAGS.batch, digest);
}

export function blockHash(hasher: Hasher, value: Header): Hash {
  return hasher.sha256(concatBytes(HASH_TAGS.block, encode(header, value)));
}

/** Zero for an empty cut, so an empty block is seen from its header. */
export function cutRoot(hasher: Hasher, value: Cut): Hash {
  if (value.length === 0) return ZERO_HASH;
  return hasher.sha256(concatBytes(HASH_TAGS.cut, encode(cut, value)));
}

export function resultHash(hasher: Hasher, value: BlockResult): Hash {
  return hasher.sha256(concatBytes(HASH_TAGS.result, encode(blockResult, value)));
}

/** SHA-256(genesis hash, kind u8, epoch u64, view u64, block hash, result): no voter in it. */
export function voteDigest(hasher: Hasher, genesis: Hash, statement: Statement): Hash {
  const fixed = new Uint8Array(17);
  const view = new DataView(fixed.buffer);
  fixed[0] = statement.kind;
  view.setBigUint64(1, BigInt(statement.epoch), true);
  view.setBigUint64(9, BigInt(statement.view), true);
  return hasher.sha256(concatBytes(genesis, fixed, statement.blockHash, statement.result));
}

export function voteSignBytes(hasher: Hasher, genesis: Hash, statement: Statement): Uint8Array {
  return signBytes(SIGN_TAGS.vote, voteDigest(hasher, genesis, statement));
}

/** The id of an account. It stays when the keys change. */
export function accountId(
  hasher: Hasher,
  genesis: Hash,
  organisation: OrganisationId,
  firstPolicy: KeyPolicy,
  salt: Uint8Array,
): Hash {
  return hasher.sha256(
    concatBytes(
      HASH_TAGS.account,
      genesis,
      encode(u32, organisation),
      encode(keyPolicy, firstPolicy),
      salt,
    ),
  );
}

/** The id of a validator. It stays when its keys rotate. */
export function validatorId(
  hasher: Hasher,
  genesis: Hash,
  organisation: OrganisationId,
  firstConsensusKey: Uint8Array,
): Hash {
  return hasher.sha256(
    concatBytes(HASH_TAGS.validator, genesis, encode(u32, organisation), firstConsensusKey),
  );
}

/** Id of an object that `creator` made: nobody else can occupy it. `kind` is the table's number. */
export function objectId(
  hasher: Hasher,
  creator: Uint8Array,
  kind: number,
  clientId: Uint8Array,
): Hash {
  return hasher.sha256(concatBytes(HASH_TAGS.object, creator, encode(u16, kind), clientId));
}
