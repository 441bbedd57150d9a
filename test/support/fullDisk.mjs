/**
 * Loaded by `node --import`: the disk under FULL_DISK_PATH is full while the file FULL_DISK_FLAG is
 * there. Every write and reservation below that path fails as the operating system would answer.
 */

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { FULL_DISK_PATH: path, FULL_DISK_FLAG: flag } = process.env;
const isFull = () => fs.existsSync(flag);

function isBelow(descriptor) {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(path);
  } catch {
    return false;
  }
}

const noSpace = () =>
  Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    errno: -28,
  });

const { writeSync, write, statfsSync } = fs;
fs.writeSync = (descriptor, ...rest) => {
  if (isFull() && isBelow(descriptor)) throw noSpace();
  return writeSync(descriptor, ...rest);
};
fs.write = (descriptor, ...rest) => {
  if (isFull() && isBelow(descriptor)) {
    const done = rest.at(-1);
    setImmediate(() => done(noSpace()));
    return;
  }
  write(descriptor, ...rest);
};
fs.statfsSync = (at, ...rest) => {
  const found = statfsSync(at, ...rest);
  return isFull() && String(at).startsWith(path) ? { ...found, bavail: 0, bfree: 0 } : found;
};
syncBuiltinESMExports();
