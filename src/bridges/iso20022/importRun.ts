/** Imports a judged file: plans its payments, makes them, and tells what became of each entry. */

import { messageOf } from "../../base/errors.js";
import type { JudgedEntry, JudgedFile } from "./judge.js";
import type { ImportReport, Outcome, ReportedEntry } from "./outcome.js";
import { type Directory, type PlannedPayment, planPayment } from "./resolve.js";

/** Pays for one debtor. */
export interface Payer {
  /** Must not reject. */
  pay(payment: PlannedPayment): Promise<Outcome>;
  close(): void;
}

export interface ImportOptions {
  readonly directory: Directory;
  /** Session of a debtor, by account id; undefined for a dry run. */
  readonly openPayer: ((debtor: string) => Promise<Payer>) | undefined;
  readonly progress?: (done: number, total: number) => void;
  /** Stops before the next payment; those on their way are awaited. */
  readonly signal?: AbortSignal;
}

/** Payments of one session on their way at the same time: enough to fill blocks. */
const IN_FLIGHT_MAX = 256;

interface Slot {
  readonly judged: JudgedEntry;
  outcome: Outcome;
}

interface Work {
  readonly slot: Slot;
  readonly payment: PlannedPayment;
}

/**
 * Debtors come one after the other, in the order in which the file names them; entries of one
 * debtor are on their way together, so the ledger may order them differently.
 *
 * @throws What `openPayer` throws for the first debtor, when nothing has been paid yet.
 */
export async function runImport(judged: JudgedFile, options: ImportOptions): Promise<ImportReport> {
  const { directory, openPayer, progress, signal } = options;
  const byDebtor = new Map<string, Work[]>();
  let total = 0;
  const parts = judged.parts.map(({ information, reason, entries }) => ({
    information,
    reason,
    slots: entries.map((entry): Slot => {
      const { judgement } = entry;
      if (!judgement.ok) {
        return { judged: entry, outcome: { status: "rejected", reason: judgement.reason } };
      }
      const planned = planPayment(judgement.instruction, directory);
      if ("reason" in planned) {
        return { judged: entry, outcome: { status: "rejected", reason: planned.reason } };
      }
      const slot: Slot = { judged: entry, outcome: { status: "checked" } };
      if (openPayer !== undefined) {
        slot.outcome = { status: "pending", words: "not sent; import the file again" };
        const { payment } = planned;
        const work = byDebtor.get(payment.debtor);
        if (work === undefined) byDebtor.set(payment.debtor, [{ slot, payment }]);
        else work.push({ slot, payment });
        total++;
      }
      return slot;
    }),
  }));
  let done = 0;
  const count = () => {
    done++;
    progress?.(done, total);
  };
  if (openPayer !== undefined) {
    for (const [debtor, works] of byDebtor) {
      if (signal?.aborted === true) break;
      let payer: Payer;
      try {
        payer = await openPayer(debtor);
      } catch (error) {
        if (done === 0) throw error;
        // Others were paid, so there is something to report; these stay pending.
        const words = `not sent: ${messageOf(error)}; import the file again`;
        for (const { slot } of works) slot.outcome = { status: "pending", words };
        continue;
      }
      try {
        await payAll(payer, works, count, signal);
      } finally {
        payer.close();
      }
    }
  }
  return {
    file: judged.file,
    refusal: judged.refusal,
    parts: parts.map(({ information, reason, slots }) => ({
      information,
      reason,
      entries: slots.map(reported),
    })),
  };
}

async function payAll(
  payer: Payer,
  works: readonly Work[],
  paid: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let next = 0;
  let isStuck = false;
  const runner = async () => {
    while (signal?.aborted !== true && !isStuck) {
      const work = works[next++];
      if (work === undefined) return;
      work.slot.outcome = await payer.pay(work.payment);
      // Where one cannot be settled, the next ones could not either: the file is imported again.
      if (work.slot.outcome.status === "pending") isStuck = true;
      else paid();
    }
  };
  const runners = Math.min(IN_FLIGHT_MAX, works.length);
  await Promise.all(Array.from({ length: runners }, runner));
}

function reported({ judged, outcome }: Slot): ReportedEntry {
  const { entry, judgement } = judged;
  const paymentId = judgement.ok ? judgement.instruction.paymentId : undefined;
  return { entry, paymentId, outcome };
}
