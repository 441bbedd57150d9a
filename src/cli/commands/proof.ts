import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { fromHex, toHex } from "../../base/bytes.js";
import { LIMITS } from "../../base/limits.js";
import { bytesFromText } from "../../client/index.js";
import { nobleBatchVerifier, nobleHasher } from "../../crypto/noble/index.js";
import { verifyProofFile } from "../../proofs/index.js";
import { action, withClientOptions } from "../context.js";
import { commandError } from "../errors.js";
import type { Output } from "../output.js";
import { AS_OPTION, type ReadOptions, withReader } from "../session.js";

export function registerProof(program: Command): void {
  withClientOptions(
    program
      .command("proof")
      .description("write the proof file of a final transaction")
      .argument("<txid>", "its id: 64 hexadecimal digits")
      .requiredOption("--out <file>", "file that it writes")
      .option(...AS_OPTION),
  )
    .addHelpText(
      "after",
      "\n  $ fondaco proof TXID --out payment.proof\n  $ fondaco verify payment.proof --genesis HASH",
    )
    .action(action(proof));
}

export function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("judge a proof file offline; exit code 0 if it is valid, 1 if not")
    .argument("<file>", "the proof file")
    .requiredOption(
      "--genesis <hash>",
      "genesis hash of the network that is trusted: 64 hexadecimal digits",
    )
    .option("--json", "answer one line of JSON")
    .action(action(verify));
}

async function proof(
  output: Output,
  options: ReadOptions & { readonly out: string },
  txId: string,
): Promise<number> {
  await withReader(options, undefined, async (client) => {
    const found = await client.call("tx.get", { txId, proof: true });
    const file = found.proof === undefined ? undefined : bytesFromText(found.proof);
    if (file === undefined) {
      throw commandError(
        "NOT_FINAL",
        `${txId} is ${found.status}: only a final transaction has a proof`,
      );
    }
    writeFileSync(options.out, file);
    const genesis = toHex(client.genesisHash);
    output.result(
      { txId, out: options.out, sizeBytes: file.length, height: found.height, genesis },
      `${options.out}: ${file.length} bytes. Anybody may check it offline:\n  fondaco verify ${options.out} --genesis ${genesis}`,
    );
  });
  return 0;
}

async function verify(
  output: Output,
  options: { readonly genesis: string; readonly json?: boolean },
  path: string,
): Promise<number> {
  const genesis = fromHex(options.genesis);
  if (genesis?.length !== 32) {
    throw commandError("BAD_OPTION", "--genesis is a hash of 64 hexadecimal digits");
  }
  const judged = verifyProofFile(readProof(path), genesis, {
    hasher: nobleHasher,
    batchVerifier: nobleBatchVerifier,
  });
  if (!judged.valid) {
    output.result(
      { valid: false, code: judged.reasonCode, reason: judged.reason },
      `INVALID: ${judged.reason} (${judged.reasonCode})`,
    );
    return 1;
  }
  const { verdict } = judged;
  output.result(
    {
      valid: true,
      network: verdict.networkName,
      genesis: toHex(verdict.genesisHash),
      height: verdict.height,
      blockId: toHex(verdict.blockHash),
      timeMs: verdict.timeMs,
      signers: verdict.signers,
      statements: verdict.statements,
      assumptions: verdict.assumptions,
    },
    [
      "VALID",
      ...verdict.statements.map((statement) => `  ${statement}`),
      "This holds if:",
      ...verdict.assumptions.map((assumption) => `  ${assumption}`),
    ].join("\n"),
  );
  return 0;
}

function readProof(path: string): Uint8Array {
  try {
    if (statSync(path).size > LIMITS.proofFileSizeBytesMax) {
      throw commandError("TOO_LARGE", `${path} is larger than any proof file`);
    }
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    if ((cause as { code?: string }).code === "TOO_LARGE") throw cause;
    const error = commandError("FILE_MISSING", `${path} cannot be read`);
    error.cause = cause;
    throw error;
  }
}
