// Goal: an operator sees how signatures are checked, with threads and without.
import { expect, test } from "vitest";
import { createMachine } from "../../../src/node/machine.js";
import { silentLogger } from "../../../src/ports/logger.js";
import { createPrometheusMetrics } from "../../../src/telemetry/index.js";
import { jobOf, verdictsOf } from "../../ports/verifierPool.contract.js";

test.each([0, 1, 2])(
  "counts, sizes and times of checks are exported, with %i threads",
  async (workers) => {
    const machine = await createMachine({ workers });
    const [first, second] = [
      createPrometheusMetrics(silentLogger),
      createPrometheusMetrics(silentLogger),
    ];
    machine.reportTo(first);
    machine.reportTo(second);
    // One key, used often enough to get tables.
    const jobs = Array.from({ length: 20 }, () => jobOf("metrics", "valid"));
    for (let call = 0; call < 5; call++) await verdictsOf(machine.verifierPool, jobs);
    await machine.stop();
    for (const metrics of [first, second]) {
      const text = await metrics.text();
      const sampleOf = (name: string) =>
        Number(new RegExp(`^${name.replace(/[{}]/g, "\\$&")} (.*)$`, "m").exec(text)?.[1]);
      expect(sampleOf("fondaco_signatures_call_signatures_sum")).toBe(100);
      expect(sampleOf("fondaco_signatures_call_signatures_count")).toBe(5);
      expect(sampleOf("fondaco_signatures_wait_seconds_count")).toBe(5);
      expect(sampleOf("fondaco_signatures_wait_seconds_sum")).toBeGreaterThan(0);
      expect(sampleOf("fondaco_signatures_call_seconds_sum")).toBeGreaterThan(0);
      const withTables = sampleOf('fondaco_signatures_checked_total{tier="tables"}');
      const combined = sampleOf('fondaco_signatures_checked_total{tier="combination"}');
      expect(withTables).toBeGreaterThan(0);
      expect(withTables + combined).toBe(100);
      expect(sampleOf("fondaco_signature_tables_built_total")).toBe(1);
      metrics.close();
    }
  },
);
