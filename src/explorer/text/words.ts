/** Statuses and failures in plain words. */

import type { ResultOf } from "../../client/index.js";
import { ApiError, ClientError } from "../../client/index.js";
import { resultCode } from "../../declarations/resultCodes.js";

export type Tone = "good" | "warn" | "bad" | "quiet";

export interface Words {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

type Status = ResultOf<"tx.status">["items"][number];

const RETRY_WORDS = {
  never: "The same content can never succeed.",
  "same-bytes": "The same signed transaction may still be applied until it expires.",
  later: "A new transaction may succeed when the ledger's state is another one.",
  rebuild: "It has to be signed anew, with a fresh time or nonce.",
} as const;

/** A result code: its name, what it means, what may be done. */
export function codeWords(code: number): {
  name: string;
  text: string;
  advice: string | undefined;
} {
  const declared = resultCode(code);
  if (declared === undefined) {
    return { name: `CODE_${code}`, text: "These pages do not know this code.", advice: undefined };
  }
  const { name, text, retry } = declared;
  return { name, text, advice: code === 0 ? undefined : RETRY_WORDS[retry] };
}

export function statusWords(status: Pick<Status, "status" | "outcome" | "code">): Words {
  const { text, advice } = codeWords(status.code ?? 0);
  const reason = advice === undefined ? text : `${text} ${advice}`;
  switch (status.status) {
    case "received":
      return {
        tone: "quiet",
        title: "Received",
        text: "This validator has it. It is not yet kept by enough validators to survive a crash.",
      };
    case "admitted":
      return {
        tone: "quiet",
        title: "Admitted",
        text: "Enough validators keep it: it will end as final or expired, even if one crashes.",
      };
    case "final":
      return status.outcome === "applied"
        ? {
            tone: "good",
            title: "Final: applied",
            text: "Every operation took effect, and nothing can undo it.",
          }
        : { tone: "bad", title: "Final: failed, nothing moved", text: reason };
    case "voided":
      return { tone: "warn", title: "In a block without effect", text: reason };
    case "expired":
      return {
        tone: "bad",
        title: "Expired",
        text: "Its time has passed without a block that applied it. It can never take effect.",
      };
    case "unknown":
      return {
        tone: "quiet",
        title: "Unknown here",
        text: "This validator has not seen it. Another one may have it.",
      };
  }
}

/** Whether a node answered that these pages may not show something. */
export function isPrivate(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.code === "FORBIDDEN" || error.code === "UNAUTHENTICATED")
  );
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === "NOT_FOUND";
}

export const PRIVATE_WORDS: Words = {
  tone: "quiet",
  title: "Shown to its parties only",
  text:
    "This node shows it to the organisations that take part and to auditors. Ask one of them, or " +
    "read it with the command or SDK of such an organisation. A proof file that a party gives you " +
    "can be verified by anyone.",
};

export function failureWords(error: unknown, what: string): Words {
  if (isPrivate(error)) return PRIVATE_WORDS;
  if (error instanceof ApiError) {
    switch (error.code) {
      case "NOT_FOUND":
        return {
          tone: "quiet",
          title: `${what}: not found`,
          text: "This node has nothing under that name. Check that it is complete and of this network.",
        };
      case "INVALID_PARAMS":
        return {
          tone: "bad",
          title: `${what}: not of the right form`,
          text: "A block is a height or 64 hexadecimal digits, a transaction 64 hexadecimal digits, an account begins with fa1.",
        };
      case "PRUNED":
        return {
          tone: "warn",
          title: `${what}: no longer kept here`,
          text: `${error.message} Another validator may still have it.`,
        };
      case "OVERLOADED":
      case "NOT_READY":
        return {
          tone: "warn",
          title: "The node is busy",
          text: `${error.message} Try again soon.`,
        };
      default:
        return { tone: "bad", title: "The node refused", text: `${error.message} (${error.code})` };
    }
  }
  if (error instanceof ClientError) {
    return {
      tone: "warn",
      title: "No answer from the node",
      text: "The pages keep trying to connect. Try again when the badge above says Live.",
    };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { tone: "bad", title: "These pages failed", text: reason };
}
