/** One value of each record, taken from the example chain: what the READMEs print in hex. */

import { present } from "../../src/base/assert.js";
import { decode } from "../../src/codec/schema.js";
import { PROOF_MAGIC, proofFile } from "../../src/proofs/proofFile.js";
import * as genesisRecords from "../../src/types/genesis.js";
import { peerMessage } from "../../src/types/message.js";
import { ZERO_HASH } from "../../src/types/primitives.js";
import { VOTE_KIND } from "../../src/types/vote.js";
import * as chain from "./exampleChain.js";

const block = chain.blockAt(2);
const next = chain.blockAt(3);
const parts = present(chain.transactions[0], "a transaction").parts;
const batch = present(chain.batches[0], "a batch");
const organisation = present(chain.genesis.organisations[0], "an organisation");
const finalized = block.finalization;

const notarization = chain.certificateOf(
  { ...finalized, kind: VOTE_KIND.notarize, result: ZERO_HASH },
  [0, 1, 2],
);
const nullify = {
  kind: VOTE_KIND.nullify,
  epoch: 0,
  view: 3,
  blockHash: ZERO_HASH,
  result: ZERO_HASH,
};
const vote = chain.voteOf({ ...finalized, kind: VOTE_KIND.finalize }, 2);
const proposal = {
  header: next.header,
  cut: next.cut,
  parentCertificate: notarization,
  nullifications: [chain.certificateOf(nullify, [1, 2, 3])],
  evidence: [],
  signature: chain.voteOf(
    {
      kind: VOTE_KIND.notarize,
      epoch: 0,
      view: next.header.view,
      blockHash: next.blockHash,
      result: ZERO_HASH,
    },
    next.header.proposer,
  ).signature,
};
const laneTip = { author: 0, seq: 1, headHash: batch.digest };
const status = {
  epoch: 0,
  view: 5,
  finalizedView: 4,
  finalizedHeight: 3,
  finalizedHash: next.blockHash,
  lowestHeight: 1,
  laneTips: [laneTip],
  clockMs: next.header.timeMs + 3,
  quarantined: false,
};
const certificateRequest = { epoch: 0, fromView: 2, toView: 4, kinds: 7 };
const proposalRequest = { epoch: 0, view: 4, blockHash: next.blockHash };
const batchRequest = { author: 0, epoch: 0, fromSeq: 1, toSeq: 2 };
const rangeRequest = { fromHeight: 2, toHeight: 65 };
const rangeBlock = { block: { header: block.header, cut: block.cut }, batches: [batch.bytes] };
const rangeResponse = { fromHeight: 2, blocks: [rangeBlock], certificate: finalized };
const receipt = present(block.receipts[1], "a receipt");
const event = present(block.events[1]?.[1], "an event");

const messages: Readonly<Record<string, unknown>> = {
  proposal,
  vote,
  certificate: finalized,
  status,
  laneTips: [laneTip],
  certificateRequest,
  proposalRequest,
  batch: batch.bytes,
  batchRequest,
  rangeRequest,
  rangeResponse,
};

/** Kinds of peer messages in the order of their numbers. */
export const MESSAGE_KINDS: readonly string[] =
  peerMessage.shape?.kind === "union" ? peerMessage.shape.variants.map(([kind]) => kind) : [];

export const peerMessageExamples = MESSAGE_KINDS.map(
  (kind) => [`peerMessage.${kind}`, { kind, value: messages[kind] }] as const,
);

const files = [...chain.exampleProofFiles().values()].map((file) =>
  decode(proofFile, file.subarray(PROOF_MAGIC.length)),
);
const proof = present(files[1], "a proof file");
const rows = present(files[2], "a proof file");
const receiptClaim = present(proof.content.claims[0], "a claim");
const earlier = present(proof.content.earlier, "an earlier block");

const genesisFile = decode(genesisRecords.genesisFile, chain.genesisFileBytes);

export const WORKED_EXAMPLES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["hash", chain.genesisHash],
  ["publicKey", chain.signerOf("alice").publicKey],
  ["signature", batch.signature],
  ["keyPolicy", present(organisation.accounts[1], "an account").keyPolicy],
  ["chainParameters", chain.genesis.parameters],
  ["genesisAccount", organisation.accounts[1]],
  ["genesisValidator", organisation.validators[0]],
  ["genesisOrganisation", organisation],
  ["genesisAsset", chain.genesis.assets[0]],
  ["genesisBalance", chain.genesis.balances[0]],
  ["founding", decode(genesisRecords.founding, genesisFile.founding)],
  ["genesisRecord", decode(genesisRecords.genesisRecord, genesisFile.record)],
  ["genesisFile", genesisFile],
  ["operation", parts.body.operations[0]],
  ["transactionBody", parts.body],
  ["witness", parts.witnesses[0]],
  ["witnesses", parts.witnesses],
  ["transaction", parts],
  ["batchBody", batch.body],
  ["batch", { body: batch.body, signature: batch.signature }],
  ["header", block.header],
  ["cutEntry", block.cut[0]],
  ["cut", block.cut],
  ["block", { header: block.header, cut: block.cut }],
  ["blockResult", block.result],
  ["vote", vote],
  ["certificate", finalized],
  [
    "evidence",
    { first: chain.voteOf(nullify, 1), second: chain.voteOf({ ...finalized, view: 3 }, 1) },
  ],
  ["proposal", proposal],
  ["position", receipt.position],
  ["receipt", receipt],
  ["event", event],
  ["laneTip", laneTip],
  ["status", status],
  ["certificateRequest", certificateRequest],
  ["proposalRequest", proposalRequest],
  ["batchRequest", batchRequest],
  ["rangeRequest", rangeRequest],
  ["rangeBlock", rangeBlock],
  ["rangeResponse", rangeResponse],
  ["trustAnchor", proof.content.anchor],
  ["successor", earlier.successor],
  ["earlierBlock", earlier],
  ["receiptClaim", receiptClaim.value],
  ["eventClaim", receiptClaim.kind === "receipt" ? receiptClaim.value.events[0] : undefined],
  ["rowPresentClaim", rows.content.claims[0]?.value],
  ["rowAbsentClaim", rows.content.claims[3]?.value],
  ["claim", rows.content.claims[3]],
  ["proofContent", proof.content],
  ["proofFile", proof],
  ...peerMessageExamples,
]);
