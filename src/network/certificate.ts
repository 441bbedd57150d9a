import { createHash, sign, type X509Certificate } from "node:crypto";
import { concatBytes, hexBytes, utf8 } from "../base/bytes.js";
import { ed25519KeyOf, SPKI_PREFIX_SIZE_BYTES } from "./ed25519Key.js";

/**
 * A self-signed X.509 certificate that only carries an Ed25519 key into TLS. Whether the key is
 * trusted is decided by the registry (NET-P1); names and dates in it mean nothing, so nothing in
 * it can expire. The same seed always gives the same bytes.
 */
export interface TlsIdentity {
  /** PEM texts for node:tls. */
  readonly keyPem: string;
  readonly certificatePem: string;
  /** The 32-byte Ed25519 key that the registry names. */
  readonly publicKey: Uint8Array;
}

/** DER: tag, length, contents (X.690). No content here reaches 65,536 bytes. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = concatBytes(...parts);
  const size = contents.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return concatBytes(Uint8Array.from([tag, ...length]), contents);
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;

/** OID 1.3.101.112, Ed25519 (RFC 8410). */
const ED25519 = der(SEQUENCE, hexBytes("06032b6570"));
/** OID 2.5.4.3, common name. */
const COMMON_NAME = hexBytes("0603550403");

function bitString(bytes: Uint8Array): Uint8Array {
  return der(BIT_STRING, Uint8Array.of(0), bytes);
}

/**
 * Key and certificate of a validator's TLS seed. The seed is 32 secret bytes, other than those of
 * the consensus key.
 */
export function createTlsIdentity(seed: Uint8Array): TlsIdentity {
  const { privateKey, spki, publicKey } = ed25519KeyOf(seed);
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, utf8("fondaco")))),
  );
  const serial = new Uint8Array(createHash("sha256").update(publicKey).digest().subarray(0, 8));
  // A serial number is positive and has no leading zero byte.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const contents = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Uint8Array.of(2))),
    der(INTEGER, serial),
    ED25519,
    name,
    der(
      SEQUENCE,
      der(GENERALIZED_TIME, utf8("20000101000000Z")),
      der(GENERALIZED_TIME, utf8("99991231235959Z")),
    ),
    name,
    spki,
  );
  const signature = new Uint8Array(sign(null, contents, privateKey));
  const certificate = der(SEQUENCE, contents, ED25519, bitString(signature));
  const base64 = Buffer.from(certificate)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return {
    keyPem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    publicKey,
  };
}

/** The 32-byte Ed25519 key of a peer's certificate; undefined if it holds any other kind of key. */
export function keyOfCertificate(certificate: X509Certificate | undefined): Uint8Array | undefined {
  if (certificate === undefined) return undefined;
  try {
    if (certificate.publicKey.asymmetricKeyType !== "ed25519") return undefined;
    const spki = certificate.publicKey.export({ format: "der", type: "spki" });
    return new Uint8Array(spki.subarray(SPKI_PREFIX_SIZE_BYTES));
  } catch {
    // OpenSSL could not make a key of it: then it is no key that a registry names.
    return undefined;
  }
}
