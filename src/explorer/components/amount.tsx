/** An amount of an asset: minor units shown at the asset's scale, with its code. */

import { useAsset } from "../state/directory.js";
import { amount } from "../text/format.js";
import { links } from "../text/routes.js";

interface AmountProps {
  readonly units: string | bigint;
  readonly asset: number | undefined;
  /** Shown before it: `+` for what came in. */
  readonly sign?: "+" | "−" | undefined;
}

export function Amount({ units, asset, sign }: AmountProps) {
  const known = useAsset(asset);
  const text =
    known === undefined
      ? `${units} minor units${asset === undefined ? "" : ` of asset ${asset}`}`
      : `${amount(units, known.scale)} ${known.code}`;
  return (
    <span class="amount">
      {sign}
      {text}
    </span>
  );
}

export function AssetName({ asset }: { readonly asset: number }) {
  const known = useAsset(asset);
  return <a href={links.assets}>{known?.code ?? `asset ${asset}`}</a>;
}
