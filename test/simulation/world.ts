/**
 * One simulated world: validators, their machines, the links between them, clients, faults and
 * checkers, all driven by one seed. `run` gives the faults their time, takes them away, and goes on
 * until the progress checker is content or the bound SIM-L1 has passed.
 */

import type { NodeFaults } from "../../src/node/faults.js";
import type { ValidatorNode } from "../../src/node/validatorNode.js";
import { faultBound } from "../../src/types/primitives.js";
import { equivocatingLeader } from "./byzantine/equivocatingLeader.js";
import { silentLeader } from "./byzantine/silentLeader.js";
import { CheckFailure } from "./checkers/failure.js";
import { FinalWatch } from "./checkers/finalWatch.js";
import { checkBalances } from "./checkers/stateChecks.js";
import { VoteWatch } from "./checkers/voteWatch.js";
import { awaitProgress, checkEnd } from "./checkers/worldEnd.js";
import { Clients } from "./core/clients.js";
import { drawPlan, type FaultKind, type FaultPlan, startFaults } from "./core/faultPlan.js";
import { createGenesis, type SimulatedNetworkSetup } from "./core/genesis.js";
import {
  ed25519Scheme,
  keyedHashScheme,
  type SignatureScheme,
} from "./core/keyedHashSignatures.js";
import type { Incarnation } from "./core/liveness.js";
import { describe, Machine } from "./core/machine.js";
import { CALM, SimulatedNetwork } from "./core/network.js";
import { Random } from "./core/random.js";
import { Scheduler } from "./core/scheduler.js";
import { Trace } from "./core/trace.js";
import { createWorldStateTree, worldHasher } from "./core/worldKernels.js";
import { noFaults, type WorldFailure, type WorldReport } from "./report.js";

export interface WorldOptions {
  readonly seed: number;
  /** How long faults go on, in virtual milliseconds. */
  readonly faultMs: number;
  /** Drawn from the seed when absent: 4, and 7 in one seed of eight. */
  readonly validatorCount?: number;
  /** Drawn from the seed when absent: real ones in one seed of ten. */
  readonly signatures?: SignatureScheme;
  /** Drawn from the seed when absent. */
  readonly plan?: FaultPlan;
  /** A bug to be planted in every validator. */
  readonly nodeFaults?: NodeFaults;
  /** Whether the disks are watched for votes that are sent too early (default true). */
  readonly watchDisk?: boolean;
  /** Mean time between two payments while faults go on. */
  readonly paymentEveryMs?: number;
  /** A validator whose errors are expected: the scenario breaks it on purpose. */
  readonly broken?: number;
  /** Called for each line that a validator logs, to look at a failing seed. */
  readonly log?: (atMs: number, validator: number, level: string, message: string) => void;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly trace = new Trace();
  readonly validatorCount: number;
  readonly setup: SimulatedNetworkSetup;
  readonly network: SimulatedNetwork;
  readonly machines: readonly Machine[];
  readonly plan: FaultPlan;
  readonly clients: Clients;
  readonly votes: VoteWatch;
  readonly finals: FinalWatch;
  readonly #options: WorldOptions;
  readonly #scheme: SignatureScheme;
  readonly #random: Random;
  readonly #faults = noFaults();
  #faulty = true;
  #healedMs: number | undefined;
  #restarts = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { seed } = options;
    const draw = Random.of(seed, "world");
    const drawnCount = draw.chance(1 / 8) ? 7 : 4;
    const drawnScheme = seed % 10 === 9 ? ed25519Scheme : keyedHashScheme;
    this.validatorCount = options.validatorCount ?? drawnCount;
    this.#scheme = options.signatures ?? drawnScheme;
    this.#random = Random.of(seed, "workload");
    this.plan =
      options.plan ??
      drawPlan(Random.of(seed, "plan"), this.validatorCount, faultBound(this.validatorCount));
    // Small files, so that they roll, are pruned and checkpointed within seconds.
    const storageSizes = {
      safetySegmentSizeBytes: 48 * 1024,
      checkpointBlocks: draw.pick([3, 10, 40]),
      pruneViews: draw.pick([4, 16]),
    };
    this.setup = createGenesis(this.validatorCount, this.#scheme, worldHasher);
    this.network = new SimulatedNetwork(
      this.validatorCount,
      this.scheduler,
      Random.of(seed, "network"),
      {
        sent: (from, _to, bytes) => this.votes.sent(from, bytes),
        delivered: (from, to, bytes) => {
          this.trace.number(this.scheduler.nowMs);
          this.trace.number(from * 256 + to);
          this.trace.bytes(bytes);
        },
        cutOff: (by, peer, reason) => this.#cutOff(by, peer, reason),
      },
    );
    this.votes = new VoteWatch({
      validatorCount: this.validatorCount,
      genesisHash: this.setup.genesisHash,
      consensusKeys: this.setup.validators.map((validator) => validator.publicKey),
      hasher: worldHasher,
      verifier: this.#scheme.verifier,
      isHonest: (validator) => this.isHonest(validator),
      firstSent: (voter, vote) => {
        if (options.watchDisk === false) return;
        this.machines[voter]?.disk.checkVoteIsDurable(voter, vote);
      },
    });
    this.machines = Array.from(
      { length: this.validatorCount },
      (_, index) =>
        new Machine({
          index,
          scheduler: this.scheduler,
          network: this.network,
          random: Random.of(seed, `machine ${index}`),
          setup: this.setup,
          hasher: worldHasher,
          verifier: this.#scheme.verifier,
          createStateTree: createWorldStateTree,
          faults: options.nodeFaults,
          storageSizes,
          log: (level, message, fields) => this.#logged(index, level, message, fields),
        }),
    );
    this.clients = new Clients({
      setup: this.setup,
      hasher: worldHasher,
      random: this.#random,
      validatorCount: this.validatorCount,
      nowMs: () => this.scheduler.nowMs,
      after: (delayMs, action) => void this.scheduler.after(delayMs, action),
      isHonest: (validator) => this.isHonest(validator),
      apiOf: (validator) => this.#apiOf(validator),
      positionOf: (txId) => this.finals.positionOf(txId),
    });
    this.finals = new FinalWatch(
      this.validatorCount,
      this.setup.genesisHash,
      this.setup.balances,
      (txId) => this.clients.paymentOf(txId),
    );
    this.#corrupt();
  }

