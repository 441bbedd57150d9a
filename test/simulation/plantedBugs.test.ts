/**
 * Goal: the checkers are worth something. Method: plant a known bug in every validator and run
 * seeds until a checker fires; it must be one that the bug explains.
 */

import { expect, test } from "vitest";
import type { NodeFaults } from "../../src/node/faults.js";
import type { CheckerName } from "./checkers/failure.js";
import { World } from "./world.js";

interface Bug {
  readonly name: string;
  readonly nodeFaults: NodeFaults;
  readonly found: readonly CheckerName[];
}

const BUGS: readonly Bug[] = [
  {
    name: "a vote is sent before its fdatasync (CON-W2 to W4)",
    nodeFaults: { voteBeforeFlush: true },
    found: ["durable-votes"],
  },
  {
    name: "certificates are written later than the votes they permitted (CON-W2 to W4)",
    nodeFaults: { lazyCertificates: true },
    found: ["durable-votes"],
  },
  {
    name: "a second vote of one validator counts",
    nodeFaults: { countVoteTwice: true },
    found: ["certificates", "agreement"],
  },
  {
    name: "a validator forgets that it nullified a view (CON-R-F)",
    nodeFaults: { forgetNullification: true },
    found: ["unique-votes"],
  },
  {
    name: "leaving a branch forgets to undo one row",
    nodeFaults: { dropUndo: true },
    found: ["agreement", "conservation", "state-root", "honest-peers"],
  },
];

const SEEDS_MAX = 40;

test.each(BUGS)(
  "is found: $name",
  ({ nodeFaults, found }) => {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { failure } = new World({ seed, faultMs: 20_000, nodeFaults }).run();
      if (failure === undefined) continue;
      expect(found, `seed ${seed}: ${failure.detail}`).toContain(failure.checker);
      return;
    }
    expect.fail(`no checker fired in ${SEEDS_MAX} seeds`);
  },
  180_000,
);
