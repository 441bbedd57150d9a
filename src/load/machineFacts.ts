/** The machine that a run was made on, and the processes behind nodes that run on it too. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

export interface MachineFacts {
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Load average over a minute before the run: other work on the machine shows here. */
  readonly loadBefore: number;
}

export function machineFacts(): MachineFacts {
  const processors = cpus();
  return {
    system: `${type()} ${release()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

export interface ProcessUse {
  readonly rssMiB: number;
  /** Since its start, all threads. */
  readonly cpuS: number;
}

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const LISTENING = "0A";

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function inodeListeningOn(port: number): string | undefined {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (read(path) ?? "").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === LISTENING && fields[1]?.endsWith(wanted) === true) return fields[9];
    }
  }
  return undefined;
}

/** The process of this user that listens on a local port; undefined elsewhere than on Linux. */
export function processListeningOn(port: number): number | undefined {
  const inode = inodeListeningOn(port);
  if (inode === undefined) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let descriptors: string[];
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`);
    } catch {
      // Another user's process, or one that has just ended.
      continue;
    }
    for (const descriptor of descriptors) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${descriptor}`) === `socket:[${inode}]`) {
          return Number(pid);
        }
      } catch {
        // Closed in the meantime.
      }
    }
  }
  return undefined;
}

export function useOf(pid: number): ProcessUse | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const rssKiB = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  if (stat === undefined || rssKiB === undefined) return undefined;
  // Fields after the name, which is in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssMiB: Math.round(Number(rssKiB) / 1_024), cpuS: ticks / TICKS_PER_SECOND };
}
