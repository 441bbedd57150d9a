/**
 * The contract of the gateway, as data: from it come the types, the validators, the OpenRPC
 * document and the reference page. Nothing about a method is said anywhere else.
 */

import type { Static } from "typebox";
import type { ErrorName } from "./errors.js";
import { accountMethods } from "./methods/accounts.js";
import { chainMethods } from "./methods/chain.js";
import { nodeMethods } from "./methods/node.js";
import { subscriptionMethods } from "./methods/subscriptions.js";
import { transactionMethods } from "./methods/transactions.js";

export const API_VERSION = "1.0.0";

export const METHODS = {
  ...nodeMethods,
  ...chainMethods,
  ...accountMethods,
  ...transactionMethods,
  ...subscriptionMethods,
};

export type MethodName = keyof typeof METHODS;
export type ParamsOf<M extends MethodName> = Static<(typeof METHODS)[M]["params"]>;
export type ResultOf<M extends MethodName> = Static<(typeof METHODS)[M]["result"]>;

export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name);
}

/** Errors that any method may answer. */
export const COMMON_ERRORS: readonly ErrorName[] = [
  "PARSE_ERROR",
  "INVALID_REQUEST",
  "METHOD_NOT_FOUND",
  "INVALID_PARAMS",
  "INTERNAL_ERROR",
  "OVERLOADED",
  "TOO_LARGE",
];