  isHonest(validator: number): boolean {
    return !this.plan.byzantine.has(validator);
  }

  get honest(): number[] {
    return this.machines.map(({ index }) => index).filter((index) => this.isHonest(index));
  }

  /** Runs the world to its end and says what happened. Never throws for what a checker found. */
  run(): WorldReport {
    return this.runScript(() => this.runFor(this.#options.faultMs));
  }

  /** As `run`, with `script` in the place of the time with faults. */
  runScript(script: () => void): WorldReport {
    let failure: WorldFailure | undefined;
    try {
      this.begin();
      script();
      this.heal();
      this.#healedMs = awaitProgress(this);
      checkEnd(this);
    } catch (error) {
      failure = {
        checker: error instanceof CheckFailure ? error.checker : "exception",
        atMs: Math.round(this.scheduler.nowMs),
        detail: error instanceof CheckFailure ? error.detail : describe(error),
      };
    }
    return this.report(failure);
  }

  begin(): void {
    for (const machine of this.machines) this.#start(machine.index);
    this.#payLoop();
    startFaults(this.plan, this.#faultTarget(), Random.of(this.#options.seed, "faults"));
  }

  runFor(ms: number): void {
    const untilMs = this.scheduler.nowMs + ms;
    while (this.scheduler.step(untilMs));
  }

  /** All faults but the Byzantine validators end: links are calm, clocks right, machines up. */
  heal(): void {
    this.#faulty = false;
    Object.assign(this.network.quality, CALM);
    this.network.unblockAll();
    for (const machine of this.machines) {
      machine.disk.setFlushDelay(0.2, 2);
      machine.clockError.offsetMs = this.#random.between(-20, 20);
      if (!machine.isUp) this.#start(machine.index);
    }
  }

  counted(kind: FaultKind): void {
    this.#faults[kind]++;
  }

  crash(validator: number): void {
    this.trace.text(`crash ${validator}`);
    this.machines[validator]?.crash();
  }

  powerCut(validator: number): void {
    this.trace.text(`power ${validator}`);
    this.machines[validator]?.powerCut();
  }

  restart(validator: number): void {
    if (this.machines[validator]?.isUp === false) this.#start(validator);
  }

  restartAfter(validator: number, delayMs: number): void {
    this.scheduler.after(delayMs, () => this.restart(validator));
  }

  report(failure: WorldFailure | undefined): WorldReport {
    const { payments } = this.clients;
    return {
      seed: this.#options.seed,
      validatorCount: this.validatorCount,
      signatures: this.#scheme.name,
      kinds: [...this.plan.kinds],
      faults: this.#faults,
      virtualMs: this.scheduler.nowMs,
      events: this.scheduler.executed,
      messages: this.network.counts.sent,
      views: this.votes.maxView,
      blocks: this.finals.height,
      payments: {
        final: payments.filter((payment) => payment.position !== undefined).length,
        failed: this.finals.failedTransactions,
        expired: payments.filter((payment) => payment.isExpired).length,
      },
      restarts: this.#restarts,
      healedMs: this.#healedMs,
      traceHash: this.trace.digest(),
      failure,
    };
  }

  #corrupt(): void {
    for (const [self, kind] of this.plan.byzantine) {
      this.#faults[kind]++;
      const make = kind === "equivocatingLeader" ? equivocatingLeader : silentLeader;
      const filter = make({
        self,
        validatorCount: this.validatorCount,
        genesisHash: this.setup.genesisHash,
        hasher: worldHasher,
        signer: this.setup.validators[self]!,
        random: Random.of(this.#options.seed, `byzantine ${self}`),
        isActive: () => true,
      });
      this.network.outbound.set(self, filter);
    }
  }

  #start(index: number): void {
    const machine = this.machines[index] as Machine;
    if (machine.starts > 0) this.#restarts++;
    machine.start((node) => {
      this.trace.text(`ready ${index} ${node.head().height}`);
      if (this.isHonest(index)) this.#welcome(index, node);
    });
  }

  /** A validator has recovered: what it told clients must be there. */
  #welcome(index: number, node: ValidatorNode): void {
    const head = node.head();
    this.finals.fill(index, (height) => node.finalBlock(height), head.height);
    this.finals.restarted(index, head, this.finals.headOf(index));
    this.clients.checkAfterRestart(index, node);
    node.onFinal((block) => {
      if (this.machines[index]?.node !== node) return;
      this.trace.text(`final ${index} ${block.height}`);
      this.finals.final(index, block);
      if (block.height % 8 === index % 8) this.checkBalances(index);
    });
  }

  /** Compares what this validator holds with the model, if both stand at one height. */
  checkBalances(index: number): void {
    const running = this.#apiOf(index);
    if (running === undefined) return;
    const accounts = this.setup.accounts.map((account) => account.id);
    checkBalances(index, running.api, this.finals, accounts, running.guard);
  }

  #apiOf(validator: number) {
    const machine = this.machines[validator] as Machine;
    const { node, life } = machine;
    if (node === undefined || life === undefined) return undefined;
    const guard = (action: () => void): void => {
      if ((life as Incarnation).isAlive) action();
    };
    return { api: node, guard };
  }

