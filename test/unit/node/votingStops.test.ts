// Goal: an incomplete safety record stays one over restarts, and what the disk refuses meanwhile is
// told to who asked, not thrown into the step that asked.
import { describe, expect, test } from "vitest";
import { rememberStop, votingStopOf } from "../../../src/node/votingStops.js";
import { Machine } from "../storage/storageFixtures.js";

const HOME = "/home";
const CODE = "SAFETY_RECORD_INCOMPLETE";

function machineWithHome() {
  const machine = new Machine();
  machine.disk.fileSystem().createDirectory(HOME);
  const remember = (code = CODE) =>
    machine.completed((done) => rememberStop(machine.disk.fileSystem(), HOME, code, done));
  const stop = () => votingStopOf(machine.disk.fileSystem(), HOME, false)?.code;
  return { machine, remember, stop };
}

const codeOf = (error: Error | undefined) => (error as { code?: string } | undefined)?.code;

describe("the mark of an incomplete safety record", () => {
  test("outlives a power cut, and is made once", () => {
    const { machine, remember, stop } = machineWithHome();
    expect(stop()).toBeUndefined();
    expect(remember()).toBeUndefined();
    machine.end(() => 0);
    expect(stop()).toBe(CODE);
    expect(remember()).toBeUndefined();
  });

  test("is of that reason alone", () => {
    const { machine, remember, stop } = machineWithHome();
    expect(remember("SAFETY_LOST")).toBeUndefined();
    expect(stop()).toBeUndefined();
    expect(machine.disk.paths()).toEqual([]);
  });

  test("answers with what the disk refuses", () => {
    const full = machineWithHome();
    full.machine.disk.setFreeBytes(0);
    expect(codeOf(full.remember())).toBe("DISK_FULL");
    // The name is there, which is enough as long as the power stays.
    expect(full.stop()).toBe(CODE);

    const missing = new Machine();
    const error = missing.completed((done) =>
      rememberStop(missing.disk.fileSystem(), HOME, CODE, done),
    );
    expect(codeOf(error)).toBe("FILE_MISSING");

    const failing = machineWithHome();
    failing.machine.disk.failFlushes(1);
    expect(codeOf(failing.remember())).toBe("FILE_ERROR");
  });
});
