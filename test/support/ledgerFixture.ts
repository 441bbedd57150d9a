/** A small ledger with named accounts, transactions in one line, and a driver of the executor. */

import { present } from "../../src/base/assert.js";
import { compareBytes, utf8 } from "../../src/base/bytes.js";
import { decode, encode } from "../../src/codec/schema.js";
import {
  accountId,
  blockHash,
  transactionId,
  transactionSignBytes,
} from "../../src/crypto/digests.js";
import { encodeGenesis } from "../../src/crypto/genesisFile.js";
import type { Hasher, Signer } from "../../src/crypto/interfaces.js";
import { nobleHasher } from "../../src/crypto/noble/nobleHasher.js";
import { createNobleSigner, isRegistrableKey } from "../../src/crypto/noble/nobleSignatures.js";
import {
  OPERATIONS,
  type OperationBody,
  type OperationName,
} from "../../src/declarations/operations.js";
import type { TableDeclaration } from "../../src/declarations/tables.js";
import {
  createExecutor,
  type Executor,
  type ExecutorOptions,
} from "../../src/execution/executor.js";
import { genesisState } from "../../src/execution/genesisState.js";
import type {
  ExecutableBlock,
  ExecutedTransaction,
  ExecutionSummary,
  ExecutorAnswer,
  ExecutorEffect,
  ExecutorEvent,
  ExecutorQuery,
  FinalisedBlock,
} from "../../src/execution/interface.js";
import { prepareTransaction } from "../../src/execution/prepare.js";
import { MemoryRows } from "../../src/ledger/memoryRows.js";
import { createReferenceStateTree } from "../../src/merkle/referenceStateTree.js";
import type { StateTree } from "../../src/merkle/stateTree.js";
import { PROTOCOL_VERSION } from "../../src/types/block.js";
import { type Genesis, ROLE } from "../../src/types/genesis.js";
import { singleKeyPolicy } from "../../src/types/keyPolicy.js";
import { type Hash, ZERO_HASH } from "../../src/types/primitives.js";
import {
  type Operation,
  type PreparedTransaction,
  TRANSACTION_VERSION,
  transaction,
  transactionBody,
} from "../../src/types/transaction.js";

export const START_MS = 1_750_000_000_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const hasher = nobleHasher;
const secretOf = (name: string) => hasher.sha256(utf8(`fondaco test key ${name}`));
const saltOf = (name: string) => hasher.sha256(utf8(`fondaco test salt ${name}`)).slice(0, 16);

/** Organisation 0 issues; organisation 1 has customers of its own. */
export const MEMBERS = [
  { code: "bank", accounts: { bank: ROLE.admin | ROLE.issuer, alice: 0, bob: 0, shop: 0 } },
  { code: "rail", accounts: { rail: ROLE.admin, carol: 0, dave: 0 } },
] as const;
export const ASSET = { cny: 0, usd: 1, points: 2 } as const;

const signers = new Map<string, Signer>();

export function signerOf(name: string): Signer {
  let signer = signers.get(name);
  if (signer === undefined) {
    signer = createNobleSigner(secretOf(name));
    signers.set(name, signer);
  }
  return signer;
}

export const policyOf = (name: string) => singleKeyPolicy(signerOf(name).publicKey);

/** CNY can be frozen; USD needs authorisation; points move only to and from their issuer. */
export function testGenesis(parameters: Partial<Genesis["parameters"]> = {}): Genesis {
  return {
    version: 1,
    networkName: "test",
    timeMs: START_MS,
    parameters: {
      deltaMs: 100,
      blockIntervalMs: 50,
      maxIdleMs: 60_000,
      retryIntervalMs: 500,
      inactiveAfterMs: 2_000,
      timeSkewMs: 1_000,
      maxUnfinalized: 16,
      maxBlockSizeBytes: 8 * 1024 * 1024,
      maxBlockCost: 10_000_000n,
      maxTimersPerBlock: 8,
      quotaCostPerMinute: 1_000_000_000n,
      quotaRows: 1_000_000,
      quotaTimers: 1_000,
      quotaChannels: 10_000,
      ...parameters,
    },
    organisations: MEMBERS.map(({ code, accounts }) => ({
      code,
      name: `The ${code}`,
      accounts: Object.entries(accounts).map(([name, roles]) => ({
        keyPolicy: policyOf(name),
        salt: saltOf(name),
        blindSecret: secretOf(`${name} blind`),
        roles,
      })),
      validators: [1, 2].map((number) => ({
        consensusKey: signerOf(`${code} consensus ${number}`).publicKey,
        tlsKey: signerOf(`${code} tls ${number}`).publicKey,
        addresses: ["127.0.0.1:4000"],
      })),
    })),
    assets: [
      { code: "CNY", scale: 2, organisation: 0, iso4217: 156, kind: 1, flags: 18, maxSupply: 0n },
      { code: "USD", scale: 2, organisation: 0, iso4217: 840, kind: 1, flags: 19, maxSupply: 0n },
      { code: "PTS", scale: 0, organisation: 0, iso4217: 0, kind: 2, flags: 2, maxSupply: 1_000n },
    ],
    balances: [
      { organisation: 0, account: 1, asset: 0, amount: 100_000n },
      { organisation: 0, account: 2, asset: 0, amount: 50_000n },
      { organisation: 1, account: 1, asset: 0, amount: 20_000n },
    ],
  };
}

