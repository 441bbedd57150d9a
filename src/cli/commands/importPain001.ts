import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { toHex } from "../../base/bytes.js";
import { LIMITS } from "../../base/limits.js";
import {
  accountKey,
  type Directory,
  groupStatus,
  type ImportReport,
  type JudgedFile,
  judgeFile,
  LedgerPayer,
  type OutcomeStatus,
  readCreditTransfers,
  runImport,
  STATUS_CODES,
  writeStatusReport,
} from "../../bridges/iso20022/index.js";
import { ApiError, randomBytes, type Wallet } from "../../client/index.js";
import {
  accountText,
  action,
  type ClientOptions,
  connectTo,
  keyDirectory,
  wallet,
  withClient,
  withClientOptions,
} from "../context.js";
import { commandError } from "../errors.js";
import type { Output } from "../output.js";
import { type AccountMap, readAccountMap, readBounded } from "./accountMap.js";

interface ImportOptions extends ClientOptions {
  readonly map: string;
  readonly dryRun?: boolean;
  readonly acceptCountMismatch?: boolean;
  readonly pain002?: string;
}

/** Somewhere on earth it is already this much later than in UTC. */
const EARLIEST_ZONE_MS = 14 * 3_600_000;
/** A file above this takes more than a moment to read. */
const SHOWN_SIZE_BYTES = 2 * 1024 * 1024;
/** Entries that are not paid, as shown to people; programs and the report get all. */
const SHOWN_MAX = 20;

const HELP = `
The account map is a JSON object. It names, for each account of the file (IBAN, or Othr/Id; spaces
do not count, check digits are not verified), an account id or a key of --keys. Debtors need a key:

  $ cat accounts.json
  { "CH03 0900 0000 2500 9034 2": "alice", "CH5109000000250092291": "bob", "014295803": "fa1..." }
  $ fondaco import pain001 payments.xml --map accounts.json --dry-run
  $ fondaco import pain001 payments.xml --map accounts.json --pain002 status.xml

An account that pays from one account of the ledger and is paid on another is named so:
{ "CH51...": { "debtor": "bob", "creditor": "shop" } }. Several accounts of the file may be one.

Each entry is paid once: its payment id comes from MsgId, PmtInfId and EndToEndId, and the ledger
keeps it for 35 days. After an interruption run the same command again. A file is refused whole
where its header's count (AM19) or control sum (AM16) is wrong.

Exit code 0: every entry is paid, now or before (dry run: would be). 1: something is not.`;

/** Adds `import pain001` to the program; other imports may share the parent command. */
export function registerImportPain001(program: Command): void {
  const parent =
    program.commands.find((command) => command.name() === "import") ??
    program.command("import").description("take in files of other systems");
  withClientOptions(
    parent
      .command("pain001")
      .description("pay an ISO 20022 customer credit transfer (pain.001.001.03 to .12)")
      .argument("<file>", "the XML file")
      .requiredOption("--map <accounts.json>", "which account of the ledger each account is")
      .option("--dry-run", "check everything that can be checked, pay nothing")
      .option(
        "--accept-count-mismatch",
        "take a file whose stated numbers of entries (NbOfTxs) are not those that it has",
      )
      .option("--pain002 <out>", "write the status report (pain.002.001.11) to this file"),
  )
    .addHelpText("after", HELP)
    .action(action(importPain001));
}

async function importPain001(
  output: Output,
  options: ImportOptions,
  path: string,
): Promise<number> {
  const isDryRun = options.dryRun === true;
  const map = readAccountMap(options.map);
  const judged = readJudged(output, path, options.acceptCountMismatch === true);
  // Before anything is paid: a report that cannot be written would be missed too late.
  const reportFile =
    options.pain002 === undefined ? undefined : new ReportFile(options.pain002, path);
  try {
    const report = await run(output, options, judged, map);
    reportFile?.write(
      writeStatusReport(report, { messageId: toHex(randomBytes(16)), createdMs: Date.now() }),
    );
    return tell(output, report, isDryRun);
  } finally {
    reportFile?.discard();
  }
}

