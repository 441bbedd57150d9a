import {
  codes,
  encode,
  fixedBytes,
  type Infer,
  struct,
  text,
  tryDecode,
  u16,
} from "../codec/schema.js";
import { SIGN_TAGS, signBytes } from "../crypto/domainTags.js";
import type { BatchVerifier, Hasher, Signer } from "../crypto/interfaces.js";
import type { TrafficClass } from "../ports/transport.js";
import { PROTOCOL_VERSION } from "../types/block.js";
import { hash, signature } from "../types/primitives.js";

/** Oldest version that is still spoken (NET-P12: N and N - 1). */
export const PROTOCOL_VERSION_MIN = Math.max(1, PROTOCOL_VERSION - 1);

export const SESSION_SIZE_BYTES = 16;
export const EXPORTER_SIZE_BYTES = 32;

const TRAFFIC_CODES = { control: 0, bulk: 1 } as const satisfies Record<TrafficClass, number>;

const claims = {
  genesisHash: hash,
  protocolVersion: u16,
  validatorIndex: u16,
  traffic: codes<0 | 1>([0, 1], "class of traffic"),
  /** Control: random, new for each start of a process. Bulk: id of the control socket it belongs to. */
  session: fixedBytes(SESSION_SIZE_BYTES),
  softwareVersion: text(64),
};

const helloDigestInput = struct({ ...claims, exporter: fixedBytes(EXPORTER_SIZE_BYTES) });
const helloWire = struct({ ...claims, signature });

/** First frame of each side: who speaks, of which chain, on which socket. */
export interface Hello extends Omit<Infer<typeof helloWire>, "traffic"> {
  readonly traffic: TrafficClass;
}

/** What the consensus key signs. `exporter` ties it to one TLS channel, so it cannot be relayed. */
function helloSignBytes(
  hasher: Hasher,
  hello: Omit<Hello, "signature">,
  exporter: Uint8Array,
): Uint8Array {
  const { genesisHash, protocolVersion, validatorIndex, session, softwareVersion } = hello;
  const input = encode(helloDigestInput, {
    genesisHash,
    protocolVersion,
    validatorIndex,
    traffic: TRAFFIC_CODES[hello.traffic],
    session,
    softwareVersion,
    exporter,
  });
  return signBytes(SIGN_TAGS.hello, hasher.sha256(input));
}

export function encodeHello(
  hello: Omit<Hello, "signature">,
  exporter: Uint8Array,
  hasher: Hasher,
  signer: Signer,
): Uint8Array {
  return encode(helloWire, {
    ...hello,
    traffic: TRAFFIC_CODES[hello.traffic],
    signature: signer.sign(helloSignBytes(hasher, hello, exporter)),
  });
}

export function decodeHello(bytes: Uint8Array): Hello | undefined {
  const decoded = tryDecode(helloWire, bytes);
  if (!decoded.ok) return undefined;
  return { ...decoded.value, traffic: decoded.value.traffic === 0 ? "control" : "bulk" };
}

export function isHelloSigned(
  hello: Hello,
  consensusKey: Uint8Array,
  exporter: Uint8Array,
  hasher: Hasher,
  verifier: BatchVerifier,
): boolean {
  const message = helloSignBytes(hasher, hello, exporter);
  const job = { publicKey: consensusKey, signature: hello.signature, message };
  return verifier.verify([job])[0] === true;
}