/** One operation of a transaction. */
export function op<N extends OperationName>(name: N, body: OperationBody<N>): Operation {
  const { code, body: declared } = OPERATIONS[name];
  return { code, body: encode(declared.schema as never, body as never) };
}

export interface TransactionOptions {
  /** Names of the parties; the first is the author. */
  readonly parties: readonly string[];
  readonly operations: readonly Operation[];
  readonly nonce?: bigint;
  readonly channel?: number;
  readonly validUntilMs?: number;
  /** Names of the keys that sign, by party; by default each party's own. */
  readonly signedBy?: readonly (readonly string[])[];
  /** Real signatures take half a millisecond each; without them they are zero. */
  readonly isSigned?: boolean;
}

/** A genesis, its accounts by name, and transactions on it. */
export class TestNetwork {
  readonly genesisHash: Hash;
  readonly accounts: ReadonlyMap<string, Hash>;
  #nextNonce = 0n;

  constructor(readonly genesis: Genesis = testGenesis()) {
    this.genesisHash = encodeGenesis(hasher, genesis).genesisHash;
    this.accounts = new Map(
      MEMBERS.flatMap(({ accounts }, organisation) =>
        Object.keys(accounts).map((name) => [
          name,
          accountId(hasher, this.genesisHash, organisation, policyOf(name), saltOf(name)),
        ]),
      ),
    );
  }

  id(name: string): Hash {
    return present(this.accounts.get(name), `an account named ${name}`);
  }

  /** The bytes of a transaction. Nonces count up by themselves, modulo channels of 1,000. */
  transactionBytes(options: TransactionOptions): Uint8Array {
    const { parties, operations, isSigned = false, validUntilMs = START_MS + HOUR_MS } = options;
    const serial = this.#nextNonce++;
    const { nonce = serial, channel = 0 } = options;
    const body = {
      version: TRANSACTION_VERSION,
      chainTag: this.genesisHash.slice(0, 8),
      channel,
      nonce,
      validUntilMs,
      salt: new Uint8Array(16),
      parties: parties.map((name) => this.id(name)),
      operations,
    };
    const txId = transactionId(hasher, this.genesisHash, encode(transactionBody, body));
    const message = transactionSignBytes(txId);
    const witnesses = parties.flatMap((name, party) =>
      (options.signedBy?.[party] ?? [name])
        .map(signerOf)
        .sort((a, b) => compareBytes(a.publicKey, b.publicKey))
        .map((signer) => ({
          party,
          publicKey: signer.publicKey,
          signature: isSigned ? signer.sign(message) : new Uint8Array(64),
        })),
    );
    return encode(transaction, { body, witnesses, attachment: undefined });
  }

  transaction(options: TransactionOptions): PreparedTransaction {
    const prepared = prepareTransaction(
      hasher,
      this.genesisHash,
      this.transactionBytes(options),
      this.genesis.parameters,
    );
    if (!prepared.ok) throw new Error(prepared.message);
    return prepared.value;
  }

  /** A transfer, with defaults for what a test does not look at. */
  transfer(
    from: string,
    to: string,
    amount: bigint,
    more: Partial<OperationBody<"transfer">> & Partial<TransactionOptions> = {},
  ): PreparedTransaction {
    const { asset = ASSET.cny, code = 0, reference = { kind: "none", value: {} } } = more;
    const body = { by: 0, to: this.id(to), asset, amount, code, reference };
    return this.transaction({
      parties: [from],
      ...more,
      operations: [op("transfer", { ...body, paymentId: more.paymentId })],
    });
  }

  /** All rows of the genesis state in memory. */
  genesisRows(): MemoryRows {
    const { genesis, genesisHash } = this;
    const rows = new MemoryRows();
    rows.apply(genesisState({ genesis, genesisHash, hasher, isRegistrableKey }));
    return rows;
  }

  executor(more: Partial<ExecutorOptions> = {}): Executor {
    const { genesis, genesisHash } = this;
    return createExecutor({
      genesis,
      genesisHash,
      hasher,
      tree: createReferenceStateTree(hasher),
      rows: more.rows ?? this.genesisRows(),
      isRegistrableKey,
      ...more,
    });
  }
}

