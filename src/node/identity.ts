import { assert, present } from "../base/assert.js";
import { equalBytes } from "../base/bytes.js";
import { decode } from "../codec/schema.js";
import { genesisHash, validatorId } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { NodeIdentity, ValidatorInfo } from "../ports/nodeApi.js";
import { genesis } from "../types/genesis.js";

/** Who this validator is, and who the others are, from the genesis record. */
export function identityOf(
  hasher: Hasher,
  genesisBytes: Uint8Array,
  self: number,
  softwareVersion: string,
): NodeIdentity {
  const record = decode(genesis, genesisBytes);
  const hash = genesisHash(hasher, genesisBytes);
  const validators: ValidatorInfo[] = [];
  record.organisations.forEach(({ validators: own }, organisation) => {
    for (const { consensusKey } of own) {
      validators.push({
        index: validators.length,
        validatorId: validatorId(hasher, hash, organisation, consensusKey),
        organisation,
        consensusKey,
      });
    }
  });
  assert(self < validators.length, "the genesis record has a validator of this index");
  return { genesisHash: hash, genesis: record, self, validators, softwareVersion };
}

/** Words for a validator: its organisation's code and its index. */
export function validatorName(
  { genesis: record, validators }: NodeIdentity,
  index: number,
): string {
  const info = present(validators[index], "a validator of this index");
  const code = record.organisations[info.organisation]?.code ?? "unknown";
  return `validator ${index} (${code})`;
}

export function indexOfValidatorId(
  { validators }: NodeIdentity,
  id: Uint8Array,
): number | undefined {
  return validators.find((info) => equalBytes(info.validatorId, id))?.index;
}
