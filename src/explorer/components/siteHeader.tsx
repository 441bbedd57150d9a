import type { Route } from "../text/routes.js";
import { links } from "../text/routes.js";
import { Freshness } from "./freshness.js";
import { SearchBox } from "./searchBox.js";

const ENTRIES = [
  { page: "live", text: "Live", href: links.live },
  { page: "validators", text: "Validators", href: links.validators },
  { page: "assets", text: "Assets", href: links.assets },
] as const;

export function SiteHeader({ route }: { readonly route: Route }) {
  return (
    <header class="site">
      <a class="brand" href={links.live}>
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <path d="M6 25V14a4.5 4.5 0 0 1 9 0v11M17 25V14a4.5 4.5 0 0 1 9 0v11M4 25h24" />
        </svg>
        Fondaco
      </a>
      <nav aria-label="Pages">
        {ENTRIES.map(({ page, text, href }) => (
          <a key={page} href={href} aria-current={route.page === page ? "page" : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <SearchBox />
      <Freshness />
    </header>
  );
}
