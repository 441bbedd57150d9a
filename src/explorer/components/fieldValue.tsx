/** One field of an operation or event, by what its declaration says that it means. */

import type { FieldKind } from "../../declarations/fields.js";
import { organisationName, useDirectory } from "../state/directory.js";
import { links } from "../text/routes.js";
import { Amount, AssetName } from "./amount.js";
import { AccountLink, ShortId } from "./id.js";
import { type KeyPolicyJson, KeyPolicyView } from "./keyPolicyView.js";
import { Reference, type ReferenceJson } from "./reference.js";
import { Time } from "./time.js";

interface FieldValueProps {
  readonly name: string;
  readonly kind: FieldKind;
  readonly value: unknown;
  /** Asset of the same record: the amounts beside it are in its units. */
  readonly asset: number | undefined;
  readonly parties: readonly (string | null)[];
}

function Organisation({ organisation }: { readonly organisation: number }) {
  return <>{organisationName(useDirectory(), organisation)}</>;
}

function AssetSet({ assets }: { readonly assets: readonly number[] }) {
  if (assets.length === 0) return <>all</>;
  return (
    <ul class="plain">
      {assets.map((asset) => (
        <li key={asset}>
          <AssetName asset={asset} />
        </li>
      ))}
    </ul>
  );
}

export function FieldValue({ name, kind, value, asset, parties }: FieldValueProps) {
  if (kind === "secret") return <span class="muted">not shown</span>;
  if (value === null || value === undefined) return <span class="muted">none</span>;
  switch (kind) {
    case "party": {
      const account = parties[value as number];
      return typeof account === "string" ? (
        <AccountLink account={account} />
      ) : (
        <>party {String(value)}</>
      );
    }
    case "account":
      return <AccountLink account={String(value)} />;
    case "asset":
      return <AssetName asset={value as number} />;
    case "assets":
      return <AssetSet assets={value as readonly number[]} />;
    case "organisation":
      return <Organisation organisation={value as number} />;
    case "amount":
    case "balance":
      return <Amount units={String(value)} asset={asset} />;
    case "time":
      return <Time ms={value as number} />;
    case "hash":
      return name.endsWith("TxId") ? (
        <ShortId id={String(value)} href={links.transaction(String(value))} />
      ) : (
        <ShortId id={String(value)} />
      );
    case "clientId":
    case "salt":
      return <span class="id">{String(value)}</span>;
    case "boolean":
      return <>{value === true ? "yes" : "no"}</>;
    case "keyPolicy":
      return <KeyPolicyView policy={value as KeyPolicyJson} />;
    case "reference":
      return <Reference value={value as ReferenceJson} />;
    default:
      return <>{String(value)}</>;
  }
}
