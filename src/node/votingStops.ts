import type { File, FileSystem, FlushDone } from "../ports/fileSystem.js";

/** Why a validator does not vote from its start on. */
export interface VotingStop {
  readonly code: string;
  readonly detail: string;
}

const INCOMPLETE = "SAFETY_RECORD_INCOMPLETE";

/** Voting without knowing what was signed could sign the contrary (consensus.md 1.10). */
const LOST: VotingStop = {
  code: "SAFETY_LOST",
  detail:
    "the safety file is gone while the log is there: this key may have signed what nobody " +
    "remembers, so it does not vote; restore the file, or join with another key",
};

const markOf = (home: string) => `${home}/safety-incomplete`;

/**
 * What an earlier run, or the lack of one's record, says against voting (NODE-4).
 *
 * @param isLost - The safety file has no record of an earlier run, and the log has.
 */
export function votingStopOf(
  fileSystem: FileSystem,
  home: string,
  isLost: boolean,
): VotingStop | undefined {
  if (isLost) return LOST;
  if (!fileSystem.exists(markOf(home))) return undefined;
  return {
    code: INCOMPLETE,
    detail:
      "an own vote was met that the safety file lacks, as after a restore of an older copy: this " +
      "key may have signed what nobody remembers, so it does not vote; restore the newest file and " +
      `remove ${markOf(home)}, or join with another key`,
  };
}

/**
 * An incomplete record stays one when the certificate that showed it is long final and pruned: a
 * file beside it says so to all later starts.
 *
 * @param done Called once, also with what `open` or `write` throws: this runs within a step of the
 *   driver, which must not end in the middle. Without an error the mark is durable, or none is due.
 */
export function rememberStop(
  fileSystem: FileSystem,
  home: string,
  code: string,
  done: FlushDone,
): void {
  const path = markOf(home);
  if (code !== INCOMPLETE || fileSystem.exists(path)) {
    done(undefined);
    return;
  }
  let file: File | undefined;
  try {
    file = fileSystem.open(path, "new");
    file.write(0, new TextEncoder().encode(`${INCOMPLETE}\n`));
  } catch (error) {
    file?.close();
    done(error as Error);
    return;
  }
  const opened = file;
  opened.flush((error) => {
    opened.close();
    if (error !== undefined) done(error);
    else fileSystem.flushDirectory(home, done);
  });
}
