import { createHash } from "node:crypto";
import { type Command, Option } from "commander";
import { fromHex } from "../../base/bytes.js";
import { ClientError, type FondacoClient } from "../../client/index.js";
import { RESULT_CODES } from "../../declarations/resultCodes.js";
import {
  accountText,
  action,
  type ClientOptions,
  wallet,
  withClient,
  withClientOptions,
} from "../context.js";
import type { Output } from "../output.js";

interface PayOptions extends ClientOptions {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly asset: string;
  readonly ref?: string;
  readonly id?: string;
  readonly wait: "admitted" | "final";
}

export function registerPay(program: Command): void {
  withClientOptions(
    program
      .command("pay")
      .description("send one payment")
      .requiredOption("--from <name>", "key of the payer")
      .requiredOption("--to <name|account>", "payee: a name in the key directory, or an account id")
      .requiredOption("--amount <decimal>", "amount, such as 12.50")
      .requiredOption("--asset <code>", "asset, such as EUR")
      .option("--ref <text>", "what it is for: at most 64 bytes")
      .option("--id <id>", "payment id: the same id is paid once, however often this runs")
      .addOption(
        new Option(
          "--wait <state>",
          "answer when the payment is final, or when f + 1 validators hold it",
        )
          .choices(["admitted", "final"])
          .default("final"),
      ),
  )
    .addHelpText(
      "after",
      "\n  $ fondaco pay --from alice --to bob --amount 12.50 --asset EUR --ref 'invoice 7' --id invoice-7",
    )
    .action(action(pay));
}

/** 16 bytes: 32 hexadecimal digits as they are, any other text by the start of its SHA-256. */
export function paymentIdOf(text: string): Uint8Array {
  const bytes = text.length === 32 ? fromHex(text) : undefined;
  if (bytes !== undefined) return bytes;
  const digest = createHash("sha256").update("fondaco payment id\n").update(text, "utf8").digest();
  return new Uint8Array(digest.subarray(0, 16));
}

/** The same payment under the same id was made before: that is a success, and it says where. */
async function paidBefore(client: FondacoClient, error: unknown) {
  const detail = error instanceof ClientError ? error.detail : undefined;
  if (detail?.codeName !== RESULT_CODES.DUPLICATE_ID.name) throw error;
  const { events = [] } = await client.call("tx.get", { txId: String(detail.txId) });
  const taken = events.find(({ name }) => name === "payment.idTaken");
  const duplicateOf = String(taken?.fields.firstTxId ?? "");
  const { items } = await client.call("tx.status", { txIds: [duplicateOf] });
  const [first] = items;
  if (first === undefined) throw error;
  return { ...first, duplicateOf };
}

async function pay(output: Output, options: PayOptions): Promise<number> {
  const from = wallet(options, options.from);
  const to = accountText(options, options.to);
  return withClient(
    options,
    async (client) => {
      const startedMs = performance.now();
      const payment = client.pay({
        from,
        to,
        asset: options.asset,
        amount: options.amount,
        wait: options.wait,
        ...(options.ref === undefined ? {} : { reference: options.ref }),
        ...(options.id === undefined ? {} : { paymentId: paymentIdOf(options.id) }),
      });
      const { txId, status, height, index, ...rest } = await payment.catch((error: unknown) =>
        paidBefore(client, error),
      );
      const ms = Math.round(performance.now() - startedMs);
      const isDuplicate = "duplicateOf" in rest;
      const place = height === undefined ? "" : ` at height ${height}, index ${index}`;
      output.result(
        { txId, status, height, index, ms, ...(isDuplicate ? { duplicate: true } : {}) },
        isDuplicate
          ? `${txId}\npaid before under this id${place}: nothing was paid now`
          : `${txId}\n${status}${place} after ${ms} ms`,
      );
      return 0;
    },
    from,
  );
}
