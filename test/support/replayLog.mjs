/**
 * Executes a log of transactions by the compiled code and prints what came out, as one line of
 * JSON: so that another version of Node can be compared with this one.
 *
 *     node replayLog.mjs LOG.json simd|scalar
 *
 * LOG.json, binary values in hex: { genesis, blocks: [{ header, sealer, transactions: [bytes] }] }
 */

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const dist = new URL("../../dist/", import.meta.url);
const load = (path) => import(new URL(path, dist).href);

const { decode } = await load("codec/schema.js");
const { readGenesis } = await load("crypto/genesisFile.js");
const { blockHash } = await load("crypto/digests.js");
const { isRegistrableKey } = await load("crypto/noble/index.js");
const { TREE_TAGS } = await load("crypto/domainTags.js");
const { createExecutor } = await load("execution/executor.js");
const { genesisState } = await load("execution/genesisState.js");
const { prepareTransaction, signatureJobs } = await load("execution/prepare.js");
const { loadKernels } = await load("kernels/index.js");
const { MemoryRows } = await load("ledger/memoryRows.js");
const { header: headerSchema } = await load("types/block.js");

const [, , path, build] = process.argv;
const fromHex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");

const log = JSON.parse(readFileSync(path, "utf8"));
const kernels = await loadKernels({ simd: build === "simd" });
const { hasher } = kernels;
const verifier = kernels.createBatchVerifier((size) => new Uint8Array(randomBytes(size)));
const { genesis, genesisHash } = readGenesis(hasher, fromHex(log.genesis)).value;
const tree = kernels.createStateTree({
  leafKey: hasher.sha256(TREE_TAGS.leaf),
  nodeKey: hasher.sha256(TREE_TAGS.node),
});
const rows = new MemoryRows();
rows.apply(genesisState({ genesis, genesisHash, hasher, isRegistrableKey }));
const executor = createExecutor({ genesis, genesisHash, hasher, tree, rows, isRegistrableKey });

/** All effects of an event and of the slices that follow it. */
function effectsOf(event) {
  const effects = [...executor.step(event)];
  for (let at = 0; at < effects.length; at++) {
    if (effects[at].kind === "continue") effects.push(...executor.step({ kind: "slice" }));
  }
  return effects;
}

const resultHashes = [];
const verdicts = createHash("sha256");
let stateRoot;
for (const { header: headerHex, sealer, transactions } of log.blocks) {
  const header = decode(headerSchema, fromHex(headerHex));
  const prepared = transactions.map((text) => {
    const outcome = prepareTransaction(hasher, genesisHash, fromHex(text), genesis.parameters);
    if (!outcome.ok) throw new Error(outcome.message);
    return { ...outcome.value, sealer };
  });
  verdicts.update(Uint8Array.from(verifier.verify(prepared.flatMap(signatureJobs)), Number));
  const hash = blockHash(hasher, header);
  effectsOf({ kind: "execute", block: { blockHash: hash, header, transactions: prepared } });
  const { block } = effectsOf({ kind: "finalise", blockHash: hash }).find(
    ({ kind }) => kind === "finalised",
  );
  rows.apply(block.changes);
  effectsOf({ kind: "checkpointed", height: header.height });
  resultHashes.push(toHex(block.summary.resultHash));
  stateRoot = toHex(block.summary.result.stateRoot);
}
console.log(
  JSON.stringify({
    node: process.versions.node,
    stateRoot,
    resultHashes,
    verdicts: verdicts.digest("hex"),
  }),
);
