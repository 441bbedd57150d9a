import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the public test data. The only place that knows where it is. */
export const TEST_DATA = resolve(ROOT, process.env.FONDACO_TEST_DATA ?? "../shared/data");

/** Path of a file of the test data, or undefined where the data is not there. */
export function testDataPath(...parts: readonly string[]): string | undefined {
  const path = join(TEST_DATA, ...parts);
  return existsSync(path) ? path : undefined;
}

/** Path of a file of test/fixtures/. */
export function fixturePath(...parts: readonly string[]): string {
  return join(ROOT, "test", "fixtures", ...parts);
}

/** Path of a file of the repository. */
export function repositoryPath(...parts: readonly string[]): string {
  return join(ROOT, ...parts);
}

/** Whether tests write the fixtures that they would otherwise compare with. */
export const UPDATES_FIXTURES = process.env.FONDACO_UPDATE_FIXTURES === "1";
