/** A network in this process with a browser that looks at its pages. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { WebSocket } from "ws";
import { LocalNetwork } from "../../src/cli/network/localNetwork.js";
import { anyPortsConfig, writeNetwork } from "../../src/cli/network/networkFiles.js";
import { type NetworkPlan, planNetwork } from "../../src/cli/network/networkPlan.js";
import {
  connect,
  type FondacoClient,
  type PaymentRequest,
  type PaymentResult,
  type Wallet,
  walletFrom,
} from "../../src/client/index.js";
import { idToText } from "../../src/codec/text.js";
import { silentLogger } from "../../src/ports/logger.js";
import { launchBrowser } from "../support/browser.js";
import { repositoryPath } from "../support/data.js";

const VALIDATORS = 4;
const WAIT_MS = 15_000;

export class PagesKit {
  /** What a page must not do: errors of its scripts and requests to other hosts. */
  readonly faults: string[] = [];

  private constructor(
    readonly network: LocalNetwork,
    readonly plan: NetworkPlan,
    readonly browser: Browser,
    readonly client: FondacoClient,
    readonly url: string,
    private readonly directory: string,
  ) {}

  static async start(mode: "open" | "scoped"): Promise<PagesKit> {
    if (!existsSync(repositoryPath("dist", "explorer", "index.html"))) {
      throw new Error("The pages are not built: npm run build");
    }
    const directory = await mkdtemp(join(tmpdir(), "fondaco-pages-"));
    const plan = planNetwork({
      networkName: "pages test",
      validatorCount: VALIDATORS,
      addressOf: (i) => `127.0.0.1:${8_420 + i}`,
      timeMs: Date.now(),
      isDemo: true,
      loadAccounts: 0,
    });
    writeNetwork({
      directory,
      plan,
      isDemo: true,
      configOf: (validator) => anyPortsConfig(validator, mode),
    });
    const network = await LocalNetwork.start({
      directory,
      validatorCount: VALIDATORS,
      port: 0,
      loggerOf: () => silentLogger,
      failed: (error) => {
        throw error;
      },
    });
    await network.ready();
    const url = network.validators[0]?.gateway?.httpUrl as string;
    const client = await connect({ url, webSocket: WebSocket });
    return new PagesKit(network, plan, await launchBrowser(), client, url, directory);
  }

  wallet(name: string): Wallet {
    const account = this.plan.accounts.find((item) => item.name === name);
    if (account === undefined) throw new Error(`the network has no account ${name}`);
    return walletFrom(account.accountId, account.seed);
  }

  account(name: string): string {
    return idToText("account", this.wallet(name).account);
  }

  /** Pays on a session that is logged in as the payer, as scoped nodes ask for. */
  async payLoggedIn(name: string, payment: Omit<PaymentRequest, "from">): Promise<PaymentResult> {
    const from = this.wallet(name);
    const client = await connect({ url: this.url, webSocket: WebSocket, login: from });
    try {
      return await client.pay({ from, ...payment });
    } finally {
      client.close();
    }
  }

  /** A new window on an address, with nothing of earlier ones. */
  async open(hash = "", options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ locale: "en-GB", ...options });
    // Below the time of a test, so that it fails with the name of what was waited for.
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const { host } = new URL(this.url);
    const check = (url: string) => {
      const target = new URL(url);
      const isLocal = target.host === host || ["data:", "blob:"].includes(target.protocol);
      if (!isLocal) this.faults.push(`request to ${url}`);
    };
    page.on("request", (request) => check(request.url()));
    page.on("websocket", (socket) => check(socket.url()));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.faults.push(`console: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    await page.goto(`${this.url}/${hash}`);
    return page;
  }

  async stopValidator(index: number): Promise<void> {
    const validator = this.network.validators[index];
    if (validator === undefined) throw new Error(`there is no validator ${index}`);
    await validator.stop();
    // The network stops all of its validators at the end, and each can be stopped once.
    validator.stop = () => Promise.resolve();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.browser.close();
    await this.network.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
