import { PageTitle } from "../components/pageTitle.js";
import { links } from "../text/routes.js";

export function UnknownPage() {
  return (
    <>
      <PageTitle title="No such page" />
      <p>
        This address names no page. The <a href={links.live}>live page</a> shows the newest blocks;
        the search box finds blocks, transactions, accounts and assets.
      </p>
    </>
  );
}
