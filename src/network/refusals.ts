import { encode, type Infer, struct, text, tryDecode, u8 } from "../codec/schema.js";

/** Why a link is refused or ends, as told to the other side; the wire number is the position. */
const TOLD_CODES = [
  "CLOSED",
  "WRONG_CHAIN",
  "WRONG_PROTOCOL",
  "WRONG_IDENTITY",
  "BAD_SIGNATURE",
  "SECOND_SESSION",
  "DUPLICATE",
  "REPLACED",
  "NO_CONTROL",
  "CUT_OFF",
  "MALFORMED",
  "OVERSIZED",
  "FLOOD",
  "TIMEOUT",
  "DEAD",
  "STOPPED",
  "SIBLING_LOST",
  "REGISTRY_CHANGED",
] as const;
export type ToldCode = (typeof TOLD_CODES)[number];

/** Why a link is refused or ends. The codes that are no {@link ToldCode} close without a word. */
export type LinkCode =
  | ToldCode
  | "TLS_FAILED"
  | "UNKNOWN_KEY"
  | "WRONG_KEY"
  | "NO_ALPN"
  | "UNREACHABLE";

/** Faults of a peer that runs other software than ours, or lies: it is cut off for a while. */
export const BREACHES: ReadonlySet<LinkCode> = new Set(["MALFORMED", "OVERSIZED", "FLOOD"]);

/** Ends that belong to normal life, hence no finding for an operator. */
export const ROUTINE: ReadonlySet<LinkCode> = new Set([
  "CLOSED",
  "DUPLICATE",
  "REPLACED",
  "NO_CONTROL",
  "STOPPED",
  "SIBLING_LOST",
  "REGISTRY_CHANGED",
  "UNREACHABLE",
  "TIMEOUT",
]);

const DETAIL_SIZE_BYTES_MAX = 200;
const refusalWire = struct({ code: u8, detail: text(DETAIL_SIZE_BYTES_MAX) });
type RefusalWire = Infer<typeof refusalWire>;

export interface Refusal {
  readonly code: ToldCode;
  readonly detail: string;
}

/** Detail becomes printable ASCII, so it fits and no log is confused by it. */
function printable(detail: string): string {
  return detail.replace(/[^\x20-\x7e]/g, "?").slice(0, DETAIL_SIZE_BYTES_MAX);
}

export function isTold(code: LinkCode): code is ToldCode {
  return (TOLD_CODES as readonly string[]).includes(code);
}

export function encodeRefusal(refusal: Refusal): Uint8Array {
  const wire: RefusalWire = {
    code: TOLD_CODES.indexOf(refusal.code),
    detail: printable(refusal.detail),
  };
  return encode(refusalWire, wire);
}

/** What the other side said; undefined if it is no refusal that this version knows. */
export function decodeRefusal(bytes: Uint8Array): Refusal | undefined {
  const decoded = tryDecode(refusalWire, bytes);
  if (!decoded.ok) return undefined;
  const code = TOLD_CODES[decoded.value.code];
  return code === undefined ? undefined : { code, detail: printable(decoded.value.detail) };
}
