import { assert, present } from "../base/assert.js";
import { equalBytes } from "../base/bytes.js";
import { validatorId } from "../crypto/digests.js";
import { readGenesis } from "../crypto/genesisFile.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { NodeIdentity, ValidatorInfo } from "../ports/nodeApi.js";

/** Who this validator is, and who the others are, from the genesis record. */
export function identityOf(
  hasher: Hasher,
  genesisBytes: Uint8Array,
  self: number,
  softwareVersion: string,
): NodeIdentity {
  const read = readGenesis(hasher, genesisBytes);
  assert(read.ok, "the home checked its genesis file");
  const { genesis: record, genesisHash: hash, recordBytes } = read.value;
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
  return { genesisHash: hash, recordBytes, genesis: record, self, validators, softwareVersion };
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
