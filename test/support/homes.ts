/** Empty directories on the real disk, removed when the test file ends. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

/** A new empty directory. */
export function temporaryHome(): string {
  const path = mkdtempSync(join(tmpdir(), "fondaco-test-"));
  if (made.length === 0) {
    afterAll(() => {
      for (const home of made.splice(0)) rmSync(home, { recursive: true, force: true });
    });
  }
  made.push(path);
  return path;
}
