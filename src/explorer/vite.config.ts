// Builds the pages into dist/explorer, where a validator finds them.
import { defineConfig } from "vite";

const here = decodeURIComponent(new URL(".", import.meta.url).pathname);

const config = defineConfig({
  root: here,
  // Relative, so that the pages also work behind a path of a reverse proxy.
  base: "./",
  build: {
    outDir: `${here}../../dist/explorer`,
    emptyOutDir: true,
    target: "es2022",
    // The polyfill would be an inline script, which the node's content security policy refuses.
    modulePreload: { polyfill: false },
    // A small image as a data: URL would save a request, but icons are better cached as files.
    assetsInlineLimit: 0,
  },
});

export { config as default };
