/** Names of numbers: validators, organisations and assets of the network. */

import type { ResultOf } from "../../client/index.js";
import { call, pause } from "./session.js";
import { Store, useStore } from "./store.js";

export type Validator = ResultOf<"chain.validators">["items"][number];
export type Asset = ResultOf<"asset.list">["items"][number];
export type NodeInfo = ResultOf<"node.info">;

export interface Directory {
  readonly info: NodeInfo | undefined;
  readonly quorum: number;
  readonly validators: readonly Validator[];
  readonly organisations: ReadonlyMap<number, string>;
  readonly assets: ReadonlyMap<number, Asset>;
}

const ASSET_PAGE = 200;
const RETRY_MS = 2_000;
/** An unknown asset asks for the list again, but not more often than this. */
const REFRESH_MS = 5_000;

const directory = new Store<Directory>({
  info: undefined,
  quorum: 0,
  validators: [],
  organisations: new Map(),
  assets: new Map(),
});
let loadedMs = 0;

async function allAssets(): Promise<Map<number, Asset>> {
  const found = new Map<number, Asset>();
  let after: number | undefined;
  for (;;) {
    const page = await call("asset.list", {
      limit: ASSET_PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const asset of page.items) found.set(asset.asset, asset);
    if (page.next === null) return found;
    after = page.next;
  }
}

export async function loadDirectory(): Promise<void> {
  for (;;) {
    try {
      const [info, validators, assets] = await Promise.all([
        call("node.info", {}),
        call("chain.validators", {}),
        allAssets(),
      ]);
      loadedMs = Date.now();
      directory.set({
        info,
        quorum: validators.quorum,
        validators: validators.items,
        organisations: new Map(
          validators.items.map(({ organisation, organisationName }) => [
            organisation,
            organisationName,
          ]),
        ),
        assets,
      });
      return;
    } catch {
      await pause(RETRY_MS);
    }
  }
}

export function useDirectory(): Directory {
  return useStore(directory);
}

/** The asset of a number; one that is not known yet is asked for. */
export function useAsset(number: number | undefined): Asset | undefined {
  const { assets, info } = useDirectory();
  if (number === undefined) return undefined;
  const asset = assets.get(number);
  if (asset === undefined && info !== undefined && Date.now() - loadedMs > REFRESH_MS) {
    loadedMs = Date.now();
    void loadDirectory();
  }
  return asset;
}

/** How people call a validator: by its organisation's code, and by its number where that has several. */
export function validatorName({ validators }: Directory, index: number): string {
  const found = validators.find((validator) => validator.index === index);
  if (found === undefined) return `validator ${index}`;
  const isOnly =
    validators.filter(({ organisation }) => organisation === found.organisation).length === 1;
  return isOnly ? found.organisationCode : `${found.organisationCode} ${index}`;
}

export function organisationName({ organisations }: Directory, organisation: number): string {
  return organisations.get(organisation) ?? `organisation ${organisation}`;
}
