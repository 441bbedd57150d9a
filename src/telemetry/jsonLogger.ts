import { destination, pino, stdTimeFunctions } from "pino";
import type { LogFields, Logger } from "../ports/logger.js";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface JsonLoggerOptions {
  readonly level: LogLevel;
  /** Path of a file that is appended to, or standard output. */
  readonly to: "stdout" | { readonly path: string };
  /** In every line: which validator, which network. */
  readonly bindings?: LogFields;
}

export interface JsonLogger {
  readonly logger: Logger;
  /** Writes what is still buffered, then calls back. Nothing may be logged afterwards. */
  close(done: () => void): void;
}

/** Lines that wait for a slow disk or pipe; beyond it they are dropped, never awaited. */
const BUFFER_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** How long the end of a log may take. */
const CLOSE_MS_MAX = 1_000;
const TEXT_LENGTH_MAX = 4_096;
const SECRET_NAME = /secret|seed|private|passw|passphrase|token|mnemonic|credential|authorization/i;
/** Keys of the line itself. */
const OWN_KEYS: ReadonlySet<string> = new Set(["level", "time", "msg"]);

/**
 * Fields as they are written: what a name marks as secret is hidden even if a caller errs, long
 * texts are cut, and no field takes the place of one of the line's own.
 */
export function safeFields(fields: LogFields): LogFields {
  const safe: Record<string, string | number | boolean | undefined> = {};
  for (const [key, value] of Object.entries(fields)) {
    const name = OWN_KEYS.has(key) ? `${key}_` : key;
    if (SECRET_NAME.test(key) && value !== undefined) safe[name] = "[redacted]";
    else if (typeof value === "string" && value.length > TEXT_LENGTH_MAX) {
      safe[name] = `${value.slice(0, TEXT_LENGTH_MAX)}...`;
    } else safe[name] = value;
  }
  return safe;
}

/** The logger port over pino: one JSON object a line, with `level`, `time` (ISO 8601) and `msg`. */
export function createJsonLogger({ level, to, bindings = {} }: JsonLoggerOptions): JsonLogger {
  const stream = destination({
    dest: to === "stdout" ? 1 : to.path,
    mkdir: true,
    sync: false,
    maxLength: BUFFER_SIZE_BYTES_MAX,
  });
  // A log that cannot be written must not stop a validator; storage reports a full disk itself.
  stream.on("error", () => {});
  const line = pino(
    {
      level,
      base: safeFields(bindings),
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const write = (at: LogLevel) => (message: string, fields?: LogFields) => {
    if (fields === undefined) line[at](message);
    else line[at](safeFields(fields), message);
  };
  return {
    logger: {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    },
    close(done) {
      // On a full disk the last lines can never be written. A stream that still holds them would try
      // again for ever when the process exits (sonic-boom, flushSync), so it is given up.
      const giveUp = () => stream.destroy();
      const timer = setTimeout(giveUp, CLOSE_MS_MAX);
      stream.once("error", giveUp);
      stream.once("close", () => {
        clearTimeout(timer);
        done();
      });
      stream.end();
    },
  };
}
