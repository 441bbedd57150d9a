import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { commandError } from "../errors.js";
import { KEY_NAME_PATTERN, type KeyFile, parseKeyFile } from "./keyFile.js";

const SUFFIX = ".key.json";

/** A directory of key files, mode 0700, one file a key. */
export class KeyDirectory {
  constructor(readonly path: string) {}

  #fileOf(name: string): string {
    if (!KEY_NAME_PATTERN.test(name)) {
      throw commandError(
        "KEY_NAME",
        `${JSON.stringify(name)} is no key name: use letters, digits, . _ -`,
      );
    }
    return join(this.path, `${name}${SUFFIX}`);
  }

  names(): string[] {
    if (!existsSync(this.path)) return [];
    return readdirSync(this.path)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .sort();
  }

  has(name: string): boolean {
    return existsSync(this.#fileOf(name));
  }

  read(name: string): KeyFile {
    const path = this.#fileOf(name);
    if (!existsSync(path)) {
      const names = this.names();
      const known = names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`;
      throw commandError("KEY_MISSING", `no key ${name} in ${this.path}; ${known}`);
    }
    if ((statSync(path).mode & 0o077) !== 0) {
      throw commandError("KEY_EXPOSED", `${path} can be read by others; run: chmod 600 ${path}`);
    }
    return parseKeyFile(readFileSync(path, "utf8"), path);
  }

  /** Writes a new key; never over one that is there. */
  write(file: KeyFile): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const path = this.#fileOf(file.name);
    writeNewSecretFile(path, `${JSON.stringify(file, null, 2)}\n`);
  }
}

/** A file of mode 0600 that must not exist yet; on disk when this returns. */
export function writeNewSecretFile(path: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw commandError("KEY_EXISTS", `${path} exists already; choose another name`);
    }
    throw error;
  }
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  chmodSync(path, 0o600);
}
