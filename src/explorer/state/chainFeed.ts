/** The newest blocks: what the chain had when the page opened, then each as it becomes final. */

import type { BlockItem } from "../../client/index.js";
import { nodeNowMs } from "./nodeStatus.js";
import { call, client, link, pause } from "./session.js";
import { Store } from "./store.js";

export type Header = BlockItem["header"];

export interface SeenBlock {
  readonly header: Header;
  /** When this page saw it final, by the node's clock; undefined for blocks of before. */
  readonly seenMs: number | undefined;
}

/** Ten blocks a second for a minute. */
const KEPT = 600;
const PAGE = 200;
/** How much of the past the pages show as a rate. */
export const RATE_WINDOW_MS = 60_000;
const REDRAW_MS = 100;
const RETRY_MS = 2_000;

/** Newest first. */
export const chainFeed = new Store<readonly SeenBlock[]>([]);

const known = new Map<number, SeenBlock>();
let isRedrawDue = false;
/** Blocks made before this session are seen late: their delay says nothing about finality. */
let sessionMs = 0;
link.subscribe(() => {
  if (link.value === "open") sessionMs = nodeNowMs();
});

function publish(): void {
  isRedrawDue = false;
  const heights = [...known.keys()].sort((a, b) => b - a);
  for (const height of heights.slice(KEPT)) known.delete(height);
  chainFeed.set(heights.slice(0, KEPT).map((height) => known.get(height) as SeenBlock));
}

function add(header: Header, seenMs: number | undefined): void {
  if (known.get(header.height)?.seenMs === undefined) known.set(header.height, { header, seenMs });
  if (isRedrawDue) return;
  isRedrawDue = true;
  setTimeout(publish, REDRAW_MS);
}

async function loadPast(): Promise<void> {
  let to: number | undefined;
  while (known.size < KEPT) {
    const page = await call("chain.blocks", { limit: PAGE, ...(to === undefined ? {} : { to }) });
    for (const header of page.items) add(header, undefined);
    const oldest = page.items.at(-1);
    const isEnough = oldest === undefined || oldest.timeMs < nodeNowMs() - RATE_WINDOW_MS;
    if (isEnough || page.next === null) return;
    to = page.next;
  }
}

async function followOnce(): Promise<void> {
  // Opened first, so that no block falls between the past and what comes.
  const blocks = (await client()).subscribe("blocks", { after: "head" });
  try {
    await loadPast();
    for await (const { header } of blocks) {
      add(header, header.timeMs >= sessionMs ? nodeNowMs() : undefined);
    }
  } finally {
    blocks.close();
  }
}

export async function followChain(): Promise<never> {
  for (;;) {
    // The badge says that the node is not heard; here it is only tried again.
    await followOnce().catch(() => undefined);
    await pause(RETRY_MS);
  }
}