  #payLoop(): void {
    const everyMs = this.#options.paymentEveryMs ?? 120;
    this.scheduler.after(everyMs * 2 * this.#random.unit(), () => {
      if (!this.#faulty) return;
      const spread = this.#random.chance(0.1) ? "all" : this.#random.chance(0.15) ? "some" : "one";
      const validForMs = this.#random.chance(0.2)
        ? this.#random.between(1_000, 6_000)
        : this.#random.between(60_000, 600_000);
      this.clients.pay(spread, validForMs);
      this.#payLoop();
    });
  }

  #faultTarget(): Parameters<typeof startFaults>[1] {
    return {
      validatorCount: this.validatorCount,
      quality: this.network.quality,
      count: (kind: FaultKind) => this.counted(kind),
      after: (delayMs, action) =>
        void this.scheduler.after(delayMs, () => {
          if (this.#faulty) action();
        }),
      block: (from, to) => this.network.block(from, to),
      unblock: (from, to) => this.network.unblock(from, to),
      isUp: (validator) => this.machines[validator]?.isUp === true,
      crash: (validator) => this.crash(validator),
      powerCut: (validator) => this.powerCut(validator),
      restart: (validator) => this.restart(validator),
      setFlushDelay: (validator, msMin, msMax) =>
        this.machines[validator]?.disk.setFlushDelay(msMin, msMax),
      setClock: (validator, offsetMs) => {
        (this.machines[validator] as Machine).clockError.offsetMs = offsetMs;
      },
      isFaulty: () => this.#faulty,
    };
  }

  #cutOff(by: number, peer: number, reason: string): void {
    if (!this.isHonest(by) || !this.isHonest(peer)) return;
    throw new CheckFailure("honest-peers", `validator ${by} cut off ${peer}: ${reason}`);
  }

  /** An error in the log of an honest validator is a finding: it refused a vote, or gave up. */
  #logged(validator: number, level: string, message: string, fields: object): void {
    const line = `${message} ${JSON.stringify(fields)}`;
    this.#options.log?.(this.scheduler.nowMs, validator, level, line);
    if (level !== "error" || !this.isHonest(validator)) return;
    if (validator === this.#options.broken) return;
    throw new CheckFailure("honest-peers", `validator ${validator} logged an error: ${line}`);
  }
}
