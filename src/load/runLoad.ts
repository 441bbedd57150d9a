/** A whole run: read, sign, send, wait, read again, check. */

import { randomInt } from "node:crypto";
import { hexBytes } from "../base/bytes.js";
import { FondacoError } from "../base/errors.js";
import { walletFrom } from "../client/index.js";
import { type Check, checkAccounting } from "./accounting.js";
import type { GeneratorOptions, GeneratorProgress, generate } from "./generator.js";
import { type MachineFacts, machineFacts } from "./machineFacts.js";
import { LATE_MS, LATE_SHARE_MAX, type Measurements, measure } from "./measurements.js";
import {
  AccountReader,
  connectNode,
  readLedger,
  resolveOpen,
  waitForEqualHeads,
} from "./nodeReader.js";
import { type OutcomeArrays, type Outcomes, outcomeArrays } from "./outcomes.js";
import { type NodeSample, Sampler } from "./sampler.js";
import { makeSchedule, type Schedule, type Workload } from "./schedule.js";
import { type LoadAccount, type SignedPayments, signPayments } from "./signing.js";

export interface LoadOptions {
  /** `http://host:port` of each node that gets a share. */
  readonly nodes: readonly string[];
  readonly accounts: readonly LoadAccount[];
  readonly rate: number;
  /** Seconds that are measured. */
  readonly durationS: number;
  /** Seconds before them at the same rate, which the figures leave out. */
  readonly warmUpS: number;
  readonly workload: Workload;
  readonly seed: number;
  readonly connectionsPerNode: number;
  readonly tickMs: number;
  readonly admittedSample: number;
  /** In a thread of its own (`generateInThread`), or here for tests. */
  readonly generate: typeof generate;
  readonly command: string;
  readonly softwareVersion: string;
  readonly remark: (text: string) => void;
  readonly progress: (text: string) => void;
}

export interface NodeFigures {
  readonly url: string;
  readonly softwareVersion: string;
  /** Flushes since the node started, in milliseconds. */
  readonly flushMs: { readonly count: number; readonly p50: number; readonly p99: number };
  readonly rssMaxMiB: number | null;
  /** Cores that the process kept busy during the run, all threads. */
  readonly cpuCores: number | null;
  /** Its processor time for each payment that became final, whoever took it; without the warm-up. */
  readonly cpuUsPerPayment: number | null;
  readonly samples: readonly NodeSample[];
}

export interface LoadResult extends Measurements {
  readonly schemaVersion: 1;
  readonly isValid: boolean;
  readonly checks: readonly Check[];
  readonly command: string;
  readonly startedAt: string;
  readonly softwareVersion: string;
  readonly machine: MachineFacts;
  readonly network: {
    readonly name: string;
    readonly genesisHash: string;
    readonly validators: number;
    readonly fromHeight: number;
    readonly toHeight: number;
  };
  readonly workload: Workload;
  readonly rate: number;
  readonly durationS: number;
  readonly warmUpS: number;
  readonly seed: number;
  readonly accounts: number;
  readonly channel: number;
  readonly payments: number;
  readonly overloaded: { readonly count: number; readonly retryAfterMsMean: number };
  readonly nodes: readonly NodeFigures[];
  /** Of the generator's process. */
  readonly generator: { readonly cpuCores: number; readonly rssMiB: number };
}

const ASSETS = ["CNY", "USD", "EUR", "CHF"];
const CHANNELS = 64;
/** As the gateway's longest wait. */
const WAIT_MS = 30_000;
const DRAIN_MS = 35_000;
/** Signing, connecting and waiting all lie within it. */
const VALID_FOR_MS = 60_000;
const SIGNING_MS_EACH = 0.15;
const HEADS_MS = 30_000;

