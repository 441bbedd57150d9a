import { codeOf, messageOf } from "../base/errors.js";

const PROGRESS_AFTER_MS = 2_000;
const PROGRESS_EVERY_MS = 200;

/** Where a command writes: text for people, or one line of JSON for programs. */
export class Output {
  constructor(
    readonly isJson: boolean,
    private readonly stdout: NodeJS.WritableStream = process.stdout,
    private readonly stderr: NodeJS.WritableStream = process.stderr,
  ) {}

  /** The answer: `value` as JSON, or `text` for people. */
  result(value: unknown, text: string): void {
    this.stdout.write(`${this.isJson ? JSON.stringify(value) : plain(text)}\n`);
  }

  /** Progress and remarks: never mixed into the answer. Silent with --json. */
  remark(text: string): void {
    if (!this.isJson) this.stderr.write(`${plain(text)}\n`);
  }

  /** A line that is written over by the next one, where somebody is looking. */
  progress(text: string): void {
    if (this.isJson || !(this.stderr as NodeJS.WriteStream).isTTY) return;
    this.stderr.write(`\r\x1b[2K${text}`);
  }

  /** Shows what `text` says now and then, from two seconds after this call on: short work needs none. */
  pacedProgress(): (text: () => string) => void {
    let shownMs = performance.now() + PROGRESS_AFTER_MS - PROGRESS_EVERY_MS;
    return (text) => {
      const nowMs = performance.now();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = nowMs;
      this.progress(text());
    };
  }

  endProgress(): void {
    this.progress("");
  }

  failure(error: unknown): void {
    const [code, message] = [codeOf(error), messageOf(error)];
    const retry = (error as { retry?: unknown } | null)?.retry;
    if (this.isJson) {
      const detail = typeof retry === "string" ? { code, message, retry } : { code, message };
      this.stdout.write(`${JSON.stringify({ error: detail })}\n`);
    } else {
      this.stderr.write(`fondaco: ${plain(message)} (${code})\n`);
    }
  }
}

/**
 * Text without what a terminal obeys (escape sequences, also of 8 bits, and the marks that turn
 * writing round): references and names come from other organisations.
 */
export function plain(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** Rows under headings, padded to their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join("  ")
      .trimEnd();
  return [line(headings), ...rows.map(line)].join("\n");
}
