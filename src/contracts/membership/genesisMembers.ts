/** Members as a genesis record founds them: organisations, accounts, validators, quota rows. */

import { mapKey } from "../../base/bytes.js";
import { FondacoError } from "../../base/errors.js";
import { accountId, validatorId } from "../../crypto/digests.js";
import { ROLES_ALL } from "../../declarations/assets.js";
import { KEYS, TABLES } from "../../declarations/tables.js";
import type { LedgerContext } from "../../ledger/context.js";
import { type Genesis, ROLE } from "../../types/genesis.js";
import type { AccountId, OrganisationId } from "../../types/primitives.js";
import { newAccount } from "./accounts.js";

/** A genesis record that breaks a rule. */
export function badGenesis(message: string): FondacoError {
  return new FondacoError(
    { code: "BAD_GENESIS" },
    `${message}; correct the genesis record and make the network anew`,
  );
}

/** Account ids of a genesis record, by organisation and in its order. */
export function genesisAccountIds(
  context: Pick<LedgerContext, "hasher" | "genesisHash">,
  genesis: Genesis,
): readonly (readonly AccountId[])[] {
  return genesis.organisations.map(({ accounts }, organisation) =>
    accounts.map(({ keyPolicy, salt }) =>
      accountId(context.hasher, context.genesisHash, organisation, keyPolicy, salt),
    ),
  );
}

/** Organisation of each validator of the first epoch: organisations in order, then their validators. */
export function genesisValidatorOrganisations(genesis: Genesis): readonly OrganisationId[] {
  return genesis.organisations.flatMap(({ validators }, organisation) =>
    validators.map(() => organisation),
  );
}

/** Writes the rows of all members. Answers how many rows each organisation has by that. */
export function foundMembers(
  context: LedgerContext,
  genesis: Genesis,
  accountIds: readonly (readonly AccountId[])[],
): number[] {
  const { rows, hasher, genesisHash, isRegistrableKey } = context;
  const seen = new Set<string>();
  const codes = new Set<string>();
  let validatorIndex = 0;
  return genesis.organisations.map((organisation, number) => {
    const { code, name, accounts, validators } = organisation;
    if (codes.has(code)) throw badGenesis(`two organisations have the code ${code}`);
    codes.add(code);
    const admins = accounts.filter(({ roles }) => (roles & ROLE.admin) !== 0).length;
    if (admins === 0) throw badGenesis(`organisation ${code} has no account with the role ADMIN`);
    rows.write(TABLES.organisation, KEYS.organisation(number), {
      code,
      name,
      admins,
      accounts: accounts.length,
    });
    accounts.forEach(({ keyPolicy, blindSecret, roles }, i) => {
      const id = accountIds[number]![i]!;
      if (seen.has(mapKey(id))) throw badGenesis(`account ${i} of ${code} stands there twice`);
      seen.add(mapKey(id));
      if ((roles & ~ROLES_ALL) !== 0) throw badGenesis(`account ${i} of ${code} has unknown roles`);
      if (!keyPolicy.keys.every(({ publicKey }) => isRegistrableKey(publicKey))) {
        throw badGenesis(`a key of account ${i} of ${code} may not be registered`);
      }
      rows.put(TABLES.secret.id, KEYS.secret(id), blindSecret.slice());
      rows.write(TABLES.account, KEYS.account(id), newAccount(number, keyPolicy, roles, false));
    });
    for (const { consensusKey, tlsKey, addresses } of validators) {
      if (!isRegistrableKey(consensusKey) || !isRegistrableKey(tlsKey)) {
        throw badGenesis(`a key of validator ${validatorIndex} may not be registered`);
      }
      rows.write(TABLES.validator, KEYS.validator(validatorIndex++), {
        validatorId: validatorId(hasher, genesisHash, number, consensusKey),
        organisation: number,
        consensusKey,
        tlsKey,
        addresses,
      });
    }
    return 2 * accounts.length + validators.length;
  });
}
