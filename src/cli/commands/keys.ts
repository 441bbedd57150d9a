import type { Command } from "commander";
import { action, type ClientOptions, keyDirectory, passphrase } from "../context.js";
import { commandError } from "../errors.js";
import { KEY_NAME_PATTERN, type KeyFile, makeKeyFile, newSeed } from "../keys/keyFile.js";
import { askPassphrase } from "../keys/prompt.js";
import { type Output, table } from "../output.js";

interface KeyOptions extends ClientOptions {
  readonly account?: string;
  readonly plain?: boolean;
}

const DIRECTORY =
  "directory of key files (default: FONDACO_KEYS, else those of the dev network, else ~/.fondaco/keys)";

export function registerKeys(program: Command): void {
  const keys = program.command("keys").description("make and look at key files");
  keys
    .command("new")
    .description("make a key: encrypted by a passphrase (scrypt, AES-256-GCM), file mode 0600")
    .argument("<name>", "name of the key: letters, digits, . _ -")
    .option("--keys <dir>", DIRECTORY)
    .option(
      "--passphrase-file <file>",
      "file whose first line is the passphrase (default: FONDACO_PASSPHRASE_FILE, else asked for)",
    )
    .option("--account <id>", "account that the key signs for")
    .option("--plain", "do not encrypt: for validators that restart by themselves")
    .option("--json", "answer one line of JSON")
    .action(action(create));
  keys
    .command("list")
    .description("list the keys of a directory")
    .option("--keys <dir>", DIRECTORY)
    .option("--json", "answer one line of JSON")
    .action(action(list));
  keys
    .command("show")
    .description("show the public part of a key")
    .argument("<name>", "name of the key")
    .option("--keys <dir>", DIRECTORY)
    .option("--json", "answer one line of JSON")
    .action(action(show));
}

function publicPart({ name, publicKey, account, secret }: KeyFile) {
  return { name, publicKey, account: account ?? null, isEncrypted: secret.kind !== "plain" };
}

async function create(output: Output, options: KeyOptions, name: string): Promise<number> {
  const directory = keyDirectory(options);
  if (!KEY_NAME_PATTERN.test(name)) {
    throw commandError(
      "KEY_NAME",
      `${JSON.stringify(name)} is no key name: use letters, digits, . _ -`,
    );
  }
  if (directory.has(name)) {
    throw commandError(
      "KEY_EXISTS",
      `there is a key ${name} in ${directory.path}; choose another name`,
    );
  }
  const secret =
    options.plain === true ? undefined : (passphrase(options) ?? (await askPassphrase()));
  const file = makeKeyFile(name, newSeed(), secret, options.account);
  directory.write(file);
  output.result(
    publicPart(file),
    `key ${name} with public key ${file.publicKey} in ${directory.path}`,
  );
  return 0;
}

async function list(output: Output, options: KeyOptions): Promise<number> {
  const directory = keyDirectory(options);
  const files = directory.names().map((name) => publicPart(directory.read(name)));
  const rows = files.map(({ name, publicKey, account, isEncrypted }) => [
    name,
    publicKey,
    account ?? "-",
    isEncrypted ? "encrypted" : "plain",
  ]);
  const text =
    files.length === 0
      ? `no keys in ${directory.path}`
      : table(["name", "public key", "account", "secret"], rows);
  output.result({ directory: directory.path, keys: files }, text);
  return 0;
}

async function show(output: Output, options: KeyOptions, name: string): Promise<number> {
  const file = publicPart(keyDirectory(options).read(name));
  output.result(
    file,
    [
      `name        ${file.name}`,
      `public key  ${file.publicKey}`,
      `account     ${file.account ?? "-"}`,
      `secret      ${file.isEncrypted ? "encrypted" : "plain, in a file of mode 0600"}`,
    ].join("\n"),
  );
  return 0;
}
