import { useEffect } from "preact/hooks";
import type { ResultOf } from "../../client/index.js";
import { LoadedView } from "../components/loadedView.js";
import { Notice } from "../components/notice.js";
import { PageTitle } from "../components/pageTitle.js";
import { useCall } from "../state/useLoad.js";
import { links } from "../text/routes.js";

type Found = ResultOf<"search">["items"][number];

const KIND_WORDS = {
  block: "Block",
  transaction: "Transaction",
  account: "Account",
  validator: "Validator",
  asset: "Asset",
} as const;

function linkOf({ kind, id }: Found): string {
  switch (kind) {
    case "block":
      return links.block(id);
    case "transaction":
      return links.transaction(id);
    case "account":
      return links.account(id);
    case "validator":
      return links.validators;
    case "asset":
      return links.assets;
  }
}

function Results({ items, text }: { readonly items: readonly Found[]; readonly text: string }) {
  const only = items.length === 1 ? items[0] : undefined;
  useEffect(() => {
    // Replaced, so that "back" leads to the page before the search.
    if (only !== undefined) location.replace(linkOf(only));
  }, [only]);
  if (items.length === 0) {
    const words = {
      tone: "quiet",
      title: `Nothing is named “${text}”`,
      text: "A search takes a height, a block or transaction id of 64 hexadecimal digits, an account (fa1…), a validator (fv1…) or an asset code, whole and of this network.",
    } as const;
    return <Notice words={words} />;
  }
  return (
    <ul class="items">
      {items.map((item) => (
        <li key={`${item.kind} ${item.id}`} class="item">
          <a href={linkOf(item)}>
            {KIND_WORDS[item.kind]} <span class="id">{item.id}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** What a text names. One thing is shown at once. */
export function SearchPage({ text }: { readonly text: string }) {
  const { loaded, reload } = useCall("search", { text });
  return (
    <>
      <PageTitle title="Search" />
      <LoadedView loaded={loaded} what="Search" reload={reload}>
        {({ items }) => <Results items={items} text={text} />}
      </LoadedView>
    </>
  );
}