export interface BlockOptions {
  readonly parent?: ExecutableBlock | undefined;
  readonly timeMs?: number;
  readonly transactions?: readonly PreparedTransaction[];
  readonly sealer?: number;
  /** Tells siblings apart. */
  readonly view?: number;
}

/** A block as agreement would hand it over; its header is right as far as execution reads it. */
export function makeBlock(
  { genesisHash }: TestNetwork,
  { parent, transactions = [], sealer = 0, ...more }: BlockOptions,
): ExecutableBlock {
  const height = (parent?.header.height ?? 0) + 1;
  const header = {
    protocolVersion: PROTOCOL_VERSION,
    genesisHash,
    epoch: 0,
    view: more.view ?? height,
    height,
    parentView: parent?.header.view ?? 0,
    parentHash: parent?.blockHash ?? genesisHash,
    proposer: 0,
    timeMs: more.timeMs ?? (parent?.header.timeMs ?? START_MS) + 100,
    cutRoot: ZERO_HASH,
    transactionCount: transactions.length,
    parentResult: ZERO_HASH,
    historyRoot: ZERO_HASH,
    flags: transactions.length === 0 ? 1 : 0,
    nextEpochHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
  };
  return {
    blockHash: blockHash(hasher, header),
    header,
    transactions: transactions.map((item) => ({ ...item, sealer })),
  };
}

/** Drives an executor to the end of its work and collects what it says. */
export class ExecutorRun {
  readonly summaries: ExecutionSummary[] = [];
  readonly finalised: FinalisedBlock[] = [];
  readonly answers: ExecutorAnswer[] = [];
  slices = 0;

  constructor(readonly executor: Executor) {}

  /** One event; slices follow while the executor asks for them. */
  step(event: ExecutorEvent): void {
    let wantsMore = this.once(event);
    while (wantsMore) {
      this.slices++;
      wantsMore = this.once({ kind: "slice" });
    }
  }

  /** One event and nothing more. Answers whether the executor wants to go on. */
  once(event: ExecutorEvent): boolean {
    const effects: ExecutorEffect[] = this.executor.step(event);
    for (const effect of effects) {
      if (effect.kind === "executed") this.summaries.push(effect.summary);
      if (effect.kind === "finalised") this.finalised.push(effect.block);
      if (effect.kind === "answer") this.answers.push(effect.answer);
    }
    return effects.some(({ kind }) => kind === "continue");
  }

  execute(block: ExecutableBlock): ExecutionSummary {
    this.step({ kind: "execute", block });
    return present(this.summaries[this.summaries.length - 1], "a summary");
  }

  /** Executes a block and makes it final. */
  run(block: ExecutableBlock): FinalisedBlock {
    this.execute(block);
    this.step({ kind: "finalise", blockHash: block.blockHash });
    return present(this.finalised[this.finalised.length - 1], "a final block");
  }

  query<K extends ExecutorAnswer["kind"]>(
    query: ExecutorQuery,
    kind: K,
  ): Extract<ExecutorAnswer, { kind: K }> {
    this.step({ kind: "query", id: 1, query });
    const answer = present(this.answers.pop(), "an answer");
    if (answer.kind !== kind) throw new Error(`the answer is ${answer.kind}`);
    return answer as Extract<ExecutorAnswer, { kind: K }>;
  }

  /** A row of the last final state. */
  row<T>(table: TableDeclaration<T>, key: Uint8Array): T | undefined {
    const { rows } = this.query({ kind: "rows", table: table.id, keys: [key] }, "rows");
    return rows[0] === undefined ? undefined : decode(table.row, rows[0]);
  }
}

/** A chain that grows by one final block at a time. */
export class TestChain {
  readonly run: ExecutorRun;
  head: ExecutableBlock | undefined;

  constructor(
    readonly network: TestNetwork,
    readonly tree: StateTree = createReferenceStateTree(hasher),
    more: Partial<ExecutorOptions> = {},
  ) {
    this.run = new ExecutorRun(network.executor({ tree, ...more }));
  }

  /** What the transactions of one more block did. */
  block(
    transactions: readonly PreparedTransaction[],
    more: Omit<BlockOptions, "parent" | "transactions"> = {},
  ): readonly ExecutedTransaction[] {
    this.head = makeBlock(this.network, { parent: this.head, transactions, ...more });
    return this.run.run(this.head).executed.slice(1);
  }

  /** Applies one transaction in a block of its own and answers what it did. */
  apply(item: PreparedTransaction, more: { readonly timeMs?: number } = {}): ExecutedTransaction {
    return this.block([item], more)[0]!;
  }

  get stateRoot(): Hash {
    const { finalised } = this.run;
    return finalised[finalised.length - 1]!.summary.result.stateRoot;
  }
}

export type { Hasher };
export { hasher as testHasher };
