/** Addresses within the pages: what follows `#`. */

export type Route =
  | { readonly page: "live" }
  | { readonly page: "block"; readonly id: string }
  | { readonly page: "transaction"; readonly id: string }
  | { readonly page: "account"; readonly id: string }
  | { readonly page: "validators" }
  | { readonly page: "assets" }
  | { readonly page: "search"; readonly id: string }
  | { readonly page: "unknown" };

const WITH_ID = {
  block: "block",
  tx: "transaction",
  account: "account",
  search: "search",
} as const;

export function routeOf(hash: string): Route {
  const path = hash.replace(/^#\/?/, "");
  if (path === "") return { page: "live" };
  const [head = "", ...rest] = path.split("/");
  if (rest.length === 0 && (head === "validators" || head === "assets")) return { page: head };
  if (Object.hasOwn(WITH_ID, head) && rest.length === 1) {
    try {
      const id = decodeURIComponent(rest[0] as string).trim();
      if (id !== "") return { page: WITH_ID[head as keyof typeof WITH_ID], id };
    } catch {
      // A broken escape: there is no such page.
    }
  }
  return { page: "unknown" };
}

export const links = {
  live: "#/",
  validators: "#/validators",
  assets: "#/assets",
  block: (id: number | string) => `#/block/${id}`,
  transaction: (txId: string) => `#/tx/${txId}`,
  account: (account: string) => `#/account/${account}`,
  search: (text: string) => `#/search/${encodeURIComponent(text)}`,
} as const;
