/**
 * Files as the safety file and the log need them. Reads are synchronous (recovery only); writes go
 * to the operating system's cache at once; only `flush` makes them survive a power cut. After an
 * error of a write or a flush the file must not be used again: the validator stops (CON-W).
 */
export interface FileSystem {
  /** Names in a directory, sorted; empty if the directory is missing. */
  list(directory: string): string[];
  exists(path: string): boolean;
  createDirectory(path: string): void;
  /** Opens for reading and writing. @throws {FondacoError} FILE_MISSING, FILE_EXISTS, FILE_ERROR */
  open(path: string, mode: "existing" | "new"): File;
  /** Removes a file; durable after the next `flushDirectory`. */
  remove(path: string): void;
  /** Replaces `to` by `from` atomically; durable after the next `flushDirectory`. */
  rename(from: string, to: string): void;
  flushDirectory(path: string, done: FlushDone): void;
  /** Takes the exclusive lock of a directory for this process. @throws {FondacoError} HOME_LOCKED */
  lock(directory: string): () => void;
}

/** `error` is set when nothing may be taken for durable. */
export type FlushDone = (error: Error | undefined) => void;

export interface File {
  sizeBytes(): number;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array;
  /** @throws {FondacoError} DISK_FULL, FILE_ERROR */
  write(offset: number, bytes: Uint8Array): void;
  /** Reserves space, so that a later flush need not change the file's size. */
  allocate(sizeBytes: number): void;
  truncate(sizeBytes: number): void;
  /** fdatasync: calls back when everything written before this call is durable. */
  flush(done: FlushDone): void;
  close(): void;
}
