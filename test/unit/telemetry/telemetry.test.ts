import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../../src/ports/logger.js";
import {
  createJsonLogger,
  createPrometheusMetrics,
  HealthListener,
} from "../../../src/telemetry/index.js";
import { canonicalName, METRICS } from "../../../src/telemetry/metricCatalogue.js";
import { readSources } from "../../architecture/sources.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe("TEL-1: JSON log", () => {
  async function logged(level: "debug" | "info", write: (logger: Logger) => void) {
    const directory = mkdtempSync(join(tmpdir(), "fondaco-log-"));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "deep", "node.log");
    const log = createJsonLogger({ level, to: { path }, bindings: { validator: 3 } });
    write(log.logger);
    await new Promise<void>((resolve) => log.close(resolve));
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it("writes one JSON object a line, from its level up", async () => {
    const lines = await logged("info", (logger) => {
      logger.debug("not this");
      logger.info("started", { height: 5, ok: true });
      logger.error("broken");
    });
    expect(lines).toMatchObject([
      { level: "info", msg: "started", validator: 3, height: 5, ok: true },
      { level: "error", msg: "broken", validator: 3 },
    ]);
    expect(Date.parse(lines[0]?.time as string)).toBeGreaterThan(0);
  });

  it("hides secrets, cuts long texts, and keeps its own keys", async () => {
    const [line] = await logged("debug", (logger) => {
      logger.debug("m", {
        tlsKeySeed: "0011",
        Password: "hunter2",
        apiToken: 5,
        privateKey: "k",
        publicKey: "shown",
        long: "x".repeat(10_000),
        msg: "other",
      });
    });
    expect(line).toMatchObject({
      tlsKeySeed: "[redacted]",
      Password: "[redacted]",
      apiToken: "[redacted]",
      privateKey: "[redacted]",
      publicKey: "shown",
      msg: "m",
      msg_: "other",
    });
    expect(line?.long).toBe(`${"x".repeat(4_096)}...`);
  });
});

describe("TEL-2, TEL-3: metrics", () => {
  it("exports counters, gauges and histograms with help texts", async () => {
    const metrics = createPrometheusMetrics(silentLogger);
    cleanups.push(() => metrics.close());
    metrics.count("fondaco_p2p_violations_total", 2, { code: "X" });
    metrics.count("fondaco_p2p_violations_total", 0, { code: "X" });
    metrics.gauge("fondaco_p2p_peers", 3);
    metrics.observe("fondaco_p2p_rtt_seconds", 0.003, { peer: "1" });
    const text = await metrics.text();
    expect(text).toContain('fondaco_p2p_violations_total{code="X"} 2');
    expect(text).toContain("# HELP fondaco_p2p_peers Validators with a complete link");
    expect(text).toContain("fondaco_p2p_peers 3");
    expect(text).toContain('fondaco_p2p_rtt_seconds_bucket{le="0.005",peer="1"} 1');
    expect(text).toContain("process_cpu_seconds_total");
  });

  it("never throws: unknown names are logged once and counted, labels are bounded", async () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (_: string, fields: unknown) => warnings.push(fields) };
    const metrics = createPrometheusMetrics(logger);
    cleanups.push(() => metrics.close());
    metrics.count("no_such", 1);
    metrics.count("no_such", 1);
    metrics.gauge("fondaco_p2p_violations_total", 1);
    for (let i = 0; i < 1_100; i++) {
      metrics.count("p2p_violations", 1, { code: `c${i}`, stray: "y" });
    }
    const text = await metrics.text();
    expect(warnings).toEqual([
      { metric: "fondaco_no_such_total", kind: "counter" },
      { metric: "fondaco_p2p_violations_total", kind: "gauge" },
    ]);
    expect(text).toContain("fondaco_telemetry_unknown_metrics_total 3");
    expect(text).toContain('fondaco_p2p_violations_total{code="other"} 100');
  });

  it("describes every metric that the sources name, and no other", () => {
    const call = /\bmetrics\s*\.(count|gauge|observe)\(\s*"([^"]+)"/g;
    const named = new Set(["fondaco_telemetry_unknown_metrics_total"]);
    for (const { text } of readSources("src")) {
      for (const [, method, name] of text.matchAll(call)) {
        named.add(canonicalName(name as string, method === "count"));
      }
    }
    expect([...named].sort()).toEqual(Object.keys(METRICS).sort());
    for (const [name, { kind }] of Object.entries(METRICS)) {
      expect(name.endsWith("_total"), name).toBe(kind === "counter");
      if (kind === "histogram") expect(name).toMatch(/_(seconds|bytes|signatures)$/);
    }
  });

  it("is listed in the README", () => {
    const readme = readSources("src").length > 0 && readFileSync("src/telemetry/README.md", "utf8");
    for (const name of Object.keys(METRICS)) expect(readme).toContain(`\`${name}\``);
  });
});

describe("TEL-4: health listener", () => {
  async function listener(notReadyReasons: () => string[]) {
    const metrics = { contentType: "text/plain; version=0.0.4", text: async () => "m 1\n" };
    const health = new HealthListener({ port: 0, notReadyReasons, metrics });
    await new Promise<void>((resolve, reject) =>
      health.start((error) => (error ? reject(error) : resolve())),
    );
    const get = async (path: string, method = "GET") => {
      const response = await fetch(`http://127.0.0.1:${health.port}${path}`, { method });
      return { status: response.status, body: await response.text() };
    };
    return { health, get, stop: () => new Promise<void>((resolve) => health.stop(resolve)) };
  }

  it("tells liveness, readiness with reasons, and metrics", async () => {
    const reasons: string[] = ["catching up: 40 blocks behind"];
    const { get, stop } = await listener(() => reasons);
    expect(await get("/livez")).toEqual({ status: 200, body: "alive\n" });
    expect(await get("/readyz")).toEqual({
      status: 503,
      body: '{"ready":false,"reasons":["catching up: 40 blocks behind"]}\n',
    });
    reasons.length = 0;
    expect(await get("/readyz?verbose")).toMatchObject({ status: 200 });
    expect(await get("/metrics")).toEqual({ status: 200, body: "m 1\n" });
    expect(await get("/other")).toMatchObject({ status: 404 });
    expect(await get("/livez", "POST")).toMatchObject({ status: 405 });
    expect(await get("/livez", "HEAD")).toEqual({ status: 200, body: "" });
    await stop();
  });

  it("says that its port is taken", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as AddressInfo;
    const metrics = { contentType: "text/plain", text: async () => "" };
    const health = new HealthListener({ port, notReadyReasons: () => [], metrics });
    const error = await new Promise((resolve) => health.start(resolve));
    expect(error).toMatchObject({ code: "PORT_TAKEN" });
    await new Promise((resolve) => blocker.close(resolve));
  });
});
