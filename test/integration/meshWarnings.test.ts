// Goal: two processes under one validator's keys are named where an operator looks. Method: a network
// of real validators, and a second mesh with the keys of one of them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { nobleBatchVerifier, nobleHasher } from "../../src/crypto/noble/index.js";
import { createMesh, type Mesh, type MeshFinding } from "../../src/network/index.js";
import { createNodeSigner } from "../../src/node/adapters/nodeSigner.js";
import { systemClock } from "../../src/node/adapters/systemClock.js";
import { systemEntropy } from "../../src/node/adapters/systemEntropy.js";
import { MeshWarnings } from "../../src/node/meshWarnings.js";
import { silentLogger } from "../../src/ports/logger.js";
import { silentMetrics } from "../../src/ports/metrics.js";
import { InProcessNetwork } from "../support/inProcessNetwork.js";
import { until } from "../support/processNetwork.js";

const TWIN = 1;
let network: InProcessNetwork;
let twin: Mesh | undefined;

beforeAll(async () => {
  network = await InProcessNetwork.start({ mode: "open" });
}, 120_000);
afterAll(async () => {
  await new Promise<void>((resolve) => (twin === undefined ? resolve() : twin.stop(resolve)));
  await network.close();
}, 60_000);

test("SECOND_SESSION stands in the status of the validator that refused it", async () => {
  const seen = () => network.validator(0).node.status().warnings;
  await until(
    async () => network.validator(0).node.status().chain.peers,
    (peers) => peers.every(({ isConnected }) => isConnected),
    60_000,
    "all validators connected",
  );
  expect(seen().filter(({ code }) => code === "SECOND_SESSION")).toEqual([]);
  const seats = network.plan.validators;
  const { consensusSeed, tlsSeed } = seats[TWIN]!;
  twin = createMesh({
    self: TWIN,
    registry: network.registry([0]),
    genesisHash: network.genesisHash,
    tlsKeySeed: tlsSeed,
    listen: { host: "127.0.0.1", port: 0 },
    signer: createNodeSigner(consensusSeed),
    batchVerifier: nobleBatchVerifier,
    hasher: nobleHasher,
    clock: systemClock,
    entropy: systemEntropy,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  twin.start({ connected: () => {}, disconnected: () => {}, message: () => {} });
  const warnings = await until(
    async () => seen(),
    (all) => all.some(({ code }) => code === "SECOND_SESSION"),
    60_000,
    "SECOND_SESSION in the status",
  );
  const [warning] = warnings.filter(({ code }) => code === "SECOND_SESSION");
  expect(warning?.message).toMatch(/keys of validator 1 \(\w+\)/);
}, 120_000);

test("what was found is shown for two minutes, once of each kind", () => {
  const warnings = new MeshWarnings((index) => `validator ${index}`);
  const finding = (code: MeshFinding["code"], peer: number | undefined): MeshFinding => ({
    code,
    by: "peer",
    peer,
    address: "127.0.0.1",
    detail: "",
  });
  warnings.note(finding("SECOND_SESSION", 2), 1_000);
  warnings.note(finding("SECOND_SESSION", 2), 2_000);
  warnings.note(finding("WRONG_CHAIN", 3), 1_000);
  warnings.note(finding("FLOOD", 3), 1_000);
  warnings.note(finding("WRONG_CHAIN", undefined), 1_000);
  const codes = (nowMs: number) => warnings.current(nowMs).map(({ code }) => code);
  expect(codes(100_000)).toEqual(["SECOND_SESSION", "WRONG_CHAIN"]);
  expect(codes(121_500)).toEqual(["SECOND_SESSION"]);
  expect(codes(122_001)).toEqual([]);
});
