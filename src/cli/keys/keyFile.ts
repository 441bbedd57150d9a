/**
 * Key files: one Ed25519 seed each, mode 0600. A seed is either encrypted (scrypt, then
 * AES-256-GCM over the seed, with name and public key as associated data) or, for demo networks
 * and validators that restart unattended, plain.
 */

import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { equalBytes, fromHex, hexBytes, toHex, utf8 } from "../../base/bytes.js";
import { createNobleSigner } from "../../crypto/noble/index.js";
import { commandError } from "../errors.js";

const hex = (sizeBytes: number) => Type.String({ pattern: `^[0-9a-f]{${2 * sizeBytes}}$` });

const encryptedSecret = Type.Object(
  {
    kind: Type.Literal("scrypt-aes-256-gcm"),
    costLog2: Type.Integer({ minimum: 14, maximum: 20 }),
    blockSize: Type.Literal(8),
    parallelism: Type.Literal(1),
    salt: hex(32),
    iv: hex(12),
    tag: hex(16),
    sealed: hex(32),
  },
  { additionalProperties: false },
);

const plainSecret = Type.Object(
  { kind: Type.Literal("plain"), seed: hex(32) },
  { additionalProperties: false },
);

const keyFile = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }),
    publicKey: hex(32),
    /** The account that this key signs for, in text, once there is one. */
    account: Type.Optional(Type.String({ maxLength: 90 })),
    secret: Type.Union([encryptedSecret, plainSecret]),
  },
  { additionalProperties: false },
);
export type KeyFile = Static<typeof keyFile>;

export const KEY_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** scrypt with N = 2^17, r = 8, p = 1: 128 MiB and about a third of a second. */
const COST_LOG2 = 17;

function stretch(passphrase: string, salt: Uint8Array, costLog2: number): Buffer {
  const cost = 2 ** costLog2;
  return scryptSync(passphrase.normalize("NFKC"), salt, 32, {
    N: cost,
    r: 8,
    p: 1,
    maxmem: 256 * cost * 8,
  });
}

function associatedData(name: string, publicKey: string): Uint8Array {
  return utf8(`fondaco key 1\n${name}\n${publicKey}`);
}

export function newSeed(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

/** An encrypted key file, or a plain one where `passphrase` is undefined. */
export function makeKeyFile(
  name: string,
  seed: Uint8Array,
  passphrase: string | undefined,
  account?: string,
): KeyFile {
  const publicKey = toHex(createNobleSigner(seed).publicKey);
  const common = {
    version: 1,
    name,
    publicKey,
    ...(account === undefined ? {} : { account }),
  } as const;
  if (passphrase === undefined) return { ...common, secret: { kind: "plain", seed: toHex(seed) } };
  const salt = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", stretch(passphrase, salt, COST_LOG2), iv);
  cipher.setAAD(associatedData(name, publicKey));
  const sealed = Buffer.concat([cipher.update(seed), cipher.final()]);
  return {
    ...common,
    secret: {
      kind: "scrypt-aes-256-gcm",
      costLog2: COST_LOG2,
      blockSize: 8,
      parallelism: 1,
      salt: toHex(salt),
      iv: toHex(iv),
      tag: toHex(cipher.getAuthTag()),
      sealed: toHex(sealed),
    },
  };
}

export function parseKeyFile(text: string, path: string): KeyFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw commandError("KEY_MALFORMED", `${path} is no key file: it is not JSON`);
  }
  if (!Value.Check(keyFile, value)) {
    throw commandError("KEY_MALFORMED", `${path} is no key file of version 1`);
  }
  return value;
}

/**
 * The seed of a key file.
 *
 * @throws {CommandError} PASSPHRASE_NEEDED, PASSPHRASE_WRONG, KEY_MALFORMED.
 */
export function openKeyFile(file: KeyFile, passphrase: string | undefined): Uint8Array {
  const seed = decrypt(file, passphrase);
  const expected = fromHex(file.publicKey);
  if (expected === undefined || !equalBytes(createNobleSigner(seed).publicKey, expected)) {
    throw commandError("KEY_MALFORMED", `key ${file.name} does not belong to its public key`);
  }
  return seed;
}

function decrypt(file: KeyFile, passphrase: string | undefined): Uint8Array {
  const { secret } = file;
  if (secret.kind === "plain") return hexBytes(secret.seed);
  if (passphrase === undefined) {
    throw commandError(
      "PASSPHRASE_NEEDED",
      `key ${file.name} is encrypted; name a file with its passphrase by --passphrase-file or FONDACO_PASSPHRASE_FILE`,
    );
  }
  const key = stretch(passphrase, hexBytes(secret.salt), secret.costLog2);
  const decipher = createDecipheriv("aes-256-gcm", key, hexBytes(secret.iv));
  decipher.setAAD(associatedData(file.name, file.publicKey));
  decipher.setAuthTag(hexBytes(secret.tag));
  try {
    const opened = Buffer.concat([decipher.update(hexBytes(secret.sealed)), decipher.final()]);
    return new Uint8Array(opened);
  } catch (cause) {
    throw commandErrorWith(
      "PASSPHRASE_WRONG",
      `the passphrase of key ${file.name} is wrong`,
      cause,
    );
  }
}

function commandErrorWith(code: string, message: string, cause: unknown) {
  const error = commandError(code, message);
  error.cause = cause;
  return error;
}
