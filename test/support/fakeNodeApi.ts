/**
 * A node without consensus: deterministic final blocks in memory, real encodings, real signatures,
 * real proofs. It knows one operation, `transfer`, and judges it in the simplest way.
 */

import { assert, present } from "../../src/base/assert.js";
import { compareBytes, equalBytes, fromMapKey, mapKey } from "../../src/base/bytes.js";
import { decode, encode, type Infer } from "../../src/codec/schema.js";
import * as digests from "../../src/crypto/digests.js";
import { nobleHasher as hasher, nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { EVENTS } from "../../src/declarations/events.js";
import { OPERATIONS } from "../../src/declarations/operations.js";
import { RESULT, type ResultName } from "../../src/declarations/resultCodes.js";
import { KEYS, TABLES } from "../../src/declarations/tables.js";
import type { ExecutedTransaction } from "../../src/execution/interface.js";
import { RowHashes } from "../../src/ledger/rowHashes.js";
import { HistoryLog, HistoryPaths } from "../../src/merkle/historyLog.js";
import { inclusionPath, listLeafHash, listRoot } from "../../src/merkle/listTree.js";
import { createReferenceStateTree } from "../../src/merkle/referenceStateTree.js";
import type {
  FinalBlock,
  NodeApi,
  NodeIdentity,
  NodeStatus,
  SubmitHandle,
  SubmitRefusal,
  TransactionState,
} from "../../src/ports/nodeApi.js";
import { type BlockResult, type Header, PROTOCOL_VERSION } from "../../src/types/block.js";
import { type Hash, ZERO_HASH } from "../../src/types/primitives.js";
import {
  EVENT_BLIND_SIZE_BYTES,
  event as eventSchema,
  type LedgerEvent,
  NO_OPERATION,
  OUTCOME,
  type Position,
  receipt as receiptSchema,
} from "../../src/types/receipt.js";
import { readTransaction, type Transaction } from "../../src/types/transaction.js";
import { bitmapOf, type Certificate, VOTE_KIND } from "../../src/types/vote.js";
import {
  accountId,
  genesis,
  genesisBytes,
  genesisHash,
  signerOf,
  VALIDATOR_NAMES,
} from "./fakeNetwork.js";

const BLOCK_INTERVAL_MS = 200;
const SELF = 0;

interface Stored extends FinalBlock {
  readonly result: BlockResult;
  readonly transactions: readonly Uint8Array[];
  readonly certificate: Certificate;
}

interface Pending {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  readonly txId: Hash;
  status: "received" | "admitted";
}

type Rows = Map<string, Uint8Array>;

export class FakeNode implements NodeApi {
  readonly blocks: Stored[] = [];
  /** Whether each submission becomes final by itself, in the next turn of the event loop. */
  isAutomatic = false;
  /** What `submit` answers to everything, when set. */
  refusal: SubmitRefusal | undefined;
  lowest = 1;
  nowMs = genesis.timeMs;
  /** Calls of `submit`, to see whether transactions were gathered. */
  submitCalls = 0;
  /** Blocks that were read, to see who stopped reading. */
  blocksRead = 0;

  readonly #rows = new Map<number, Rows>();
  readonly #pending = new Map<string, Pending>();
  readonly #finished = new Map<string, TransactionState>();
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #watchers = new Map<string, Set<(state: TransactionState) => void>>();
  readonly #listeners = new Set<(block: FinalBlock) => void>();
  readonly #hashes = new RowHashes(hasher);
  /** Undefined after a change: making it is slow. */
  #stateRoot: Hash | undefined;
  #identity: NodeIdentity | undefined;
  #history = HistoryLog.empty(hasher).append(genesisHash);

  constructor() {
    genesis.assets.forEach((asset, number) => {
      this.#put(
        TABLES.assetCode.id,
        KEYS.assetCode(asset.code),
        encode(TABLES.assetCode.row, number),
      );
      const row = { ...asset, lockedFlags: 0, issued: 0n, redeemed: 0n, frozen: false };
      this.#put(
        TABLES.asset.id,
        KEYS.asset(number),
        encode(TABLES.asset.row, { ...row, freezeTimer: undefined }),
      );
    });
    genesis.organisations.forEach(({ accounts }, organisation) => {
      accounts.forEach((entry, index) => {
        const id = accountId(organisation, index);
        this.#put(TABLES.secret.id, id, entry.blindSecret);
        this.#put(
          TABLES.account.id,
          id,
          encode(TABLES.account.row, {
            organisation,
            policy: entry.keyPolicy,
            roles: entry.roles,
            status: 1,
            referenceRequired: false,
            amountMin: 0n,
            assets: [],
            openBalances: 0,
            channels: 0,
          }),
        );
      });
    });
    for (const { organisation, account, asset, amount } of genesis.balances) {
      this.#setBalance(accountId(organisation, account), asset, amount, 0, ZERO_HASH);
    }
    this.finalise();
  }

  #put(table: number, key: Uint8Array, row: Uint8Array): void {
    const rows = this.#rows.get(table) ?? new Map<string, Uint8Array>();
    rows.set(mapKey(key), row);
    this.#rows.set(table, rows);
    this.#stateRoot = undefined;
  }

  #get(table: number, key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(table)?.get(mapKey(key));
  }

  #balance(account: Uint8Array, asset: number) {
    const row = this.#get(TABLES.balance.id, KEYS.balance(account, asset));
    return row === undefined ? undefined : decode(TABLES.balance.row, row);
  }

  #setBalance(
    account: Uint8Array,
    asset: number,
    available: bigint,
    seq: number,
    head: Hash,
  ): void {
    const row = {
      available,
      held: 0n,
      flags: 1,
      overdraft: 0n,
      balanceMax: 0n,
      transferMax: 0n,
      dayMax: 0n,
      freezeDeadlineMs: 0,
      freezeSequence: 0,
      seq,
      head,
    };
    this.#put(TABLES.balance.id, KEYS.balance(account, asset), encode(TABLES.balance.row, row));
  }

  // --- writing -----------------------------------------------------------------------------------

  /** Gives an account another row, as operations of its organisation would. */
  changeAccount(
    account: Uint8Array,
    change: (row: Infer<typeof TABLES.account.row>) => Partial<Infer<typeof TABLES.account.row>>,
  ): void {
    const row = decode(TABLES.account.row, present(this.#get(TABLES.account.id, account), "a row"));
    const changed = encode(TABLES.account.row, { ...row, ...change(row) });
    this.#put(TABLES.account.id, account, changed);
  }

  /** Marks everything pending as held by f + 1 validators. */
  admit(): void {
    for (const pending of this.#pending.values()) {
      pending.status = "admitted";
      this.#tell(pending.txId, { status: "admitted" });
    }
  }

  /** Ends pending transactions without a block. */
  expire(): void {
    for (const [key, { txId }] of [...this.#pending]) {
      this.#pending.delete(key);
      this.#finished.set(key, { status: "expired" });
      this.#tell(txId, { status: "expired" });
    }
  }

  /** Makes the next final block of everything pending. */
  finalise(): FinalBlock {
    const included = [...this.#pending.values()];
    this.#pending.clear();
    const parent = this.blocks.at(-1);
    const height = this.blocks.length + 1;
    this.nowMs += BLOCK_INTERVAL_MS;
    const header: Header = {
      protocolVersion: PROTOCOL_VERSION,
      genesisHash,
      epoch: 0,
      view: height,
      height,
      parentView: height - 1,
      parentHash: parent?.blockHash ?? genesisHash,
      proposer: height % VALIDATOR_NAMES.length,
      timeMs: this.nowMs,
      cutRoot: ZERO_HASH,
      transactionCount: included.length,
      parentResult: parent?.resultHash ?? ZERO_HASH,
      historyRoot: this.#history.root(),
      flags: 0,
      nextEpochHash: ZERO_HASH,
      evidenceRoot: ZERO_HASH,
    };
    const blockHash = digests.blockHash(hasher, header);
    this.#history = this.#history.append(blockHash);
    const timers = this.#executed(ZERO_HASH, { height, index: 0, event: 0 }, 0, [], []);
    const executed = [
      timers,
      ...included.map(({ transaction, txId }, i) =>
        this.#execute(transaction, txId, { height, index: i + 1, event: 0 }),
      ),
    ];
    const result: BlockResult = {
      blockHash,
      stateRoot: this.#root(),
      receiptsRoot: listRoot(
        hasher,
        executed.map(({ receipt }) => encode(receiptSchema, receipt)),
      ),
      eventsRoot: listRoot(
        hasher,
        executed.map(({ receipt }) => receipt.eventsRoot),
      ),
      cost: 0n,
      validatorsNextHash: ZERO_HASH,
    };
    const resultHash = digests.resultHash(hasher, result);
    const statement = {
      kind: VOTE_KIND.finalize,
      epoch: 0,
      view: height,
      blockHash,
      result: resultHash,
    };
    const message = digests.voteSignBytes(hasher, genesisHash, statement);
    const voters = [0, 1, 3];
    const stored: Stored = {
      height,
      blockHash,
      block: { header, cut: [] },
      resultHash,
      executed,
      result,
      transactions: included.map(({ bytes }) => bytes),
      certificate: {
        ...statement,
        bitmap: bitmapOf(voters, VALIDATOR_NAMES.length),
        signatures: voters.map((voter) =>
          signerOf(present(VALIDATOR_NAMES[voter], "a voter")).sign(message),
        ),
      },
    };
    this.blocks.push(stored);
    included.forEach(({ txId }, i) => {
      const done = present(executed[i + 1], "an executed transaction");
      const state: TransactionState = {
        status: done.receipt.outcome === OUTCOME.void ? "voided" : "final",
        position: done.receipt.position,
        executed: done,
        blockHash,
        timeMs: header.timeMs,
      };
      this.#finished.set(mapKey(txId), state);
      this.#tell(txId, state);
    });
    for (const listener of [...this.#listeners]) listener(stored);
    return stored;
  }

  #tell(txId: Hash, state: TransactionState): void {
    for (const listener of [...(this.#watchers.get(mapKey(txId)) ?? [])]) listener(state);
  }

  #executed(
    txId: Hash,
    position: Position,
    code: number,
    events: readonly LedgerEvent[],
    accounts: readonly Uint8Array[],
  ): ExecutedTransaction {
    const isVoid = code >= 100 && code < 120;
    const failed = isVoid ? OUTCOME.void : OUTCOME.failed;
    return {
      receipt: {
        txId,
        position,
        outcome: code === 0 ? OUTCOME.applied : failed,
        code,
        failedOperation: code === 0 || isVoid ? NO_OPERATION : 0,
        eventsRoot: listRoot(
          hasher,
          events.map((item) => encode(eventSchema, item)),
        ),
        eventCount: events.length,
        cost: 60n,
      },
      events,
      accounts,
    };
  }

  #execute(transaction: Transaction, txId: Hash, position: Position): ExecutedTransaction {
    const { body, witnesses } = transaction;
    // As the executor does: what is void is in nobody's history.
    const fail = (name: ResultName) =>
      this.#executed(txId, position, RESULT[name], [], RESULT[name] < 120 ? [] : body.parties);
    for (const [party, account] of body.parties.entries()) {
      const row = this.#get(TABLES.account.id, account);
      if (row === undefined) return fail("UNKNOWN_ACCOUNT");
      const { policy } = decode(TABLES.account.row, row);
      const weight = policy.keys
        .filter(({ publicKey }) =>
          witnesses.some((item) => item.party === party && equalBytes(item.publicKey, publicKey)),
        )
        .reduce((sum, key) => sum + key.weight, 0);
      if (weight < policy.threshold) return fail("NOT_AUTHORISED");
    }
    const author = present(body.parties[0], "an author");
    const channelKey = KEYS.channel(author, body.channel);
    const used = this.#get(TABLES.channel.id, channelKey);
    const hi = used === undefined ? 0n : decode(TABLES.channel.row, used).hi;
    if (body.nonce <= hi) return fail("NONCE_USED");
    const channel = { hi: body.nonce, bits: new Uint8Array(128) };
    this.#put(TABLES.channel.id, channelKey, encode(TABLES.channel.row, channel));
    const events: LedgerEvent[] = [];
    const accounts = [...body.parties];
    for (const operation of body.operations) {
      const { by, to, asset, amount, code, reference, paymentId } = decode(
        OPERATIONS.transfer.body.schema,
        operation.body,
      );
      const from = present(body.parties[by], "a party");
      const [payer, payee] = [this.#balance(from, asset), this.#balance(to, asset)];
      accounts.push(to);
      if (payer === undefined || payer.available < amount) return fail("INSUFFICIENT_BALANCE");
      const common = { asset, amount, code, reference, paymentId };
      const move = (account: Uint8Array, before: typeof payee, change: bigint) => {
        const available = (before?.available ?? 0n) + change;
        const seq = (before?.seq ?? 0) + 1;
        const link = { account, seq, balance: available, previous: before?.head ?? ZERO_HASH };
        const blind = new Uint8Array(EVENT_BLIND_SIZE_BYTES);
        const place = { ...position, event: events.length };
        const secrets = { get: this.#get.bind(this), scan: () => [] };
        this.#hashes.writeEventBlind(secrets, account, place, blind);
        const event =
          change < 0n
            ? {
                code: EVENTS["payment.sent"].code,
                body: encode(EVENTS["payment.sent"].body.schema, { ...common, ...link, to }),
                blind,
              }
            : {
                code: EVENTS["payment.received"].code,
                body: encode(EVENTS["payment.received"].body.schema, { ...common, ...link, from }),
                blind,
              };
        events.push(event);
        const head = listLeafHash(hasher, encode(eventSchema, event));
        this.#setBalance(account, asset, available, seq, head);
      };
      move(from, payer, -amount);
      move(to, payee, amount);
    }
    return this.#executed(txId, position, 0, events, accounts);
  }

  // --- NodeApi -----------------------------------------------------------------------------------

  identity(): NodeIdentity {
    this.#identity ??= {
      genesisHash,
      recordBytes: genesisBytes,
      genesis,
      self: SELF,
      validators: VALIDATOR_NAMES.map((name, index) => {
        const organisation = index < 2 ? 0 : 1;
        const consensusKey = signerOf(name).publicKey;
        return {
          index,
          validatorId: digests.validatorId(hasher, genesisHash, organisation, consensusKey),
          organisation,
          consensusKey,
        };
      }),
      softwareVersion: "0.0.0-fake",
    };
    return this.#identity;
  }

  status(): NodeStatus {
    const head = this.head();
    return {
      chain: {
        epoch: 0,
        view: head.height + 1,
        leader: 1,
        finalizedView: head.height,
        finalizedHeight: head.height,
        finalizedHash: head.blockHash,
        executedHeight: head.height,
        isSyncing: false,
        isVoting: true,
        stoppedReason: undefined,
        ownBatchesInFlight: 0,
        unsealedTransactions: 0,
        peers: [1, 2, 3].map((validator) => ({
          validator,
          isConnected: validator !== 3,
          view: head.height,
          finalizedHeight: head.height,
          clockOffsetMs: validator === 3 ? undefined : 4,
          lastHeardMs: validator === 3 ? undefined : this.nowMs,
        })),
      },
      headTimeMs: head.timeMs,
      nowMs: this.nowMs,
      pendingTransactions: this.#pending.size,
      pendingTransactionsMax: 65_536,
      warnings: [{ code: "PEER_SILENT", message: "Validator 3 is silent." }],
      flushMs: { count: 3, p50: 0.4, p99: 2.5 },
    };
  }

  #prepare(bytes: Uint8Array): { transaction: Transaction; txId: Hash } | SubmitRefusal {
    if (this.refusal !== undefined) return this.refusal;
    const read = readTransaction(bytes);
    if (!read.ok) return { code: read.code, message: read.message };
    const { body, bodyBytes, witnesses } = read.value;
    if (!equalBytes(body.chainTag, genesisHash.subarray(0, 8))) {
      return { code: "WRONG_CHAIN", message: "The transaction names another network." };
    }
    if (body.validUntilMs <= this.nowMs) {
      return { code: "EXPIRED", message: "validUntilMs has passed." };
    }
    if (body.operations.some(({ code }) => code !== OPERATIONS.transfer.code)) {
      return { code: "INVALID_TX", message: "The fake node knows only transfers." };
    }
    const txId = digests.transactionId(hasher, genesisHash, bodyBytes);
    const message = digests.transactionSignBytes(txId);
    const verdicts = nobleBatchVerifier.verify(witnesses.map((item) => ({ ...item, message })));
    if (!verdicts.every((verdict) => verdict)) {
      return { code: "BAD_SIGNATURE", message: "A witness signature is wrong." };
    }
    return { transaction: read.value, txId };
  }

  refusesAll(): SubmitRefusal | undefined {
    return this.refusal !== undefined && "retryAfterMs" in this.refusal ? this.refusal : undefined;
  }

  submit(
    transactions: readonly Uint8Array[],
    done: (outcomes: readonly (SubmitHandle | SubmitRefusal)[]) => void,
  ): void {
    this.submitCalls++;
    const outcomes = transactions.map((bytes): SubmitHandle | SubmitRefusal => {
      const prepared = this.#prepare(bytes);
      if ("code" in prepared) return prepared;
      const key = mapKey(prepared.txId);
      const duplicate = this.#pending.has(key) || this.#finished.has(key);
      if (!duplicate) {
        this.#pending.set(key, { ...prepared, bytes, status: "received" });
        this.#bytes.set(key, bytes);
      }
      return { txId: prepared.txId, duplicate };
    });
    setImmediate(() => {
      done(outcomes);
      if (this.isAutomatic) {
        setImmediate(() => {
          if (this.#pending.size > 0) this.finalise();
        });
      }
    });
  }

  watch(
    txId: Hash,
    _validUntilMs: number | undefined,
    listener: (state: TransactionState) => void,
  ) {
    const key = mapKey(txId);
    const listeners = this.#watchers.get(key) ?? new Set();
    listeners.add(listener);
    this.#watchers.set(key, listeners);
    listener(this.stateOf(txId));
    return () => {
      listeners.delete(listener);
    };
  }

  get watching(): number {
    return [...this.#watchers.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  stateOf(txId: Hash): TransactionState {
    const key = mapKey(txId);
    const pending = this.#pending.get(key);
    return pending === undefined
      ? (this.#finished.get(key) ?? { status: "unknown" })
      : { status: pending.status };
  }

  transactionBytes(txId: Hash): Uint8Array | undefined {
    return this.#bytes.get(mapKey(txId));
  }

  query(...[query, done]: Parameters<NodeApi["query"]>): void {
    const { height } = this.head();
    if (query.kind === "rows") {
      const rows = query.keys.map((key) => this.#get(query.table, key));
      setImmediate(() => done({ kind: "rows", height, rows }));
      return;
    }
    assert(query.kind === "scan", "the fake node answers rows and scans");
    const rows = [...(this.#rows.get(query.table) ?? new Map<string, Uint8Array>())]
      .map(([key, row]) => ({ key: fromMapKey(key), row }))
      .filter(({ key }) => equalBytes(key.subarray(0, query.prefix.length), query.prefix))
      .filter(({ key }) => query.after === undefined || compareBytes(key, query.after) > 0)
      .sort((a, b) => compareBytes(a.key, b.key))
      .slice(0, query.limit);
    setImmediate(() => done({ kind: "scan", height, rows }));
  }

  simulate(...[bytes, done]: Parameters<NodeApi["simulate"]>): void {
    const prepared = this.#prepare(bytes);
    if ("code" in prepared) {
      setImmediate(() => done(prepared));
      return;
    }
    const before = new Map([...this.#rows].map(([table, rows]) => [table, new Map(rows)]));
    const { height } = this.head();
    const position = { height: height + 1, index: 1, event: 0 };
    const executed = this.#execute(prepared.transaction, prepared.txId, position);
    this.#rows.clear();
    for (const [table, rows] of before) this.#rows.set(table, rows);
    setImmediate(() => done({ height, timeMs: this.nowMs, executed }));
  }

  #root(): Hash {
    this.#stateRoot ??= this.#tree().root;
    return this.#stateRoot;
  }

  #tree() {
    const tree = createReferenceStateTree(hasher);
    const source = {
      get: (table: number, key: Uint8Array) => this.#get(table, key),
      scan: () => [],
    };
    const blindOf = (table: number, key: Uint8Array, row: Uint8Array) =>
      this.#hashes.blind(source, table, key, row, this.#hashes.path(table, key));
    const changes = [...this.#rows].flatMap(([table, rows]) =>
      [...rows].map(([text, row]) => {
        const key = fromMapKey(text);
        return {
          path: this.#hashes.path(table, key),
          valueHash: this.#hashes.valueHash(blindOf(table, key, row), row),
        };
      }),
    );
    const version = tree.update(tree.emptyVersion, changes);
    return { root: tree.root(version), tree, version, blindOf };
  }

  rowProof(...[table, key, done]: Parameters<NodeApi["rowProof"]>): void {
    const head = present(this.blocks.at(-1), "a block");
    const row = this.#get(table, key);
    const { tree, version, blindOf } = this.#tree();
    const blind = row === undefined ? new Uint8Array(16) : blindOf(table, key, row);
    const path = tree.prove(version, this.#hashes.path(table, key));
    const { height, blockHash, block, result, certificate } = head;
    const proof = { height, blockHash, table, key, row, blind, path };
    setImmediate(() =>
      done({ proof, block, result, certified: { block, certificate, result }, historyPath: [] }),
    );
  }

  head() {
    const { height, blockHash, block } = present(this.blocks.at(-1), "a block");
    return { height, blockHash, timeMs: block.header.timeMs };
  }

  lowestHeight(): number {
    return this.lowest;
  }

  finalBlock(height: number): FinalBlock | undefined {
    this.blocksRead++;
    return height < this.lowest ? undefined : this.blocks[height - 1];
  }

  heightOf(blockHash: Hash): number | undefined {
    return this.blocks.find((block) => equalBytes(block.blockHash, blockHash))?.height;
  }

  blockTransactions(height: number): readonly Uint8Array[] | undefined {
    return this.blocks[height - 1]?.transactions;
  }

  certificate(height: number) {
    const block = this.blocks[height - 1];
    return block === undefined ? undefined : { height, certificate: block.certificate };
  }

  receiptProof(txId: Hash) {
    const state = this.stateOf(txId);
    if (state.status !== "final") return undefined;
    const { height, index } = state.position;
    const { block, blockHash, result, executed } = present(this.blocks[height - 1], "a block");
    const head = present(this.blocks.at(-1), "a block");
    const leaves = executed.map(({ receipt }) =>
      listLeafHash(hasher, encode(receiptSchema, receipt)),
    );
    const hashes = [genesisHash, ...this.blocks.map((item) => item.blockHash)];
    const paths = new HistoryPaths(hasher, (i) => present(hashes[i], "a hash"), hashes.length);
    const successor = this.blocks[height];
    const isFar = head.height > height + 1 && successor !== undefined;
    return {
      block,
      blockHash,
      result,
      executed: state.executed,
      receiptPath: inclusionPath(hasher, leaves, index),
      receiptCount: leaves.length,
      certified: { block: head.block, certificate: head.certificate, result: head.result },
      historyPath: isFar ? paths.inclusion(height + 1, head.height) : [],
      successor: isFar ? successor.block.header : undefined,
    };
  }

  accountHistory(...[account, after, limit, reverse]: Parameters<NodeApi["accountHistory"]>) {
    const all = this.blocks
      .flatMap(({ executed }) => executed)
      .filter(({ accounts }) => accounts.some((item) => equalBytes(item, account)))
      .map(({ receipt }) => receipt.position);
    const order = (a: Position, b: Position) =>
      a.height - b.height || a.index - b.index || a.event - b.event;
    const sorted = reverse ? all.reverse() : all;
    return sorted
      .filter((place) => {
        if (after === undefined) return true;
        return reverse ? order(place, after) < 0 : order(place, after) > 0;
      })
      .slice(0, limit);
  }

  onFinal(listener: (block: FinalBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
