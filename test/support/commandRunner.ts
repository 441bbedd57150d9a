/** Runs the compiled `fondaco` as a person would: a process of its own, in a home of its own. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { repositoryPath } from "./data.js";

export const MAIN = repositoryPath("dist/cli/main.js");

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DevReady {
  readonly event: string;
  readonly ws: string;
  readonly http: string;
  readonly genesis: string;
  readonly dir: string;
  readonly keys: string;
  readonly accounts: readonly { readonly name: string; readonly account: string }[];
}

/** Commands of one user: `HOME` is `home`, and nothing of this machine's user is seen. */
export class CommandUser {
  constructor(readonly home: string) {}

  #env(more: Record<string, string>): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("FONDACO_"));
    return { ...Object.fromEntries(own), HOME: this.home, ...more };
  }

  run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [MAIN, ...args],
        { encoding: "utf8", env: this.#env(env), cwd: this.home },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
          resolve({ code, stdout, stderr });
        },
      );
    });
  }

  /** The JSON line of a command that succeeds. */
  async json<T>(args: readonly string[], env: Record<string, string> = {}): Promise<T> {
    const ran = await this.run([...args, "--json"], env);
    if (ran.code !== 0) throw new Error(`${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return JSON.parse(ran.stdout) as T;
  }

  /** Starts a command that stays; answers its first line. */
  async start(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: this.#env(env),
      cwd: this.home,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return Running.of(child);
  }
}

/** A command that runs. */
export class Running {
  stderr = "";
  readonly lines: string[] = [];
  readonly ended: Promise<number | string>;

  private constructor(readonly child: ChildProcess) {
    child.stderr?.on("data", (data: Buffer) => {
      this.stderr += data.toString();
    });
    this.ended = new Promise((resolve) => {
      // `close` comes after the last output, `exit` may come before it.
      child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
  }

  /** Resolves at the first line of output; rejects if the process ends before. */
  static async of(child: ChildProcess): Promise<Running> {
    const running = new Running(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        running.lines.push(line);
        resolve();
      });
      void running.ended.then((code) =>
        reject(new Error(`it ended (${code}) without a word: ${running.stderr}`)),
      );
    });
    return running;
  }

  first<T>(): T {
    return JSON.parse(this.lines[0] as string) as T;
  }

  /** Signals it and answers its exit code. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }
}
