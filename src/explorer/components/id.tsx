/** Ids: short on narrow lists, whole where there is room, always copied whole. */

import { useState } from "preact/hooks";
import { shortId } from "../text/format.js";
import { links } from "../text/routes.js";

export function ShortId({ id, href }: { readonly id: string; readonly href?: string }) {
  const text = shortId(id);
  return href === undefined ? (
    <span class="id" title={id}>
      {text}
    </span>
  ) : (
    <a class="id" href={href} title={id}>
      {text}
    </a>
  );
}

export function AccountLink({ account }: { readonly account: string }) {
  return <ShortId id={account} href={links.account(account)} />;
}

/** The whole id, with a button that copies it where the browser allows that. */
export function WholeId({ id, label }: { readonly id: string; readonly label: string }) {
  const [isCopied, setCopied] = useState(false);
  // Browsers offer the clipboard on secure pages only, such as those of this machine.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copy = () => {
    clipboard?.writeText(id).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1_500);
      },
      () => setCopied(false),
    );
  };
  return (
    <span class="whole-id">
      <span class="id">{id}</span>
      {clipboard !== undefined && (
        <button type="button" class="small" onClick={copy} aria-label={`Copy ${label}`}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      )}
    </span>
  );
}
