/** The contract as an OpenRPC 1.3 document (https://spec.open-rpc.org). */

import type { TSchema } from "typebox";
import { API_VERSION, METHOD_NAMES, METHODS } from "./contract.js";
import { CLOSE_CODES, ERRORS, type ErrorName } from "./errors.js";
import { NOTIFICATIONS } from "./notifications.js";

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
}

function errorOf(name: ErrorName) {
  const { code, retry, text } = ERRORS[name];
  return { code, message: text, data: { name, retry } };
}

/** JSON of the OpenRPC document, without the network and node that serve it. */
export function openRpcDocument() {
  return {
    openrpc: "1.3.2",
    info: {
      title: "Fondaco gateway",
      version: API_VERSION,
      description: "JSON-RPC 2.0 at /ws (text frames) and by POST at /rpc. Parameters by name.",
      license: { name: "MIT" },
    },
    methods: METHOD_NAMES.map((name) => {
      const contract = METHODS[name];
      const { properties = {}, required = [] } = contract.params as ObjectSchema;
      return {
        name,
        summary: contract.summary,
        paramStructure: "by-name",
        params: Object.entries(properties).map(([param, schema]) => ({
          name: param,
          required: required.includes(param),
          schema,
        })),
        result: { name: "result", schema: contract.result as TSchema },
        errors: contract.errors.map(errorOf),
        "x-scope": contract.scope,
        "x-socket-only": contract.socketOnly,
      };
    }),
    "x-notifications": Object.entries(NOTIFICATIONS).map(([name, { summary, params }]) => ({
      name,
      summary,
      params: params as TSchema,
    })),
    "x-errors": (Object.keys(ERRORS) as ErrorName[]).map(errorOf),
    "x-close-codes": Object.values(CLOSE_CODES),
  };
}
