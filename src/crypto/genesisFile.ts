/** Reading and writing of genesis files (types/README.md, "Genesis"). */

import { equalBytes } from "../base/bytes.js";
import { accepted, type Result, rejected } from "../base/result.js";
import { encode, tryDecode } from "../codec/schema.js";
import {
  founding,
  type Genesis,
  type GenesisRecord,
  genesisFile,
  genesisRecord,
  parameterOutOfRange,
} from "../types/genesis.js";
import type { Hash } from "../types/primitives.js";
import { genesisHash } from "./digests.js";
import type { Hasher } from "./interfaces.js";

export interface OpenedGenesis {
  readonly genesis: Genesis;
  /** What the genesis hash is made of; proof files carry it. */
  readonly recordBytes: Uint8Array;
  readonly genesisHash: Hash;
}

export interface EncodedGenesis extends OpenedGenesis {
  readonly fileBytes: Uint8Array;
}

export function encodeGenesis(hasher: Hasher, genesis: Genesis): EncodedGenesis {
  const { organisations, assets, balances, ...rest } = genesis;
  const accounts = organisations.map((organisation) => organisation.accounts);
  const foundingBytes = encode(founding, { accounts, assets, balances });
  const record: GenesisRecord = {
    ...rest,
    organisations: organisations.map(({ code, name, validators }) => ({ code, name, validators })),
    foundingHash: hasher.sha256(foundingBytes),
  };
  const recordBytes = encode(genesisRecord, record);
  const fileBytes = encode(genesisFile, { record: recordBytes, founding: foundingBytes });
  return { genesis, recordBytes, fileBytes, genesisHash: genesisHash(hasher, recordBytes) };
}

/** The network of a genesis file, or why it is none. */
export function readGenesis(
  hasher: Hasher,
  fileBytes: Uint8Array,
): Result<OpenedGenesis, "MALFORMED_GENESIS" | "PARAMETER_OUT_OF_RANGE"> {
  const file = tryDecode(genesisFile, fileBytes);
  if (!file.ok) return rejected("MALFORMED_GENESIS", file.message);
  const record = tryDecode(genesisRecord, file.value.record);
  if (!record.ok) return rejected("MALFORMED_GENESIS", `its record: ${record.message}`);
  const founded = tryDecode(founding, file.value.founding);
  if (!founded.ok) return rejected("MALFORMED_GENESIS", `its founding: ${founded.message}`);
  const outOfRange = parameterOutOfRange(record.value.parameters);
  if (outOfRange !== undefined) return rejected("PARAMETER_OUT_OF_RANGE", outOfRange);
  const { organisations, foundingHash, ...rest } = record.value;
  const { accounts, assets, balances } = founded.value;
  if (!equalBytes(hasher.sha256(file.value.founding), foundingHash)) {
    return rejected("MALFORMED_GENESIS", "its founding is not the one that its record names");
  }
  if (accounts.length !== organisations.length) {
    return rejected("MALFORMED_GENESIS", "its founding has accounts for other organisations");
  }
  return accepted({
    genesis: {
      ...rest,
      organisations: organisations.map((item, i) => ({ ...item, accounts: accounts[i] ?? [] })),
      assets,
      balances,
    },
    recordBytes: file.value.record,
    genesisHash: genesisHash(hasher, file.value.record),
  });
}
