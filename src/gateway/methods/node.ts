/** Handlers of rpc.discover, node.* and auth.login. */

import { ApiError, loginSignBytes, openRpcDocument } from "../../api/index.js";
import { assert } from "../../base/assert.js";
import { compareBytes, hexBytes, toHex } from "../../base/bytes.js";
import { LIMITS } from "../../base/limits.js";
import { decode } from "../../codec/schema.js";
import { idToText } from "../../codec/text.js";
import { ACCOUNT_STATUS } from "../../declarations/assets.js";
import { KEYS, TABLES } from "../../declarations/tables.js";
import { PROTOCOL_VERSION } from "../../types/block.js";
import { ROLE } from "../../types/genesis.js";
import type { GatewayLimits } from "../options.js";
import { principalOf } from "../rights.js";
import type { Handlers } from "../rpc.js";
import { accountParam, headAt, type MethodContext, stateAt } from "./context.js";

type NodeHandlers = Pick<Handlers, "rpc.discover" | "node.info" | "node.status" | "auth.login">;

export function limitsToJson(limits: GatewayLimits) {
  return {
    messageSizeBytesMax: LIMITS.rpcMessageSizeBytesMax,
    batchMax: LIMITS.rpcBatchMax,
    submitManyMax: LIMITS.submitManyMax,
    statusManyMax: LIMITS.statusManyMax,
    listPageMax: LIMITS.listPageMax,
    waitMsMax: LIMITS.waitMsMax,
    outstandingMax: limits.outstandingPerSocketMax,
    subscriptionsMax: limits.subscriptionsPerSocketMax,
    beatMs: limits.beatMs,
  };
}

/** Genesis parameters in JSON: u64 as text. */
function parametersToJson(parameters: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}

/** One answer for every fault of a login: it does not say which accounts exist. */
function loginRefused(): ApiError {
  return new ApiError(
    "UNAUTHENTICATED",
    "The login is wrong: the account is unknown or closed, a signature is wrong (it covers host and nonce of hello), or the keys do not reach the account's threshold.",
  );
}

export function nodeHandlers(context: MethodContext): NodeHandlers {
  const { node, options, limits, queries, tokens, load } = context;
  let document: ReturnType<typeof openRpcDocument> | undefined;

  return {
    "rpc.discover": () => {
      document ??= openRpcDocument();
      return { ...document };
    },

    "node.info": () => {
      const { genesis, genesisHash, self, validators, softwareVersion } = node.identity();
      const own = validators[self];
      assert(own !== undefined, "a validator is one of the validators");
      return {
        at: headAt(node),
        networkName: genesis.networkName,
        genesisHash: toHex(genesisHash),
        softwareVersion,
        protocolVersion: PROTOCOL_VERSION,
        validator: {
          index: own.index,
          validatorId: idToText("validator", own.validatorId),
          organisation: own.organisation,
        },
        validatorCount: validators.length,
        parameters: parametersToJson(genesis.parameters),
        mode: options.mode,
        limits: limitsToJson(limits),
      };
    },

    "node.status": () => {
      const { chain, headTimeMs, nowMs, warnings, flushMs, ...pending } = node.status();
      return {
        at: headAt(node),
        headTimeMs,
        nowMs,
        epoch: chain.epoch,
        view: chain.view,
        leader: chain.leader,
        executedHeight: chain.executedHeight,
        isSyncing: chain.isSyncing,
        isVoting: chain.isVoting,
        stoppedReason: chain.stoppedReason ?? null,
        retained: { from: node.lowestHeight(), to: node.head().height },
        peers: chain.peers.map((peer) => ({
          validator: peer.validator,
          isConnected: peer.isConnected,
          view: peer.view,
          finalizedHeight: peer.finalizedHeight,
          clockOffsetMs: peer.clockOffsetMs ?? null,
          lastHeardMs: peer.lastHeardMs ?? null,
        })),
        load: {
          pendingTransactions: pending.pendingTransactions,
          pendingTransactionsMax: pending.pendingTransactionsMax,
          ownBatchesInFlight: chain.ownBatchesInFlight,
          unsealedTransactions: chain.unsealedTransactions,
          ...load(),
        },
        flushMs: { ...flushMs },
        warnings: warnings.map(({ code, message }) => ({ code, message })),
      };
    },

    "auth.login": async ({ account: accountText, signatures }, caller) => {
      const { socket } = caller;
      assert(socket !== undefined, "the contract lets only sockets log in");
      const account = accountParam(accountText, "/account");
      const answer = await queries.rows(TABLES.account.id, [KEYS.account(account)]);
      const row =
        answer.rows[0] === undefined ? undefined : decode(TABLES.account.row, answer.rows[0]);
      if (row === undefined || row.status !== ACCOUNT_STATUS.active) throw loginRefused();
      const jobs = signatures.map((item) => ({
        publicKey: hexBytes(item.publicKey),
        signature: hexBytes(item.signature),
        message: loginSignBytes(options.hasher, {
          genesisHash: node.identity().genesisHash,
          nonce: socket.nonce,
          host: socket.host,
          account,
        }),
      }));
      const isKey = (a: Uint8Array, b: Uint8Array) => compareBytes(a, b) === 0;
      // Keys before signatures: a stranger's costs nothing but this comparison.
      const areKeysKnown = jobs.every((job) =>
        row.policy.keys.some(({ publicKey }) => isKey(publicKey, job.publicKey)),
      );
      // Each key of the policy counts once, however often it signed.
      const weight = row.policy.keys
        .filter(({ publicKey }) => jobs.some((job) => isKey(publicKey, job.publicKey)))
        .reduce((sum, key) => sum + key.weight, 0);
      if (!areKeysKnown || weight < row.policy.threshold) throw loginRefused();
      if (!options.verifier.verify(jobs).every((verdict) => verdict)) throw loginRefused();
      const principal = principalOf(account, row);
      caller.principal = principal;
      const { token, expiresMs } = tokens.issue(principal);
      return {
        at: stateAt(node, answer.height),
        account: accountText,
        organisation: row.organisation,
        isAuditor: (row.roles & ROLE.auditor) !== 0,
        token,
        tokenExpiresMs: expiresMs,
      };
    },
  };
}
