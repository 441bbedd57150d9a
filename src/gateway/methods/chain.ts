/** Handlers of chain.* and search. */

import { ApiError, bytesToText } from "../../api/index.js";
import { assert, present } from "../../base/assert.js";
import { fromHex, toHex } from "../../base/bytes.js";
import { LIMITS } from "../../base/limits.js";
import { idFromText, idToText } from "../../codec/text.js";
import { KEYS, TABLES } from "../../declarations/tables.js";
import type { FinalBlock } from "../../ports/nodeApi.js";
import { quorumSize } from "../../types/primitives.js";
import { readTransaction } from "../../types/transaction.js";
import type { Caller } from "../caller.js";
import { certificateToJson, headerToJson, receiptToJson } from "../render.js";
import type { Handlers } from "../rpc.js";
import { bringsForeignSecret, readsEnvelope } from "../shownTransaction.js";
import { finalBlockAt, hashParam, headAt, invalidParam, type MethodContext } from "./context.js";

type ChainHandlers = Pick<
  Handlers,
  | "chain.head"
  | "chain.block"
  | "chain.blocks"
  | "chain.validators"
  | "chain.certificate"
  | "search"
>;

export function chainHandlers(context: MethodContext): ChainHandlers {
  const { node, rights, queries, turns } = context;
  const validatorCount = () => node.identity().validators.length;

  function blockOf(height: number | undefined, blockId: string | undefined): FinalBlock {
    if ((height === undefined) === (blockId === undefined)) {
      throw invalidParam("/", "it names a block by height or by blockId, one of the two");
    }
    if (blockId === undefined) return finalBlockAt(node, height as number);
    const found = node.heightOf(hashParam(blockId));
    if (found === undefined) throw new ApiError("NOT_FOUND", "No final block has this id.");
    return finalBlockAt(node, found);
  }

  /** Lets through whoever may read every transaction of a block; an empty one has no secrets. */
  async function requireWhole(caller: Caller, final: FinalBlock): Promise<void> {
    const { principal } = caller;
    if (rights.readsAll(principal)) return;
    rights.requireLogin(principal);
    await rights.learn(final.executed.flatMap(({ accounts }) => accounts));
    const isForeign = final.executed.some(
      ({ receipt, accounts }) =>
        // A void transaction names no accounts, and its bytes are its author's all the same.
        (accounts.length > 0 || receipt.position.index > 0) &&
        !accounts.some((account) => rights.isOwn(principal, account)),
    );
    if (isForeign) throw foreignBlock();
  }

  function foreignBlock(): ApiError {
    return new ApiError(
      "FORBIDDEN",
      "The block holds transactions of other organisations; tx.get and account.history show yours.",
    );
  }

  /** Bytes go to whoever signed, as with `tx.get`; secrets to their own organisation alone. */
  async function transactionsOf(caller: Caller, final: FinalBlock) {
    const { principal } = caller;
    const transactions = node.blockTransactions(final.height) ?? [];
    const sizeBytes = transactions.reduce((sum, bytes) => sum + bytes.length, 0);
    if (sizeBytes * 2 > LIMITS.replySizeBytesMax) {
      const max = LIMITS.replySizeBytesMax;
      throw new ApiError("TOO_LARGE", "The block's transactions exceed one answer; use tx.get.", {
        max,
      });
    }
    const items = [];
    for (const [i, bytes] of transactions.entries()) {
      const read = readTransaction(bytes);
      assert(read.ok, "a final block holds transactions");
      const { body } = read.value;
      if (!(await readsEnvelope(rights, principal, body.parties))) throw foreignBlock();
      const isHidden = await bringsForeignSecret(rights, principal, body);
      items.push({
        index: i + 1,
        txId: toHex(present(final.executed[i + 1], "each transaction was executed").receipt.txId),
        ...(isHidden ? {} : { bytes: bytesToText(bytes) }),
      });
    }
    return items;
  }

  function certificateOf(height: number) {
    const found = node.certificate(height);
    if (found === undefined) {
      throw new ApiError("NOT_FOUND", "No certificate is kept for this height or a later one.");
    }
    return {
      height: found.height,
      json: certificateToJson(found.certificate, validatorCount()),
    };
  }

  return {
    "chain.head": () => {
      const { height } = node.head();
      return { at: headAt(node), header: headerToJson(finalBlockAt(node, height)) };
    },

    "chain.block": async ({ height, blockId, include = [] }, caller) => {
      await turns.take();
      const final = blockOf(height, blockId);
      const wants = (part: (typeof include)[number]) => include.includes(part);
      if (wants("tx") || wants("receipts")) await requireWhole(caller, final);
      const certificate = wants("certificate") ? certificateOf(final.height) : undefined;
      const transactions = wants("tx") ? await transactionsOf(caller, final) : undefined;
      return {
        at: headAt(node),
        header: headerToJson(final),
        ...(transactions === undefined ? {} : { transactions }),
        ...(wants("receipts")
          ? { receipts: final.executed.map(({ receipt }) => receiptToJson(receipt)) }
          : {}),
        ...(certificate === undefined
          ? {}
          : { certificate: certificate.json, certificateHeight: certificate.height }),
      };
    },

    "chain.blocks": async ({ from, to, order = "descending", limit = LIMITS.listPageDefault }) => {
      const head = node.head().height;
      const oldest = Math.max(node.lowestHeight(), 1);
      const first = Math.max(from ?? oldest, 1);
      const last = Math.min(to ?? head, head);
      if (from !== undefined && first < oldest && first <= last) {
        throw new ApiError("PRUNED", `Heights below ${oldest} are not kept here.`, {
          oldestHeight: oldest,
        });
      }
      const begin = Math.max(first, oldest);
      const count = Math.max(0, Math.min(limit, last - begin + 1));
      const items: ReturnType<typeof headerToJson>[] = [];
      for (let i = 0; i < count; i++) {
        await turns.take();
        items.push(headerToJson(finalBlockAt(node, order === "ascending" ? begin + i : last - i)));
      }
      const isComplete = last - begin + 1 <= limit;
      const next = order === "ascending" ? begin + count : last - count;
      return { at: headAt(node), items, next: isComplete ? null : next, complete: isComplete };
    },

    "chain.validators": () => {
      const { validators, genesis } = node.identity();
      return {
        at: headAt(node),
        epoch: node.status().chain.epoch,
        quorum: quorumSize(validators.length),
        items: validators.map((validator) => ({
          index: validator.index,
          validatorId: idToText("validator", validator.validatorId),
          organisation: validator.organisation,
          organisationCode: genesis.organisations[validator.organisation]?.code ?? "",
          organisationName: genesis.organisations[validator.organisation]?.name ?? "",
          consensusKey: toHex(validator.consensusKey),
        })),
        next: null,
        complete: true,
      };
    },

    "chain.certificate": async ({ height }) => {
      await turns.take();
      finalBlockAt(node, height);
      const certificate = certificateOf(height);
      return {
        at: headAt(node),
        height: certificate.height,
        header: headerToJson(finalBlockAt(node, certificate.height)),
        certificate: certificate.json,
      };
    },

    search: async ({ text }, caller) => {
      const at = headAt(node);
      const found: {
        kind: "block" | "transaction" | "account" | "validator" | "asset";
        id: string;
      }[] = [];
      const query = text.trim();
      if (/^\d{1,15}$/.test(query)) {
        const height = Number(query);
        if (height >= 1 && node.finalBlock(height) !== undefined) {
          found.push({ kind: "block", id: String(height) });
        }
      }
      const hash = query.length === 64 ? fromHex(query.toLowerCase()) : undefined;
      if (hash !== undefined) {
        const height = node.heightOf(hash);
        if (height !== undefined) found.push({ kind: "block", id: String(height) });
        if (node.stateOf(hash).status !== "unknown") {
          found.push({ kind: "transaction", id: toHex(hash) });
        }
      }
      const account = idFromText("account", query);
      if (account !== undefined) {
        await rights.requireAccount(caller.principal, account);
        const { rows } = await queries.rows(TABLES.account.id, [KEYS.account(account)]);
        if (rows[0] !== undefined) found.push({ kind: "account", id: query });
      }
      const validator = idFromText("validator", query);
      if (validator !== undefined) {
        const isKnown = node
          .identity()
          .validators.some(({ validatorId }) => toHex(validatorId) === toHex(validator));
        if (isKnown) found.push({ kind: "validator", id: query });
      }
      if (/^[A-Za-z0-9.-]{1,12}$/.test(query)) {
        const code = query.toUpperCase();
        const { rows } = await queries.rows(TABLES.assetCode.id, [KEYS.assetCode(code)]);
        if (rows[0] !== undefined) found.push({ kind: "asset", id: code });
      }
      return { at, items: found, next: null, complete: true };
    },
  };
}
