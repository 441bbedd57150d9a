import { assert } from "../../src/base/assert.js";
import { DEFAULT_TUNING } from "../../src/network/tuning.js";
import { addressed, MeshNode, registryOf } from "../integration/meshKit.js";
import { Incarnation } from "../simulation/core/liveness.js";
import { SimulatedNetwork } from "../simulation/core/network.js";
import { Random } from "../simulation/core/random.js";
import { Scheduler } from "../simulation/core/scheduler.js";
import { type TransportHarness, transportContract } from "./transport.contract.js";

const FAST = { ...DEFAULT_TUNING, backOffMsMin: 5, backOffMsMax: 20, headStartMs: 5 };

transportContract("TLS mesh", async (validatorCount): Promise<TransportHarness> => {
  const registry = registryOf(validatorCount);
  const nodes = registry.map(({ index }) => new MeshNode(index, registry, { tuning: FAST }));
  return {
    transports: nodes.map(({ mesh }) => mesh),
    started: async () => {
      await Promise.all(nodes.map((node) => node.listening()));
      for (const { mesh } of nodes) mesh.setRegistry(addressed(nodes, validatorCount));
    },
    close: async (running) => {
      await Promise.all(nodes.map((node) => running.includes(node.mesh) && node.stop()));
    },
  };
});

transportContract("simulated network", async (validatorCount): Promise<TransportHarness> => {
  const scheduler = new Scheduler();
  const observer = { sent: () => {}, delivered: () => {}, cutOff: () => {} };
  const random = Random.of(5, "contract");
  const network = new SimulatedNetwork(validatorCount, scheduler, random, observer);
  return {
    transports: Array.from({ length: validatorCount }, (_, index) =>
      network.transportOf(new Incarnation(index, 0)),
    ),
    started: async () => {},
    drive: (isDone) => {
      while (!isDone()) assert(scheduler.step(60_000), "nothing is left to wait for");
    },
    close: async () => {},
  };
});
