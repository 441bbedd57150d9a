/** Validators compiled from the contract, each when it is first needed. */

import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { accepted, type Result, rejected } from "../base/result.js";
import { METHODS, type MethodName, type ParamsOf, type ResultOf } from "./contract.js";
import { NOTIFICATIONS, type NotificationName, type NotificationParams } from "./notifications.js";

const compiled = new Map<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema);
  if (validator === undefined) {
    validator = Compile(schema) as unknown as Validator;
    compiled.set(schema, validator);
  }
  return validator;
}

/** Path and reason of the first fault, by JSON Pointer. The value itself is never repeated. */
export interface Fault {
  readonly path: string;
  readonly reason: string;
}

const PATH_LENGTH_MAX = 120;

function faultOf(validator: Validator, value: unknown): Fault {
  // Arrays of the largest size may have a fault each; only the first is said.
  for (const error of validator.Errors(value)) {
    if (error.keyword === "additionalProperties") {
      return { path: error.instancePath || "/", reason: "it has a field that is not known" };
    }
    if (error.keyword === "boolean") continue;
    const path = error.instancePath.slice(0, PATH_LENGTH_MAX);
    return { path: path === "" ? "/" : path, reason: error.message };
  }
  return { path: "/", reason: "it is not of the form that is asked for" };
}

function check<T>(schema: TSchema, value: unknown): Result<T, "INVALID"> & { fault?: Fault } {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return accepted(value as T);
  const fault = faultOf(validator, value);
  return { ...rejected("INVALID", `${fault.path}: ${fault.reason}`), fault };
}

/** Parameters of a method: complete, of the right form, and none unknown. */
export function checkParams<M extends MethodName>(method: M, params: unknown) {
  return check<ParamsOf<M>>(METHODS[method].params, params);
}

export function checkResult<M extends MethodName>(method: M, result: unknown) {
  return check<ResultOf<M>>(METHODS[method].result, result);
}

export function checkNotification<N extends NotificationName>(name: N, params: unknown) {
  return check<NotificationParams<N>>(NOTIFICATIONS[name].params, params);
}
