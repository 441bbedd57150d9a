/** The frame of all pages, and which page an address names. */

import { useEffect, useState } from "preact/hooks";
import { SiteFooter } from "./components/siteFooter.js";
import { SiteHeader } from "./components/siteHeader.js";
import { AccountPage } from "./pages/accountPage.js";
import { AssetsPage } from "./pages/assetsPage.js";
import { BlockPage } from "./pages/blockPage.js";
import { LivePage } from "./pages/livePage.js";
import { SearchPage } from "./pages/searchPage.js";
import { TransactionPage } from "./pages/transactionPage.js";
import { UnknownPage } from "./pages/unknownPage.js";
import { ValidatorsPage } from "./pages/validatorsPage.js";
import { type Route, routeOf } from "./text/routes.js";

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = () => {
      setRoute(routeOf(location.hash));
      scrollTo(0, 0);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** A page is made anew for each thing that it shows: nothing of the last one stays. */
function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "live":
      return <LivePage />;
    case "block":
      return <BlockPage key={route.id} id={route.id} />;
    case "transaction":
      return <TransactionPage key={route.id} txId={route.id.toLowerCase()} />;
    case "account":
      return <AccountPage key={route.id} account={route.id} />;
    case "validators":
      return <ValidatorsPage />;
    case "assets":
      return <AssetsPage />;
    case "search":
      return <SearchPage key={route.id} text={route.id} />;
    case "unknown":
      return <UnknownPage />;
  }
}

export function App() {
  const route = useRoute();
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to content
      </button>
      <SiteHeader route={route} />
      <main id="main" tabIndex={-1}>
        <Page route={route} />
      </main>
      <SiteFooter />
    </>
  );
}

/** A button and no link: what follows `#` names a page. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}
