import type { MeshFinding } from "../network/index.js";
import type { NodeStatus } from "../ports/nodeApi.js";

type Warning = NodeStatus["warnings"][number];

/** How long after it was last found something is shown. A refused twin dials again every 30 s. */
const SHOWN_MS = 120_000;

/** What an operator should do about each kind, of a validator by name. All else is in the log only. */
const TEXTS: Partial<Record<MeshFinding["code"], (name: string, by: "us" | "peer") => string>> = {
  SECOND_SESSION: (name, by) =>
    by === "us"
      ? `a second process uses the keys of ${name}: it was refused; stop one of the two`
      : `${name} knows another process that uses this validator's keys: stop one of the two`,
  WRONG_CHAIN: (name) => `${name} has another genesis record: compare the genesis hashes`,
  WRONG_PROTOCOL: (name) => `${name} speaks another protocol version: update the older of the two`,
  WRONG_IDENTITY: (name) => `${name} calls itself by another index: its home is of another seat`,
  BAD_SIGNATURE: (name) => `${name} does not sign with its registered consensus key`,
};

/** Findings of the mesh that `status` names: one of each kind for each validator, for a while. */
export class MeshWarnings {
  readonly #found = new Map<string, { readonly message: string; lastMs: number }>();

  constructor(readonly nameOf: (validator: number) => string) {}

  note({ code, by, peer }: MeshFinding, nowMs: number): void {
    const text = peer === undefined ? undefined : TEXTS[code];
    if (peer === undefined || text === undefined) return;
    this.#found.set(`${code} ${peer} ${by}`, {
      message: text(this.nameOf(peer), by),
      lastMs: nowMs,
    });
  }

  current(nowMs: number): Warning[] {
    const warnings: Warning[] = [];
    for (const [key, { message, lastMs }] of this.#found) {
      // A clock that was set back must not keep one for ever.
      if (Math.abs(nowMs - lastMs) > SHOWN_MS) this.#found.delete(key);
      else warnings.push({ code: key.slice(0, key.indexOf(" ")), message });
    }
    return warnings;
  }
}
