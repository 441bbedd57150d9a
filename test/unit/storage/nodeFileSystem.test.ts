import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromSystemError } from "../../../src/storage/errors.js";
import { NodeFileSystem } from "../../../src/storage/nodeFileSystem.js";
import { temporaryHome } from "../../support/homes.js";
import { untilDone } from "../../support/virtualTime.js";
import { codeThrown } from "./storageFixtures.js";

describe("the lock of a home", () => {
  it("names the living process that holds it", () => {
    const home = temporaryHome();
    const unlock = new NodeFileSystem().lock(home);
    const second = () => new NodeFileSystem().lock(home);
    expect(codeThrown(second)).toBe("HOME_LOCKED");
    expect(second).toThrow(`process ${process.pid}: stop that validator first`);
    unlock();
    expect(existsSync(join(home, "LOCK"))).toBe(false);
  });

  it("is taken over from a process that was killed", async () => {
    const home = temporaryHome();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    const start = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ")[19];
    writeFileSync(join(home, "LOCK"), `${child.pid} ${start} 1\n`);
    expect(codeThrown(() => new NodeFileSystem().lock(home))).toBe("HOME_LOCKED");
    child.kill("SIGKILL");
    await once(child, "exit");
    new NodeFileSystem().lock(home)();
  });

  it("is taken over when another process got the number of its owner since, or it is unreadable", () => {
    for (const content of [`${process.pid} 12 1\n`, "", "not a number"]) {
      const home = temporaryHome();
      writeFileSync(join(home, "LOCK"), content);
      new NodeFileSystem().lock(home)();
    }
  });

  it("is not given back by an owner that lost it", () => {
    const home = temporaryHome();
    const unlock = new NodeFileSystem().lock(home);
    writeFileSync(join(home, "LOCK"), "another");
    unlock();
    expect(readFileSync(join(home, "LOCK"), "utf8")).toBe("another");
  });
});

describe("NodeFileSystem", () => {
  it("tells how long flushes take", async () => {
    const fileSystem = new NodeFileSystem();
    expect(fileSystem.flushLatency()).toEqual({ count: 0, p50: 0, p99: 0 });
    const file = fileSystem.open(join(temporaryHome(), "a"), "new");
    let flushed = 0;
    for (let i = 0; i < 5; i++) {
      file.write(i * 512, new Uint8Array(512));
      file.flush(() => flushed++);
      await untilDone(() => flushed === i + 1);
    }
    file.close();
    const { count, p50, p99 } = fileSystem.flushLatency();
    expect(count).toBe(5);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  });

  it("says in one sentence what the operating system answered", () => {
    const of = (code: string) => fromSystemError(Object.assign(new Error("why"), { code }), "/d/f");
    expect(of("ENOSPC").code).toBe("DISK_FULL");
    expect(of("ENOSPC").message).toBe("the disk of /d/f is full: free space, then restart");
    expect(of("ENOENT").code).toBe("FILE_MISSING");
    expect(of("EEXIST").code).toBe("FILE_EXISTS");
    expect(of("EIO").code).toBe("FILE_ERROR");
    expect(of("EIO").message).toBe("/d/f cannot be used: why");
  });

  it("says that a real disk is full", () => {
    // Writes to it always answer ENOSPC.
    const file = new NodeFileSystem().open("/dev/full", "existing");
    expect(codeThrown(() => file.write(0, new Uint8Array(1)))).toBe("DISK_FULL");
    file.close();
  });
});
