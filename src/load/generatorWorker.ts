/** The generator's thread: nothing else runs in it, so that only the machine can make it late. */

import { parentPort, workerData } from "node:worker_threads";
import { present } from "../base/assert.js";
import { type GeneratorOptions, generate } from "./generator.js";

const port = present(parentPort, "the generator runs in a thread");
const answer = await generate(workerData as GeneratorOptions, (progress) => {
  port.postMessage({ kind: "progress", progress });
});
port.postMessage({ kind: "done", answer });
