// Goal: pages that a slow link brings late are waited for.
import { expect, it } from "vitest";
import { CatchUp } from "../../../src/sync/catchUp.js";
import { PeerBook } from "../../../src/sync/peerBook.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { hasher } from "../validator/records.js";

it("SYN-3: a peer whose pages came too late gets twice the time, sixteen times at most", () => {
  const peers = new PeerBook(4, 3);
  peers.connection(0, true);
  const status = { epoch: 0, view: 41, finalizedView: 40, finalizedHeight: 20, lowestHeight: 1 };
  const rest = { finalizedHash: ZERO_HASH, laneTips: [], clockMs: 0, quarantined: false };
  peers.status(0, { ...status, ...rest }, 0);
  let nowMs = 0;
  const sentMs: number[] = [];
  const catchUp = new CatchUp({
    hasher,
    deltaMs: 100,
    maxBlockSizeBytes: 1_000_000,
    maxUnfinalized: 16,
    peers,
    send: () => sentMs.push(nowMs),
    report: () => expect.fail("nobody is at fault"),
    holdCertificate: () => "useless",
    insertFinal: () => expect.fail("there is no page"),
  });
  const held = { hash: ZERO_HASH, height: 0, view: 0 };
  for (; sentMs.length < 8; nowMs += 100) catchUp.progress(0, held, nowMs);
  const waits = sentMs.slice(1).map((atMs, i) => atMs - (sentMs[i] as number));
  expect(waits).toEqual([800, 1_600, 3_200, 6_400, 12_800, 12_800, 12_800]);
});
