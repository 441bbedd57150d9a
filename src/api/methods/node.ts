/** Methods about the node, and login. */

import { Type } from "typebox";
import { method } from "../method.js";
import { atRecord, fieldsRecord, paramsOf } from "../records.js";
import {
  accountText,
  bytesText,
  countNumber,
  hashText,
  timeMs,
  u16Number,
  u32Number,
  validatorText,
} from "../scalars.js";

export const limitsRecord = Type.Object({
  messageSizeBytesMax: countNumber,
  batchMax: countNumber,
  submitManyMax: countNumber,
  statusManyMax: countNumber,
  listPageMax: countNumber,
  waitMsMax: countNumber,
  outstandingMax: countNumber,
  subscriptionsMax: countNumber,
  beatMs: countNumber,
});

const statistics = Type.Object({
  count: countNumber,
  p50: Type.Number(),
  p99: Type.Number(),
});

export const nodeMethods = {
  "rpc.discover": method({
    summary: "This contract as an OpenRPC document.",
    params: paramsOf({}),
    result: Type.Record(Type.String(), Type.Unknown()),
  }),
  "node.info": method({
    summary: "Which network and validator this is, and its limits.",
    params: paramsOf({}),
    result: Type.Object({
      at: atRecord,
      networkName: Type.String(),
      genesisHash: hashText,
      softwareVersion: Type.String(),
      protocolVersion: u16Number,
      validator: Type.Object({
        index: u16Number,
        validatorId: validatorText,
        organisation: u32Number,
      }),
      validatorCount: u16Number,
      parameters: fieldsRecord,
      mode: Type.Enum(["open", "scoped"]),
      limits: limitsRecord,
    }),
  }),
  "node.status": method({
    summary:
      "How the validator is doing: head, peers, load, warnings that an operator should heed.",
    params: paramsOf({}),
    result: Type.Object({
      at: atRecord,
      headTimeMs: timeMs,
      nowMs: timeMs,
      epoch: countNumber,
      view: countNumber,
      leader: u16Number,
      executedHeight: countNumber,
      isSyncing: Type.Boolean(),
      isVoting: Type.Boolean(),
      /** Why it must not vote any more, or null. */
      stoppedReason: Type.Union([Type.String(), Type.Null()]),
      retained: Type.Object({ from: countNumber, to: countNumber }),
      peers: Type.Array(
        Type.Object({
          validator: u16Number,
          isConnected: Type.Boolean(),
          view: countNumber,
          finalizedHeight: countNumber,
          clockOffsetMs: Type.Union([Type.Integer(), Type.Null()]),
          lastHeardMs: Type.Union([Type.Integer(), Type.Null()]),
        }),
      ),
      load: Type.Object({
        pendingTransactions: countNumber,
        pendingTransactionsMax: countNumber,
        ownBatchesInFlight: countNumber,
        unsealedTransactions: countNumber,
        sockets: countNumber,
        subscriptions: countNumber,
      }),
      flushMs: statistics,
      warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
    }),
  }),
  "auth.login": method({
    summary:
      "Logs this socket in as an account: its keys sign the challenge of `hello` (README, Scopes and login).",
    socketOnly: true,
    params: paramsOf({
      account: accountText,
      signatures: Type.Array(
        paramsOf({
          publicKey: hashText,
          signature: Type.String({ pattern: "^[0-9a-f]{128}$", maxLength: 128 }),
        }),
        { minItems: 1, maxItems: 16 },
      ),
    }),
    result: Type.Object({
      at: atRecord,
      account: accountText,
      organisation: u32Number,
      isAuditor: Type.Boolean(),
      /** For `Authorization: Bearer` at `/rpc`. */
      token: bytesText(32),
      tokenExpiresMs: timeMs,
    }),
    errors: ["UNAUTHENTICATED", "NEEDS_SOCKET"],
  }),
};
