import type { File, FileSystem } from "../ports/fileSystem.js";

/** Files that stay open for reads of old records. */
const OPEN_FILES_MAX = 16;

/** Files of old segments, opened when they are read; the one not read for longest is closed first. */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #pathOf: (segment: number) => string;
  readonly #files = new Map<number, File>();

  constructor(fileSystem: FileSystem, pathOf: (segment: number) => string) {
    this.#fileSystem = fileSystem;
    this.#pathOf = pathOf;
  }

  get(segment: number): File {
    const file =
      this.#files.get(segment) ?? this.#fileSystem.open(this.#pathOf(segment), "existing");
    this.#files.delete(segment);
    this.#files.set(segment, file);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= OPEN_FILES_MAX) break;
      this.close(oldest);
    }
    return file;
  }

  close(segment: number): void {
    this.#files.get(segment)?.close();
    this.#files.delete(segment);
  }

  closeAll(): void {
    for (const segment of [...this.#files.keys()]) this.close(segment);
  }
}
