import { ASSET_KIND } from "../../declarations/assets.js";
import { PageTitle } from "../components/pageTitle.js";
import { Section } from "../components/section.js";
import { type Asset, organisationName, useDirectory } from "../state/directory.js";
import { amount } from "../text/format.js";

const KIND_WORDS: Readonly<Record<number, string>> = {
  [ASSET_KIND.currency]: "currency",
  [ASSET_KIND.points]: "points",
  [ASSET_KIND.receivable]: "receivable",
  [ASSET_KIND.goodsUnit]: "unit of goods",
};

function outstanding({ issued, redeemed, scale }: Asset): string {
  return amount(BigInt(issued) - BigInt(redeemed), scale);
}

/** The assets of the ledger, with what is outstanding of each. */
export function AssetsPage() {
  const directory = useDirectory();
  const assets = [...directory.assets.values()];
  return (
    <>
      <PageTitle title="Assets" />
      <Section title="Registered assets">
        {assets.length === 0 ? (
          <p class="empty">
            {directory.info === undefined ? "Loading…" : "No asset is registered."}
          </p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Code</th>
                <th scope="col" class="number">
                  Outstanding
                </th>
                <th scope="col">Issuer</th>
                <th scope="col" class="wide">
                  Kind
                </th>
              </tr>
            </thead>
            <tbody>
              {assets.map((asset) => (
                <tr key={asset.asset}>
                  <th scope="row">
                    {asset.code}
                    {asset.frozen && <span class="tag bad">frozen</span>}
                  </th>
                  <td class="number">{outstanding(asset)}</td>
                  <td>{organisationName(directory, asset.organisation)}</td>
                  <td class="wide">
                    {KIND_WORDS[asset.kind] ?? `kind ${asset.kind}`}
                    {asset.iso4217 > 0 && (
                      <span class="muted"> ISO 4217 {String(asset.iso4217).padStart(3, "0")}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
    </>
  );
}
