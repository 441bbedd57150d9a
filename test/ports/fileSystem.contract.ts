/** What every {@link FileSystem} promises while the power stays on. */

import { describe, expect, it } from "vitest";
import type { File, FileSystem, FlushDone } from "../../src/ports/fileSystem.js";

export interface FileSystemHarness {
  readonly fileSystem: FileSystem;
  /** An existing empty directory. */
  readonly directory: string;
  /** Lets scheduled flushes go on until `isDone`. */
  settle(isDone: () => boolean): Promise<void>;
}

export function fileSystemContract(name: string, harness: () => FileSystemHarness): void {
  describe(`${name} as a FileSystem`, () => {
    async function completed(
      { settle }: FileSystemHarness,
      start: (done: FlushDone) => void,
    ): Promise<Error | undefined> {
      let outcome: { error: Error | undefined } | undefined;
      start((error) => {
        outcome = { error };
      });
      await settle(() => outcome !== undefined);
      return outcome?.error;
    }

    function codeThrown(work: () => unknown): string | undefined {
      try {
        work();
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return undefined;
    }

    it("reads what was written, before and after a flush, and by another handle", async () => {
      const h = harness();
      const file: File = h.fileSystem.open(`${h.directory}/a`, "new");
      file.write(3, new Uint8Array([7, 8, 9]));
      expect(file.sizeBytes()).toBe(6);
      expect([...file.read(0, 100)]).toEqual([0, 0, 0, 7, 8, 9]);
      expect(await completed(h, (done) => file.flush(done))).toBeUndefined();
      file.close();
      const again = h.fileSystem.open(`${h.directory}/a`, "existing");
      expect([...again.read(4, 1)]).toEqual([8]);
      expect(again.read(6, 5)).toHaveLength(0);
      expect(again.read(60, 5)).toHaveLength(0);
      again.close();
    });

    it("fills reserved space with zeros, keeps what is there, and truncates", () => {
      const h = harness();
      const file = h.fileSystem.open(`${h.directory}/a`, "new");
      file.write(0, new Uint8Array([1, 2]));
      file.allocate(2000);
      expect(file.sizeBytes()).toBe(2000);
      expect([...file.read(0, 4)]).toEqual([1, 2, 0, 0]);
      expect(file.read(1990, 100)).toEqual(new Uint8Array(10));
      file.allocate(10);
      expect(file.sizeBytes()).toBe(2000);
      file.truncate(1);
      file.allocate(3);
      expect([...file.read(0, 9)]).toEqual([1, 0, 0]);
      file.close();
    });

    it("names what is missing and what exists already", () => {
      const h = harness();
      expect(codeThrown(() => h.fileSystem.open(`${h.directory}/no`, "existing"))).toBe(
        "FILE_MISSING",
      );
      expect(codeThrown(() => h.fileSystem.open(`${h.directory}/no/a`, "new"))).toBe(
        "FILE_MISSING",
      );
      expect(codeThrown(() => h.fileSystem.remove(`${h.directory}/no`))).toBe("FILE_MISSING");
      h.fileSystem.open(`${h.directory}/a`, "new").close();
      expect(codeThrown(() => h.fileSystem.open(`${h.directory}/a`, "new"))).toBe("FILE_EXISTS");
    });

    it("lists names sorted, renames over a file, removes", async () => {
      const h = harness();
      expect(h.fileSystem.list(`${h.directory}/none`)).toEqual([]);
      for (const name of ["b", "a", "c"]) {
        const file = h.fileSystem.open(`${h.directory}/${name}`, "new");
        file.write(0, new TextEncoder().encode(name));
        file.close();
      }
      expect(h.fileSystem.list(h.directory)).toEqual(["a", "b", "c"]);
      h.fileSystem.rename(`${h.directory}/a`, `${h.directory}/b`);
      h.fileSystem.remove(`${h.directory}/c`);
      const error = await completed(h, (done) => h.fileSystem.flushDirectory(h.directory, done));
      expect(error).toBeUndefined();
      expect(h.fileSystem.list(h.directory)).toEqual(["b"]);
      expect(h.fileSystem.exists(`${h.directory}/b`)).toBe(true);
      expect(h.fileSystem.exists(`${h.directory}/a`)).toBe(false);
      const file = h.fileSystem.open(`${h.directory}/b`, "existing");
      expect(new TextDecoder().decode(file.read(0, 9))).toBe("a");
      file.close();
    });

    it("makes nested directories, and again", () => {
      const h = harness();
      h.fileSystem.createDirectory(`${h.directory}/x/y`);
      h.fileSystem.createDirectory(`${h.directory}/x/y`);
      expect(h.fileSystem.exists(`${h.directory}/x/y`)).toBe(true);
      h.fileSystem.open(`${h.directory}/x/y/a`, "new").close();
      expect(h.fileSystem.list(`${h.directory}/x/y`)).toEqual(["a"]);
    });

    it("gives the lock of a directory to one at a time", () => {
      const h = harness();
      const unlock = h.fileSystem.lock(h.directory);
      expect(codeThrown(() => h.fileSystem.lock(h.directory))).toBe("HOME_LOCKED");
      unlock();
      h.fileSystem.lock(h.directory)();
    });
  });
}
