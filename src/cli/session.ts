import type { FondacoClient, Wallet } from "../client/index.js";
import { type ClientOptions, keyDirectory, wallet, withClient } from "./context.js";

export interface ReadOptions extends ClientOptions {
  /** Key to log in with, where the node shows things to their parties only. */
  readonly as?: string;
}

export const AS_OPTION = [
  "--as <name>",
  "key to log in with: needed where a node shows things to their parties only",
] as const;

/** The key to log in with: the one named, or else that of `name` if it is here and plain. */
function loginOf(options: ReadOptions, name: string | undefined): Wallet | undefined {
  if (options.as !== undefined) return wallet(options, options.as);
  if (name === undefined || name.startsWith("fa1")) return undefined;
  const keys = keyDirectory(options);
  if (!keys.has(name) || keys.read(name).secret.kind !== "plain") return undefined;
  return wallet(options, name);
}

/** A session for reading. `name` is the account that is asked for, if it is one of the own keys. */
export function withReader<T>(
  options: ReadOptions,
  name: string | undefined,
  work: (client: FondacoClient) => Promise<T>,
): Promise<T> {
  return withClient(options, work, loginOf(options, name));
}
