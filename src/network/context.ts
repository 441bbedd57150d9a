import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { equalBytes } from "../base/bytes.js";
import type { BatchVerifier, Hasher, Signer } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { Entropy } from "../ports/entropy.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { TrafficClass, TransportHandler } from "../ports/transport.js";
import { PROTOCOL_VERSION } from "../types/block.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { TlsIdentity } from "./certificate.js";
import { keyOfCertificate } from "./certificate.js";
import { encodeHello, type Hello, isHelloSigned, PROTOCOL_VERSION_MIN } from "./hello.js";
import type { LinkCode, ToldCode } from "./refusals.js";
import type { MeshTuning } from "./tuning.js";

/** Name and version of the wire protocol in TLS (RFC 7301). */
export const ALPN = "fondaco/1";

/** A validator as the registry names it. */
export interface RegisteredPeer {
  readonly index: ValidatorIndex;
  /** 32 bytes: key of its TLS certificate. */
  readonly tlsKey: Uint8Array;
  /** 32 bytes: key that signs its hello. */
  readonly consensusKey: Uint8Array;
  /** `host:port`, tried in turn; names are resolved anew at each attempt. */
  readonly addresses: readonly string[];
}

/** Something between two nodes that an operator should know. */
export interface MeshFinding {
  readonly code: LinkCode;
  /** Who refused or ended it. */
  readonly by: "us" | "peer";
  readonly peer: ValidatorIndex | undefined;
  readonly address: string;
  readonly detail: string;
}

/** What all links of one mesh share. */
export interface MeshContext {
  readonly self: ValidatorIndex;
  readonly genesisHash: Hash;
  /** Random, new for each start: tells a second process under one identity from a second socket. */
  readonly session: Uint8Array;
  readonly softwareVersion: string;
  readonly identity: TlsIdentity;
  readonly signer: Signer;
  readonly batchVerifier: BatchVerifier;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tuning: MeshTuning;
  readonly handler: TransportHandler;
  /** Sockets that this node dialled and that are not closed yet. */
  readonly dialled: Set<Socket>;
  report(finding: MeshFinding): void;
  /** A validator that was dialled has shown its key at this address. */
  reached(address: string): void;
}

/** TLS options of both sides (NET-P2). Who is trusted is decided after the handshake, by key. */
export function tlsOptions(identity: TlsIdentity) {
  return {
    key: identity.keyPem,
    cert: identity.certificatePem,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ALPNProtocols: [ALPN],
    requestCert: true,
    rejectUnauthorized: false,
  } as const;
}

/** The key of the other end of an established channel, or why the channel is of no use. */
export function keyOfChannel(
  socket: TLSSocket,
): { readonly key: Uint8Array } | { readonly refused: "NO_ALPN" | "UNKNOWN_KEY" } {
  if (socket.alpnProtocol !== ALPN) return { refused: "NO_ALPN" };
  // Nobody offers a ticket; a resumed channel would not have shown its key again.
  if (socket.isSessionReused()) return { refused: "UNKNOWN_KEY" };
  const key = keyOfCertificate(socket.getPeerX509Certificate());
  return key === undefined ? { refused: "UNKNOWN_KEY" } : { key };
}

/** This node's hello on a channel. */
export function ownHello(
  context: MeshContext,
  traffic: TrafficClass,
  session: Uint8Array,
  exporter: Uint8Array,
): Uint8Array {
  const { genesisHash, softwareVersion, self, hasher, signer } = context;
  const claims = {
    genesisHash,
    protocolVersion: PROTOCOL_VERSION,
    validatorIndex: self,
    traffic,
    session,
    softwareVersion,
  };
  return encodeHello(claims, exporter, hasher, signer);
}

/** Why a peer's hello is refused, most telling reason first; undefined if it is good. */
export function faultOfHello(
  context: MeshContext,
  hello: Hello,
  peer: RegisteredPeer,
  exporter: Uint8Array,
): { readonly code: ToldCode; readonly detail: string } | undefined {
  if (!equalBytes(hello.genesisHash, context.genesisHash)) {
    return { code: "WRONG_CHAIN", detail: "the genesis hashes of the two validators differ" };
  }
  const version = hello.protocolVersion;
  if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION) {
    const spoken = `${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}`;
    return { code: "WRONG_PROTOCOL", detail: `protocol version ${version}, spoken are ${spoken}` };
  }
  if (hello.validatorIndex !== peer.index) {
    const detail = `the key is registered for validator ${peer.index}, not ${hello.validatorIndex}`;
    return { code: "WRONG_IDENTITY", detail };
  }
  const { hasher, batchVerifier } = context;
  if (!isHelloSigned(hello, peer.consensusKey, exporter, hasher, batchVerifier)) {
    return { code: "BAD_SIGNATURE", detail: "the hello is not signed by the consensus key" };
  }
  return undefined;
}