interface Before {
  readonly schedule: Schedule;
  readonly signed: SignedPayments;
  readonly balances: Awaited<ReturnType<AccountReader["balances"]>>;
  readonly channel: number;
  readonly validUntilMs: number;
  readonly assets: readonly number[];
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { nodes, remark } = options;
  const machine = machineFacts();
  const wallets = options.accounts.map(({ accountId, keySeed }) => walletFrom(accountId, keySeed));
  const reader = await AccountReader.open(nodes[0] as string);
  const clients = await Promise.all(nodes.map((url) => connectNode(url)));
  const close = () => {
    reader.close();
    for (const client of clients) client.close();
  };
  try {
    const info = await reader.client.call("node.info", {});
    for (const client of clients) {
      if (client.hello.genesisHash === info.genesisHash) continue;
      throw new FondacoError({ code: "WRONG_CHAIN" }, "the nodes belong to different networks");
    }
    const before = await prepare(options, reader, wallets, hexBytes(info.genesisHash));
    const fromHeight = await waitForEqualHeads(clients, HEADS_MS);
    const sampler = new Sampler(nodes.map((url, i) => ({ url, client: clients[i]! })));
    const startedAt = new Date().toISOString();
    const cpuBefore = process.cpuUsage();
    const startMs = performance.now();
    const outcomes = await send(options, before);
    const elapsedMs = performance.now() - startMs;
    const cpu = process.cpuUsage(cpuBefore);
    await sampler.stop();

    remark("checking what the nodes hold");
    await Promise.all(
      clients.map((client, i) =>
        resolveOpen(
          client,
          before.schedule.byNode[i] as Uint32Array,
          before.signed.ids,
          outcomes,
          before.validUntilMs,
          startMs,
        ),
      ),
    );
    const toHeight = await waitForEqualHeads(clients, HEADS_MS);
    const balancesAfter = await reader.balances(wallets, before.assets);
    const ledgers = [];
    for (const [i, client] of clients.entries()) {
      ledgers.push(
        await readLedger(client, nodes[i] as string, { fromHeight, toHeight }, before.signed.ids),
      );
    }
    const measurements = measure(before.schedule, outcomes, options.warmUpS);
    const checks = [
      ...checkAccounting({
        schedule: before.schedule,
        ending: outcomes.ending,
        errorNames: outcomes.errorNames,
        overloadedWithoutRetry: outcomes.overloadedWithoutRetry,
        nodes: ledgers,
        balancesBefore: before.balances,
        balancesAfter,
      }),
      lateness(measurements),
      {
        name: "no socket was lost",
        ok: outcomes.lostSockets === 0,
        detail: `${outcomes.lostSockets} lost`,
      },
    ];
    const figures = await Promise.all(
      clients.map(async (client, i) => {
        const { flushMs } = await client.call("node.status", {});
        return figuresOf(
          nodes[i] as string,
          client.hello.softwareVersion,
          flushMs,
          sampler.samples[i] as NodeSample[],
          { ...options, ...measurements },
        );
      }),
    );
    return {
      schemaVersion: 1,
      isValid: checks.every(({ ok }) => ok),
      checks,
      command: options.command,
      startedAt,
      softwareVersion: options.softwareVersion,
      machine,
      network: {
        name: info.networkName,
        genesisHash: info.genesisHash,
        validators: info.validatorCount,
        fromHeight,
        toHeight,
      },
      workload: options.workload,
      rate: options.rate,
      durationS: options.durationS,
      warmUpS: options.warmUpS,
      seed: options.seed,
      accounts: options.accounts.length,
      channel: before.channel,
      payments: before.schedule.count,
      overloaded: {
        count: outcomes.overloaded,
        retryAfterMsMean: Math.round(outcomes.retryAfterMsSum / Math.max(1, outcomes.overloaded)),
      },
      nodes: figures,
      generator: {
        cpuCores: round((cpu.user + cpu.system) / 1_000 / elapsedMs),
        rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
      },
      ...measurements,
    };
  } finally {
    close();
  }
}

