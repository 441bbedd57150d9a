/**
 * The exclusive lock of a home directory (consensus.md 1.10, 1): a file that names its owner. Node
 * has no flock, so a lock that a killed process left behind is found by its process id, and a
 * process id that another process got since, by the time at which that one started.
 */

import * as fs from "node:fs";
import { join } from "node:path";
import { fromSystemError, storageError } from "./errors.js";

const NAME = "LOCK";
/** Several starts at once may replace the same stale lock; one of them wins within this many. */
const ATTEMPTS_MAX = 10;

let takenHere = 0;

/** Start of a process in clock ticks since boot (proc(5), field 22); empty where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return (error as { code?: string }).code === "EPERM";
  }
}

/** The process that holds the lock of this content, if it lives. */
function ownerOf(content: string): number | undefined {
  const [pidText = "", start = ""] = content.trim().split(" ");
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  const startNow = startOf(pid);
  return start !== "" && startNow !== "" && start !== startNow ? undefined : pid;
}

function readLock(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Moves a stale lock aside; puts it back if a living process took the lock in between. */
function removeStale(path: string, content: string, aside: string): void {
  try {
    fs.renameSync(path, aside);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) !== content) fs.linkSync(aside, path);
  fs.rmSync(aside, { force: true });
}

/**
 * Takes the lock of `directory`; the result gives it back.
 *
 * @throws {FondacoError} HOME_LOCKED, naming the process that holds it; FILE_ERROR.
 */
export function lockHome(directory: string): () => void {
  const path = join(directory, NAME);
  const own = `${process.pid} ${startOf(process.pid)} ${++takenHere}\n`;
  const draft = `${path}.${process.pid}.${takenHere}`;
  try {
    fs.writeFileSync(draft, own, { mode: 0o600 });
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        try {
          // A link appears whole or not at all, so nobody ever reads half a lock.
          fs.linkSync(draft, path);
          return () => {
            if (readLock(path) === own) fs.rmSync(path, { force: true });
          };
        } catch (error) {
          if ((error as { code?: string }).code !== "EEXIST") throw error;
        }
        const content = readLock(path);
        if (content === undefined) continue;
        const owner = ownerOf(content);
        if (owner !== undefined) {
          throw storageError(
            "HOME_LOCKED",
            path,
            `${directory} is in use by process ${owner}: stop that validator first`,
          );
        }
        removeStale(path, content, `${draft}.stale`);
      }
      throw storageError("HOME_LOCKED", path, `${directory} is being locked by another process`);
    } finally {
      fs.rmSync(draft, { force: true });
    }
  } catch (error) {
    throw fromSystemError(error, path);
  }
}
