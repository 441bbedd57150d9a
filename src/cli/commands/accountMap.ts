/** The account map of an import: which account of the ledger each account of a file is. */

import { readFileSync, statSync } from "node:fs";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { LIMITS } from "../../base/limits.js";
import { accountKey } from "../../bridges/iso20022/index.js";
import { idFromText } from "../../codec/text.js";
import { commandError, unreadable } from "../errors.js";
import { KEY_NAME_PATTERN } from "../keys/keyFile.js";

const target = Type.String({ minLength: 1, maxLength: 90 });
const accountMap = Type.Record(
  Type.String(),
  Type.Union([
    target,
    Type.Object(
      { debtor: Type.Optional(target), creditor: Type.Optional(target) },
      { additionalProperties: false },
    ),
  ]),
);

/** Account id or key name by account number without white space, for each role. */
export interface AccountMap {
  readonly debtors: ReadonlyMap<string, string>;
  readonly creditors: ReadonlyMap<string, string>;
}

/** A file within `sizeBytesMax`, or one sentence why there is none. */
export function readBounded(path: string, sizeBytesMax: number, what: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= sizeBytesMax) return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw unreadable(`${what} ${path}`, cause);
  }
  const most = sizeBytesMax / (1024 * 1024);
  throw commandError("FILE_TOO_LARGE", `${what} ${path} has more than ${most} MiB`);
}

/**
 * Reads a map, such as `{"CH93 0076 2011 6238 5295 7": "alice", "014295803": "fa1..."}`. An object
 * in place of a text names one account to pay from and another to pay to: `{"debtor", "creditor"}`.
 *
 * @throws {CommandError} FILE_UNREADABLE, FILE_TOO_LARGE, ACCOUNT_MAP.
 */
export function readAccountMap(path: string): AccountMap {
  const bytes = readBounded(path, LIMITS.accountMapSizeBytesMax, "the account map");
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    const error = commandError("ACCOUNT_MAP", `the account map ${path} is no JSON`);
    error.cause = cause;
    throw error;
  }
  if (!Value.Check(accountMap, value)) {
    throw commandError(
      "ACCOUNT_MAP",
      `the account map ${path} must be one JSON object such as {"CH9300762011623852957": "alice", "014295803": "fa1..."}`,
    );
  }
  const debtors = new Map<string, string>();
  const creditors = new Map<string, string>();
  const add = (map: Map<string, string>, account: string, named: string | undefined) => {
    if (named === undefined) return;
    const isId = named.startsWith("fa1");
    if (isId ? idFromText("account", named) === undefined : !KEY_NAME_PATTERN.test(named)) {
      const words = `the account map ${path} names ${JSON.stringify(named)} for ${account}: that is no account id (fa1...) and no key name`;
      throw commandError("ACCOUNT_MAP", words);
    }
    const key = accountKey(account);
    const before = map.get(key);
    if (before !== undefined && before !== named) {
      throw commandError("ACCOUNT_MAP", `the account map ${path} names two accounts for ${key}`);
    }
    map.set(key, named);
  };
  for (const [account, named] of Object.entries(value)) {
    const roles = typeof named === "string" ? { debtor: named, creditor: named } : named;
    add(debtors, account, roles.debtor);
    add(creditors, account, roles.creditor);
  }
  return { debtors, creditors };
}