function readJudged(output: Output, path: string, acceptsCountMismatch: boolean): JudgedFile {
  const bytes = readBounded(path, LIMITS.paymentFileSizeBytesMax, "the payment file");
  if (bytes.length > SHOWN_SIZE_BYTES) output.progress(`reading ${path}`);
  try {
    return judgeFile(readCreditTransfers(bytes), {
      acceptsCountMismatch,
      today: new Date(Date.now() + EARLIEST_ZONE_MS).toISOString().slice(0, 10),
    });
  } finally {
    output.endProgress();
  }
}

async function run(
  output: Output,
  options: ImportOptions,
  judged: JudgedFile,
  map: AccountMap,
): Promise<ImportReport> {
  const wallets = new Map<string, Wallet>();
  const directory: Directory = {
    ...accountsOf(options, map, wallets),
    scaleOf: scaleReader(await readScales(options, judged)),
  };
  if (options.dryRun === true) return runImport(judged, { directory, openPayer: undefined });
  const stop = new AbortController();
  const onSignal = () => {
    output.remark("stopping: payments on their way are awaited; the same command completes it");
    stop.abort();
  };
  // A second one ends the process as usual: the handler is gone by then.
  process.once("SIGINT", onSignal);
  try {
    return await runImport(judged, {
      directory,
      signal: stop.signal,
      progress: progressOf(output),
      openPayer: async (debtor) => {
        const from = wallets.get(debtor) as Wallet;
        const client = await connectTo(options, from);
        const payer = new LedgerPayer(client, from);
        return { pay: (payment) => payer.pay(payment), close: () => client.close() };
      },
    });
  } finally {
    process.off("SIGINT", onSignal);
    output.endProgress();
  }
}

function progressOf(output: Output): (done: number, total: number) => void {
  const show = output.pacedProgress();
  return (done, total) => show(() => `${done} of ${total} entries settled`);
}

/**
 * Accounts of the file by the map. One that the map does not name is the file's fault, and rejects
 * its entries; a name without a key is the operator's, and ends the command before anything is paid.
 */
function accountsOf(
  options: ImportOptions,
  map: AccountMap,
  wallets: Map<string, Wallet>,
): Pick<Directory, "debtorOf" | "creditorOf"> {
  const keys = keyDirectory(options);
  let names: Map<string, string> | undefined;
  /** Name of the key that signs for an account id. */
  const nameOf = (account: string): string => {
    names ??= new Map(keys.names().map((name) => [keys.read(name).account ?? "", name]));
    const name = names.get(account);
    if (name !== undefined) return name;
    const words = `no key in ${keys.path} signs for ${account}, which the account map names for a debtor`;
    throw commandError("KEY_MISSING", words);
  };
  const debtors = new Map<string, string>();
  const creditors = new Map<string, string>();
  return {
    debtorOf: (account) => {
      const target = map.debtors.get(accountKey(account));
      if (target === undefined) return undefined;
      let debtor = debtors.get(target);
      if (debtor === undefined) {
        debtor = accountText(options, target);
        const name = target.startsWith("fa1") ? nameOf(debtor) : target;
        if (options.dryRun !== true) wallets.set(debtor, wallet(options, name));
        debtors.set(target, debtor);
      }
      return debtor;
    },
    creditorOf: (account) => {
      const target = map.creditors.get(accountKey(account));
      if (target === undefined) return undefined;
      const creditor = creditors.get(target) ?? accountText(options, target);
      creditors.set(target, creditor);
      return creditor;
    },
  };
}

/** Decimal places of each asset that the file's entries name. */
async function readScales(
  options: ImportOptions,
  judged: JudgedFile,
): Promise<ReadonlyMap<string, number>> {
  const codes = new Set<string>();
  for (const { judgement } of judged.parts.flatMap((part) => part.entries)) {
    if (judgement.ok) codes.add(judgement.instruction.currency);
  }
  const scales = new Map<string, number>();
  if (codes.size === 0) return scales;
  return withClient(options, async (client) => {
    for (const code of codes) {
      try {
        scales.set(code, (await client.call("asset.get", { asset: code })).asset.scale);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === "NOT_FOUND")) throw error;
      }
    }
    return scales;
  });
}

function scaleReader(scales: ReadonlyMap<string, number>): Directory["scaleOf"] {
  return (currency) => scales.get(currency);
}

/** The report's file: the old one stays until the new one is complete. */
class ReportFile {
  readonly #path: string;
  readonly #temporary: string;
  #descriptor: number | undefined;

