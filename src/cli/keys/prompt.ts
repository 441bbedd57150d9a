import { commandError } from "../errors.js";

const LENGTH_MIN = 8;

/** Asks twice for a new passphrase at the terminal, without showing it. */
export async function askPassphrase(): Promise<string> {
  if (!process.stdin.isTTY) {
    throw commandError(
      "PASSPHRASE_NEEDED",
      "nobody is at a terminal to be asked for a passphrase; name a file by --passphrase-file",
    );
  }
  const first = await readHidden("New passphrase: ");
  if (first.length < LENGTH_MIN) {
    throw commandError("PASSPHRASE_SHORT", `a passphrase has at least ${LENGTH_MIN} characters`);
  }
  if ((await readHidden("Again: ")) !== first) {
    throw commandError("PASSPHRASE_DIFFERS", "the two passphrases differ; nothing was written");
  }
  return first;
}

function readHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let text = "";
    const end = (finish: () => void) => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    const onData = (data: string) => {
      for (const character of data) {
        if (character === "\r" || character === "\n") {
          end(() => resolve(text));
          return;
        }
        if (character === "\u0003") {
          end(() => reject(commandError("STOPPED", "stopped; nothing was written")));
          return;
        }
        text = character === "\u007f" ? text.slice(0, -1) : text + character;
      }
    };
    stdin.on("data", onData);
  });
}
