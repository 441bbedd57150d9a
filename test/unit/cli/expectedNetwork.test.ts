// Goal: a command speaks to the network that is meant, and to no other.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectTo, expectedNetwork, nodesOfKeys } from "../../../src/cli/context.js";
import { genesisHash } from "../../support/fakeNetwork.js";
import { startHarness } from "../../support/gatewayHarness.js";

const own = Buffer.from(genesisHash).toString("hex");
const other = "ab".repeat(32);

describe("the network that a command expects", () => {
  let home: string;
  const environment = { ...process.env };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "fondaco-network-"));
    mkdirSync(join(home, "keys"));
    const validators = ["127.0.0.1:9004", "127.0.0.1:9005", "127.0.0.1:0"].map((gateway) => ({
      gateway,
    }));
    writeFileSync(join(home, "network.json"), JSON.stringify({ genesisHash: other, validators }));
    for (const name of ["FONDACO_GENESIS", "FONDACO_KEYS", "FONDACO_NODE"])
      delete process.env[name];
    // Nothing of the user who runs the tests.
    process.env.HOME = home;
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(home, { recursive: true });
  });

  test("its nodes are those beside the keys that have fixed ports; other keys name none", () => {
    const all = ["http://127.0.0.1:9004", "http://127.0.0.1:9005"];
    expect(nodesOfKeys(join(home, "keys"))).toEqual(all);
    expect(nodesOfKeys(join(home, "elsewhere", "keys"))).toEqual([]);
  });

  test("is the one that is said, before that of the keys", () => {
    const options = { keys: join(home, "keys"), genesis: own.toUpperCase() };
    expect(expectedNetwork(options, true)?.genesisHash).toBe(own);
    process.env.FONDACO_GENESIS = own;
    expect(expectedNetwork({ keys: join(home, "keys") }, true)?.genesisHash).toBe(own);
    expect(() => expectedNetwork({ genesis: "12" }, false)).toThrow("64 hexadecimal digits");
  });

  test("is that of the keys, where they are used, named, or of the same dev network", () => {
    const keys = join(home, "keys");
    expect(expectedNetwork({ keys, node: "http://node" }, false)?.genesisHash).toBe(other);
    process.env.FONDACO_KEYS = keys;
    expect(expectedNetwork({ node: "http://node" }, true)?.genesisHash).toBe(other);
    delete process.env.FONDACO_KEYS;
    expect(expectedNetwork({ node: "http://node" }, false)).toBeUndefined();
  });

  test("is nothing where the keys were brought from elsewhere", () => {
    const keys = join(home, "elsewhere", "keys");
    expect(expectedNetwork({ keys }, true)).toBeUndefined();
    writeFileSync(join(home, "network.json"), "no json");
    expect(expectedNetwork({ keys: join(home, "keys") }, true)).toBeUndefined();
  });

  test("is refused to be another one, in words that say what to do", async () => {
    const harness = await startHarness({ listener: "ws" });
    const node = harness.gateway.httpUrl;
    await expect(connectTo({ node, keys: join(home, "keys") })).rejects.toMatchObject({
      code: "WRONG_CHAIN",
      message: expect.stringContaining("--genesis") as string,
    });
    const client = await connectTo({ node, keys: join(home, "keys"), genesis: own });
    expect(client.hello.genesisHash).toBe(own);
    client.close();
    await harness.close();
  });
});
