import type { Command } from "commander";
import type { FondacoClient, ResultOf } from "../../client/index.js";
import { action, type ClientOptions, nodeUrl, withClient, withClientOptions } from "../context.js";
import { untilStopped } from "../options.js";
import { type Output, table } from "../output.js";

interface StatusOptions extends ClientOptions {
  readonly watch?: boolean;
}

const WATCH_MS = 1_000;

export function registerStatus(program: Command): void {
  withClientOptions(
    program
      .command("status")
      .description("how a validator and its network are doing")
      .option("--watch", "go on until Ctrl-C, once a second"),
  ).action(action(status));
}

function describe(url: string, found: ResultOf<"node.status">): string {
  const ageMs = found.nowMs - found.headTimeMs;
  const rows = found.peers.map((peer) => [
    String(peer.validator),
    peer.isConnected ? "connected" : "down",
    String(peer.finalizedHeight),
    String(peer.view),
    peer.clockOffsetMs === null ? "-" : `${peer.clockOffsetMs} ms`,
  ]);
  const voting = found.isVoting ? "voting" : `not voting: ${found.stoppedReason ?? "not yet"}`;
  return [
    `node        ${url}`,
    `height      ${found.at.height} (${(ageMs / 1_000).toFixed(1)} s ago), view ${found.view}, leader validator ${found.leader}`,
    `state       ${found.isSyncing ? "catching up" : "in step"}, ${voting}`,
    `load        ${found.load.pendingTransactions} of ${found.load.pendingTransactionsMax} transactions wait, ${found.load.sockets} sockets`,
    `disk flush  p50 ${found.flushMs.p50.toFixed(2)} ms, p99 ${found.flushMs.p99.toFixed(2)} ms`,
    "",
    table(["validator", "link", "height", "view", "clock"], rows),
    ...(found.warnings.length === 0
      ? []
      : ["", ...found.warnings.map(({ code, message }) => `warning: ${message} (${code})`)]),
  ].join("\n");
}

async function status(output: Output, options: StatusOptions): Promise<number> {
  const url = nodeUrl(options);
  await withClient(options, async (client) => {
    if (options.watch === true) await watch(output, url, client);
    else {
      const found = await client.call("node.status", {});
      output.result(found, describe(url, found));
    }
  });
  return 0;
}

async function watch(output: Output, url: string, client: FondacoClient): Promise<void> {
  const stopped = untilStopped();
  let isStopped = false;
  const end = stopped.promise.then(() => {
    isStopped = true;
  });
  while (!isStopped) {
    const found = await client.call("node.status", {});
    const clear = process.stdout.isTTY && !output.isJson ? "\x1b[2J\x1b[H" : "";
    output.result(found, `${clear}${describe(url, found)}`);
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, WATCH_MS))]);
  }
}