  constructor(path: string, source: string) {
    this.#path = resolve(path);
    if (this.#path === resolve(source)) {
      throw commandError("SAME_FILE", "--pain002 names the payment file itself; name another one");
    }
    // One name, so that what a killed run left is written over.
    this.#temporary = `${this.#path}.part`;
    try {
      this.#descriptor = openSync(this.#temporary, "w");
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const error = commandError("FILE_UNWRITABLE", `--pain002 ${path} cannot be written: ${code}`);
      error.cause = cause;
      throw error;
    }
  }

  write(text: string): void {
    const descriptor = this.#descriptor as number;
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
    closeSync(descriptor);
    this.#descriptor = undefined;
    renameSync(this.#temporary, this.#path);
  }

  /** Removes what was begun and not written. */
  discard(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(this.#temporary, { force: true });
  }
}

/** Writes the answer; the exit code. */
function tell(output: Output, report: ImportReport, isDryRun: boolean): number {
  const { file, refusal, parts } = report;
  const all = parts.flatMap((part) => part.entries);
  const countOf = (status: OutcomeStatus) =>
    all.filter(({ outcome }) => outcome.status === status).length;
  const [paid, alreadyPaid] = [countOf("paid"), countOf("alreadyPaid")];
  const [rejected, pending] = [countOf("rejected"), countOf("pending")];
  const entries = parts.flatMap(({ information, entries: own }) =>
    own.map(({ entry, paymentId, outcome }) => ({
      paymentInformationId: information.paymentInformationId ?? null,
      instructionId: entry.instructionId ?? null,
      endToEndId: entry.endToEndId ?? null,
      amount: entry.instructedAmount?.text ?? null,
      currency: entry.instructedAmount?.currency ?? null,
      paymentId: paymentId === undefined ? null : toHex(paymentId),
      status: outcome.status,
      statusCode: STATUS_CODES[outcome.status],
      ...(outcome.status === "rejected"
        ? { reason: outcome.reason.code, message: outcome.reason.words }
        : {}),
      ...(outcome.status === "pending" ? { message: outcome.words } : {}),
      ...("at" in outcome ? outcome.at : {}),
    })),
  );
  const value = {
    messageId: file.messageId ?? null,
    status: refusal === undefined ? groupStatus(all) : STATUS_CODES.rejected,
    ...(refusal === undefined ? {} : { refusal: { reason: refusal.code, message: refusal.words } }),
    dryRun: isDryRun,
    accepted: all.length - rejected,
    paid,
    alreadyPaid,
    rejected,
    pending,
    entries,
  };
  output.result(value, textOf(value, isDryRun));
  return refusal === undefined && rejected === 0 && pending === 0 ? 0 : 1;
}

type Told = {
  readonly accepted: number;
  readonly paid: number;
  readonly alreadyPaid: number;
  readonly rejected: number;
  readonly pending: number;
  readonly refusal?: { readonly reason: string; readonly message: string };
  readonly entries: readonly {
    readonly paymentInformationId: string | null;
    readonly endToEndId: string | null;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
};

function textOf(told: Told, isDryRun: boolean): string {
  const { refusal, entries } = told;
  if (refusal !== undefined) {
    return `refused whole, nothing was paid: ${refusal.reason}: ${refusal.message}`;
  }
  const summary = isDryRun
    ? `${told.accepted} of ${entries.length} entries would be paid, ${told.rejected} rejected; nothing was paid`
    : `${told.paid} of ${entries.length} entries paid, ${told.alreadyPaid} paid before, ` +
      `${told.rejected} rejected, ${told.pending} pending`;
  const open = entries.filter(({ message }) => message !== undefined);
  const lines = open.slice(0, SHOWN_MAX).map((entry) => {
    const code = entry.reason === undefined ? "" : `${entry.reason}: `;
    const ids = `${entry.paymentInformationId ?? "?"} ${entry.endToEndId ?? "?"}`;
    return `  ${entry.status}  ${ids}  ${code}${entry.message}`;
  });
  if (open.length > SHOWN_MAX) lines.push(`  and ${open.length - SHOWN_MAX} more: see the report`);
  return [summary, ...lines].join("\n");
}