async function prepare(
  options: LoadOptions,
  reader: AccountReader,
  wallets: readonly ReturnType<typeof walletFrom>[],
  genesisHash: Uint8Array,
): Promise<Before> {
  const { accounts, nodes, rate, durationS, warmUpS, workload, seed, remark, progress } = options;
  const schedule = makeSchedule({
    rate,
    durationS: durationS + warmUpS,
    workload,
    seed,
    accounts: accounts.length,
    nodes: nodes.length,
  });
  const assets = await Promise.all(
    ASSETS.map(
      async (code) => (await reader.client.call("asset.get", { asset: code })).asset.asset,
    ),
  );
  remark(`reading ${accounts.length} accounts`);
  const channel = randomInt(CHANNELS);
  const firstNonces = await reader.nonces(wallets, channel);
  const balances = await reader.balances(wallets, assets);
  remark(`signing ${schedule.count} payments`);
  const validUntilMs =
    Date.now() +
    Math.round(schedule.count * SIGNING_MS_EACH) +
    (durationS + warmUpS) * 1_000 +
    VALID_FOR_MS;
  const signed = await signPayments({
    schedule,
    accounts,
    genesisHash,
    assets,
    channel,
    firstNonces,
    validUntilMs,
    progress: (done, total) => progress(`signed ${done} of ${total}`),
  });
  return { schedule, signed, balances, channel, validUntilMs, assets };
}

async function send(options: LoadOptions, { schedule, signed }: Before): Promise<Outcomes> {
  const arrays: OutcomeArrays = outcomeArrays(schedule.count);
  const generatorOptions: GeneratorOptions = {
    ...arrays,
    urls: options.nodes.map((url) => `${url.replace(/^http/, "ws").replace(/\/+$/, "")}/ws`),
    rate: schedule.rate,
    count: schedule.count,
    byNode: schedule.byNode,
    texts: signed.texts,
    entrySizeBytes: signed.entrySizeBytes,
    connectionsPerNode: options.connectionsPerNode,
    tickMs: options.tickMs,
    waitMs: WAIT_MS,
    admittedSample: options.admittedSample,
    drainMs: DRAIN_MS,
  };
  options.remark(`sending ${options.rate} payments a second`);
  const answer = await options.generate(generatorOptions, (progress: GeneratorProgress) => {
    const { elapsedMs, sent, ended } = progress;
    options.progress(`${Math.round(elapsedMs / 1_000)} s: ${sent} sent, ${ended} ended`);
  });
  return { ...arrays, ...answer };
}

function lateness({ lateShare, lateness: late }: Measurements): Check {
  const percent = (lateShare * 100).toFixed(2);
  return {
    name: `at most ${LATE_SHARE_MAX * 100} % were sent more than ${LATE_MS} ms late`,
    ok: lateShare <= LATE_SHARE_MAX,
    detail: `${percent} %; p99 of lateness ${late.p99} ms, most ${late.max} ms`,
  };
}

function figuresOf(
  url: string,
  softwareVersion: string,
  flushMs: NodeFigures["flushMs"],
  samples: readonly NodeSample[],
  run: Pick<LoadResult, "warmUpS" | "durationS" | "finalPerSecond">,
): NodeFigures {
  const sizes = samples.flatMap(({ rssMiB }) => (rssMiB === null ? [] : [rssMiB]));
  const measured = samples.filter(
    ({ second }) => second >= run.warmUpS && second <= run.warmUpS + run.durationS,
  );
  const [first, last] = [measured[0], measured.at(-1)];
  const cpuS = first?.cpuS == null || last?.cpuS == null ? null : last.cpuS - first.cpuS;
  const elapsedS = (last?.second ?? 0) - (first?.second ?? 0);
  const cpuCores = cpuS === null || elapsedS === 0 ? null : cpuS / elapsedS;
  return {
    url,
    softwareVersion,
    flushMs: { count: flushMs.count, p50: round(flushMs.p50), p99: round(flushMs.p99) },
    rssMaxMiB: sizes.length === 0 ? null : Math.max(...sizes),
    cpuCores: cpuCores === null ? null : round(cpuCores),
    cpuUsPerPayment:
      cpuCores === null || run.finalPerSecond === 0
        ? null
        : round((cpuCores * 1e6) / run.finalPerSecond),
    samples,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
