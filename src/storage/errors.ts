import { FondacoError } from "../base/errors.js";

/** What can go wrong with the files of a validator. Each stops it: none is retried. */
export type StorageErrorCode =
  | "DISK_FULL"
  | "FILE_MISSING"
  | "FILE_EXISTS"
  | "FILE_ERROR"
  | "HOME_LOCKED"
  | "WRONG_CHAIN"
  | "WRONG_VALIDATOR"
  | "LOG_CORRUPT"
  | "SAFETY_CORRUPT"
  | "STORE_CORRUPT"
  | "STORE_FORMAT";

export interface StorageErrorDetail {
  readonly code: StorageErrorCode;
  /** The file or directory that it is about. */
  readonly path: string;
  /** Byte offset in the file, where one is known. */
  readonly offset?: number;
}

export type StorageError = FondacoError<StorageErrorDetail>;

export function storageError(
  code: StorageErrorCode,
  path: string,
  message: string,
  more: { readonly offset?: number; readonly cause?: unknown } = {},
): StorageError {
  const detail = more.offset === undefined ? { code, path } : { code, path, offset: more.offset };
  return new FondacoError(
    detail,
    message,
    more.cause === undefined ? undefined : { cause: more.cause },
  );
}

/** Our error for what the operating system answered about `path`. */
export function fromSystemError(error: unknown, path: string): StorageError {
  if (error instanceof FondacoError) return error as StorageError;
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ENOSPC" || code === "EDQUOT") {
    return storageError(
      "DISK_FULL",
      path,
      `the disk of ${path} is full: free space, then restart`,
      {
        cause: error,
      },
    );
  }
  if (code === "ENOENT") {
    return storageError("FILE_MISSING", path, `${path} is missing`, { cause: error });
  }
  if (code === "EEXIST") {
    return storageError("FILE_EXISTS", path, `${path} exists already`, { cause: error });
  }
  const why = message ?? String(error);
  return storageError("FILE_ERROR", path, `${path} cannot be used: ${why}`, { cause: error });
}
