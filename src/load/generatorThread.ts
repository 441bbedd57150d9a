import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { FondacoError } from "../base/errors.js";
import type { GeneratorOptions, GeneratorProgress, generate } from "./generator.js";

// The compiled file also when this one runs from `src/`: threads run plain JavaScript.
const workerFile = fileURLToPath(new URL("../../dist/load/generatorWorker.js", import.meta.url));

type Answer = Awaited<ReturnType<typeof generate>>;
type Message =
  | { readonly kind: "progress"; readonly progress: GeneratorProgress }
  | { readonly kind: "done"; readonly answer: Answer };

/**
 * As `generate`, in a thread of its own.
 *
 * @throws {FondacoError} `WORKER_MISSING` when the build has not been run.
 */
export function generateInThread(
  options: GeneratorOptions,
  progress: (progress: GeneratorProgress) => void,
): Promise<Answer> {
  if (!existsSync(workerFile)) {
    throw new FondacoError(
      { code: "WORKER_MISSING" },
      `cannot find ${workerFile}; run "npm run build" first`,
    );
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, { workerData: options });
    worker.on("message", (message: Message) => {
      if (message.kind === "progress") progress(message.progress);
      else resolve(message.answer);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      reject(new FondacoError({ code: "GENERATOR_DIED" }, `the generator ended with code ${code}`));
    });
  });
}
