/** The browser of the tests of pages: Debian's Chromium. */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

/** Nothing that a browser does by itself may show up as a request of the pages. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Whether tests that need a browser can run. Where it is missing they are skipped with a message;
 * with `CI=true` nothing may skip, so there they fail.
 */
export function hasBrowser(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  const words = `${EXECUTABLE} is missing: apt-get install chromium`;
  if (process.env.CI === "true") throw new Error(words);
  console.warn(`skipped, because ${words}`);
  return false;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args: FLAGS });
}
