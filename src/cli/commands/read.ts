import type { Command } from "commander";
import type { ResultOf } from "../../client/index.js";
import { amountText } from "../../client/index.js";
import { accountText, action, withClientOptions } from "../context.js";
import { integerOption } from "../options.js";
import { type Output, table } from "../output.js";
import { AS_OPTION, type ReadOptions, withReader } from "../session.js";

export function registerAccount(program: Command): void {
  withClientOptions(
    program
      .command("account")
      .description("balances and last transactions of an account")
      .argument("<name|account>", "a name in the key directory, or an account id")
      .option(...AS_OPTION)
      .option("--limit <n>", "transactions to show", integerOption(0, 200), 10),
  ).action(action(account));
}

export function registerBlock(program: Command): void {
  withClientOptions(
    program
      .command("block")
      .description("a final block")
      .argument("<height>", "its height", integerOption(1, Number.MAX_SAFE_INTEGER))
      .option(...AS_OPTION),
  ).action(action(block));
}

export function registerTransaction(program: Command): void {
  withClientOptions(
    program
      .command("tx")
      .description("a transaction: where it stands and what it did")
      .argument("<txid>", "its id: 64 hexadecimal digits")
      .option(...AS_OPTION),
  ).action(action(transaction));
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

async function account(
  output: Output,
  options: ReadOptions & { readonly limit: number },
  name: string,
): Promise<number> {
  const id = accountText(options, name);
  await withReader(options, name, async (client) => {
    const found = await client.call("account.get", { account: id });
    const history =
      options.limit === 0
        ? undefined
        : await client.call("account.history", { account: id, limit: options.limit });
    const balances = found.balances.map(({ code, scale, available }) => [
      code,
      amountText(BigInt(available), scale),
    ]);
    const lines = (history?.items ?? []).map(({ timeMs, txId, receipt }) => [
      timeText(timeMs),
      `${receipt.position.height}.${receipt.position.index}`,
      receipt.outcome,
      txId,
    ]);
    output.result(
      { ...found, history: history?.items ?? [] },
      [
        `account       ${id}`,
        `organisation  ${found.organisation}`,
        `status        ${found.status}`,
        "",
        table(["asset", "balance"], balances),
        ...(lines.length === 0
          ? []
          : ["", table(["time", "position", "outcome", "transaction"], lines)]),
        "",
        `as of height ${found.at.height}`,
      ].join("\n"),
    );
  });
  return 0;
}

async function block(output: Output, options: ReadOptions, height: number): Promise<number> {
  await withReader(options, undefined, async (client) => {
    const found = await client.call("chain.block", { height, include: ["certificate"] });
    const { header, certificate, certificateHeight } = found;
    output.result(
      found,
      [
        `height        ${header.height}`,
        `id            ${header.blockId}`,
        `time          ${timeText(header.timeMs)}`,
        `view          ${header.view}`,
        `proposer      validator ${header.proposer}`,
        `transactions  ${header.transactionCount}`,
        `result        ${header.resultHash}`,
        `signed by     ${(certificate?.voters ?? []).map((voter) => `validator ${voter}`).join(", ")}` +
          (certificateHeight === header.height
            ? ""
            : ` (in the certificate of height ${certificateHeight})`),
      ].join("\n"),
    );
  });
  return 0;
}

function placeOf({ height, index, timeMs }: ResultOf<"tx.get">): string[] {
  if (height === undefined) return [];
  const at = `position      height ${height}, index ${index}`;
  return timeMs === undefined ? [at] : [at, `time          ${timeText(timeMs)}`];
}

async function transaction(output: Output, options: ReadOptions, txId: string): Promise<number> {
  await withReader(options, undefined, async (client) => {
    const found = await client.call("tx.get", { txId });
    const { status, outcome, code, codeName } = found;
    const events = (found.events ?? []).map(
      ({ name, accounts }) => `  ${name}  ${accounts.join(" ")}`,
    );
    const operations = (found.transaction?.operations ?? []).map(
      ({ name, fields }) => `  ${name} ${JSON.stringify(fields)}`,
    );
    output.result(
      found,
      [
        `transaction   ${txId}`,
        `status        ${status}${outcome === undefined ? "" : `, ${outcome}`}` +
          (code === undefined || code === 0 ? "" : `: ${codeName} (${code})`),
        ...placeOf(found),
        ...(operations.length === 0 ? [] : ["operations", ...operations]),
        ...(events.length === 0 ? [] : ["events", ...events]),
      ].join("\n"),
    );
  });
  return 0;
}
