/** The node's callbacks as promises, with its refusals as errors of the contract. */

import { ApiError } from "../api/index.js";
import { assert } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import type { ExecutorAnswer, ExecutorQuery } from "../execution/interface.js";
import type { NodeApi, RowProofParts, Simulation, SubmitRefusal } from "../ports/nodeApi.js";
import { refusalError } from "./submissions.js";

type Answer<K extends ExecutorAnswer["kind"]> = Extract<ExecutorAnswer, { kind: K }>;

const SIMULATION_RETRY_MS = 100;

export class NodeQueries {
  #simulations = 0;

  constructor(readonly node: NodeApi) {}

  #query<K extends ExecutorAnswer["kind"]>(query: ExecutorQuery, kind: K): Promise<Answer<K>> {
    return new Promise((resolve, reject) => {
      this.node.query(query, (answer) => {
        try {
          assert(answer.kind === kind, `the executor answered ${answer.kind} to ${query.kind}`);
          resolve(answer as Answer<K>);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  rows(table: number, keys: readonly Uint8Array[]): Promise<Answer<"rows">> {
    return this.#query({ kind: "rows", table, keys }, "rows");
  }

  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<Answer<"scan">> {
    return this.#query({ kind: "scan", table, prefix, after, limit }, "scan");
  }

  /**
   * Signatures of all that are under way come back at once, and then each is executed in one piece:
   * with thousands of them a vote would wait for seconds.
   *
   * @throws {ApiError} Why the node did not take it; OVERLOADED while many others are under way.
   */
  async simulate(transaction: Uint8Array): Promise<Simulation> {
    if (this.#simulations >= LIMITS.simulationsMax) {
      throw new ApiError("OVERLOADED", "Many others simulate just now; ask again.", {
        retryAfterMs: SIMULATION_RETRY_MS,
      });
    }
    this.#simulations++;
    const answer = await new Promise<Simulation | SubmitRefusal>((resolve) => {
      this.node.simulate(transaction, resolve);
    }).finally(() => {
      this.#simulations--;
    });
    if ("code" in answer) throw refusalError(answer);
    return answer;
  }

  /** @throws {ApiError} NOT_READY while no proof can be made. */
  async rowProof(table: number, key: Uint8Array): Promise<RowProofParts> {
    const parts = await new Promise<RowProofParts | undefined>((resolve) => {
      this.node.rowProof(table, key, resolve);
    });
    if (parts === undefined) {
      throw new ApiError("NOT_READY", "No proof can be made just now; ask again.", {
        retryAfterMs: 500,
      });
    }
    return parts;
  }
}
