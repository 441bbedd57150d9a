// Goal: the ports keep what the simulator and durability rest on. Method: their sources for what
// no type can say; a simulated disk that loses power for what "durable" means.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listFiles } from "../architecture/sources.js";
import { repositoryPath } from "../support/data.js";
import { SimulatedDisk } from "../support/simulatedFileSystem.js";
import { numbersFrom } from "../support/transactionLog.js";

describe("ports", () => {
  it("PORT-1: call back, and promise nothing", () => {
    const paths = listFiles("src/ports").filter((path) => path.endsWith(".ts"));
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      expect(readFileSync(repositoryPath(path), "utf8"), path).not.toMatch(/\bPromise\b|\basync\b/);
    }
  });

  it("PORT-2: what was called durable survives every power cut, and nothing else is promised", () => {
    let lost = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const below = numbersFrom(seed);
      const waiting: (() => void)[] = [];
      const run = () => {
        for (const next of waiting.splice(0)) next();
      };
      const disk = new SimulatedDisk({
        schedule: (_delayMs, callback) => void waiting.push(callback),
      });
      const fileSystem = disk.fileSystem();
      fileSystem.createDirectory("d");
      const file = fileSystem.open("d/file", "new");
      const told: string[] = [];
      file.write(0, Uint8Array.of(1, 2, 3, 4));
      file.flush((error) => told.push(`file ${error}`));
      fileSystem.flushDirectory("d", (error) => told.push(`name ${error}`));
      expect(told).toEqual([]);
      while (waiting.length > 0) run();
      expect(told.sort()).toEqual(["file undefined", "name undefined"]);
      file.write(600, Uint8Array.of(9));
      disk.powerCut(() => below(1_000) / 1_000);
      const after = disk.fileSystem().open("d/file", "existing");
      expect(after.read(0, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
      if (after.read(600, 1)[0] !== 9) lost++;
    }
    expect(lost).toBeGreaterThan(0);
  });
});
