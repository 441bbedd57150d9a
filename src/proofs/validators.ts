import { validatorId } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { GenesisRecord } from "../types/genesis.js";
import type { Hash, OrganisationId, ValidatorIndex } from "../types/primitives.js";

/** One line of the validator list of an epoch. */
export interface ValidatorKey {
  readonly index: ValidatorIndex;
  readonly validatorId: Hash;
  readonly organisation: OrganisationId;
  readonly consensusKey: Uint8Array;
}

/**
 * Validator list of epoch 0: organisations in the order of the genesis record, and within each its
 * validators in their order.
 */
export function validatorsOfGenesis(
  hasher: Hasher,
  genesisHash: Hash,
  genesis: Pick<GenesisRecord, "organisations">,
): readonly ValidatorKey[] {
  return genesis.organisations
    .flatMap((entry, organisation) =>
      entry.validators.map(({ consensusKey }) => ({ organisation, consensusKey })),
    )
    .map(({ organisation, consensusKey }, index) => ({
      index,
      validatorId: validatorId(hasher, genesisHash, organisation, consensusKey),
      organisation,
      consensusKey,
    }));
}
