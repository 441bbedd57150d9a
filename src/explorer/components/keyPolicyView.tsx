import type { ResultOf } from "../../client/index.js";
import { counted } from "../text/format.js";
import { ShortId } from "./id.js";

export type KeyPolicyJson = ResultOf<"account.get">["keyPolicy"];

/** Which keys sign for an account, and how many of them are needed. */
export function KeyPolicyView({ policy: { threshold, keys } }: { readonly policy: KeyPolicyJson }) {
  const isPlain = keys.every(({ weight }) => weight === 1);
  const words = isPlain
    ? `${threshold} of ${counted(keys.length, "key")} must sign`
    : `keys of weight ${threshold} together must sign`;
  return (
    <div>
      {words}
      <ul class="plain">
        {keys.map(({ publicKey, weight }) => (
          <li key={publicKey}>
            <ShortId id={publicKey} />
            {!isPlain && <span class="muted"> weight {weight}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
