import type { PeerMessage } from "./message.js";
import type { ValidatorIndex } from "./primitives.js";

/** What every part of the chain reducer may ask of the shell: to send, and to say what happened. */
export type PeerEffect =
  | { readonly kind: "send"; readonly to: ValidatorIndex | "all"; readonly message: PeerMessage }
  /** A peer broke a rule: name it in the log; `disconnect` cuts it off for a while. */
  | {
      readonly kind: "reportPeer";
      readonly peer: ValidatorIndex;
      readonly code: string;
      readonly detail: string;
      readonly disconnect: boolean;
    }
  /** A fact for the log and for `status`. */
  | { readonly kind: "notice"; readonly code: string; readonly detail: string };
