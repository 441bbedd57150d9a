import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.js";
import { RecordFile } from "../../../src/storage/recordFile.js";
import type { RecordFileKind } from "../../../src/storage/segmentChain.js";
import { seededRandom } from "../../support/virtualTime.js";
import { codeThrown, DIRECTORY, hashOf, Machine } from "./storageFixtures.js";

const SMALL: RecordFileKind = {
  name: "log",
  code: 2,
  corruptCode: "LOG_CORRUPT",
  segmentSizeBytes: 2048,
  recordSizeBytesMax: 1200,
  isPreallocated: false,
  isWhole: false,
};
const WHOLE: RecordFileKind = { ...SMALL, isPreallocated: true, isWhole: true };
const FIRST = `${DIRECTORY}/log-00000001.seg`;

function openOn(machine: Machine, kind = SMALL): RecordFile {
  return machine.opened((answer) => RecordFile.open(kind, machine.options(), answer));
}

function textsOf(file: RecordFile): string[] {
  const texts: string[] = [];
  file.scan(file.firstSegment(), ({ body }) => texts.push(toHex(body)));
  return texts;
}

function bodyOf(value: number, sizeBytes: number): Uint8Array {
  const body = new Uint8Array(sizeBytes).map((_, i) => (value * 31 + i * 7) & 0xff);
  new DataView(body.buffer).setUint32(0, value);
  return body;
}

describe("a record file", () => {
  it("reads records where they were put, before and after a restart, over several segments", () => {
    const machine = new Machine();
    const file = openOn(machine);
    const bodies = Array.from({ length: 20 }, (_, i) => bodyOf(i, 4 + i * 25));
    const places = bodies.map((body) => file.append(7, body));
    expect(machine.completed((done) => file.flush(done))).toBeUndefined();
    expect(file.lastSegment()).toBeGreaterThan(2);
    const check = (opened: RecordFile): void => {
      expect(textsOf(opened)).toEqual(bodies.map(toHex));
      places.forEach((place, i) => {
        expect(toHex(opened.read(place).body)).toBe(toHex(bodies[i]!));
      });
    };
    check(file);
    machine.end();
    check(openOn(machine));
    machine.end(() => 0);
    check(openOn(machine));
  });

  it("serves all callers of a turn by one flush, and those that come meanwhile by one more", () => {
    const machine = new Machine();
    const file = openOn(machine);
    const before = machine.disk.flushes;
    const answered: string[] = [];
    for (const name of ["a", "b", "c"]) {
      file.append(1, bodyOf(1, 9));
      file.flush(() => answered.push(name));
    }
    machine.time.step();
    for (const name of ["d", "e"]) {
      file.append(1, bodyOf(2, 9));
      file.flush(() => answered.push(name));
    }
    expect(answered).toEqual([]);
    machine.time.run();
    expect(answered).toEqual(["a", "b", "c", "d", "e"]);
    expect(machine.disk.flushes - before).toBe(2);
  });

  it("takes nothing more after a failed flush", () => {
    const machine = new Machine();
    const file = openOn(machine);
    file.append(1, bodyOf(1, 9));
    machine.disk.failFlushes(1);
    expect(machine.completed((done) => file.flush(done))?.message).toBe("a flush failed");
    expect(codeThrown(() => file.append(1, bodyOf(2, 9)))).toBe("FILE_ERROR");
    expect(machine.completed((done) => file.flush(done))?.message).toBe("a flush failed");
  });

  it("says that the disk is full, and takes nothing more", () => {
    const machine = new Machine();
    const file = openOn(machine);
    machine.disk.setFreeBytes(20);
    expect(codeThrown(() => file.append(1, bodyOf(1, 900)))).toBe("DISK_FULL");
    machine.disk.setFreeBytes(1e9);
    expect(codeThrown(() => file.append(1, bodyOf(1, 9)))).toBe("DISK_FULL");
  });

  it("refuses another chain, another validator, and a file in another's place", () => {
    const machine = new Machine();
    openOn(machine);
    const as = (more: object) => () =>
      machine.opened((answer) => RecordFile.open(SMALL, { ...machine.options(), ...more }, answer));
    expect(codeThrown(as({ genesisHash: hashOf(9) }))).toBe("WRONG_CHAIN");
    expect(codeThrown(as({ validatorId: hashOf(9) }))).toBe("WRONG_VALIDATOR");
    machine.disk.replace(`${DIRECTORY}/log-00000005.seg`, machine.disk.contentOf(FIRST));
    expect(codeThrown(as({}))).toBe("LOG_CORRUPT");
  });

  it("removes old segments and still finds the others", () => {
    const machine = new Machine();
    const file = openOn(machine);
    const places = Array.from({ length: 9 }, (_, i) => file.append(1, bodyOf(i, 900)));
    expect(machine.completed((done) => file.removeBelow(3, done))).toBeUndefined();
    expect(codeThrown(() => file.read(places[0]!))).toBe("FILE_MISSING");
    expect(codeThrown(() => file.scan(1, () => {}))).toBe("FILE_MISSING");
    machine.end(() => 0);
    const again = openOn(machine);
    expect(textsOf(again).slice(-5)).toEqual([4, 5, 6, 7, 8].map((i) => toHex(bodyOf(i, 900))));
  });

  it("refuses when a segment in the middle is missing: a whole file at once, others on a scan", () => {
    const machine = new Machine();
    for (const kind of [WHOLE, SMALL]) {
      const file = openOn(machine, kind);
      for (let i = 0; i < 9; i++) {
        file.append(1, bodyOf(i, 900));
        machine.completed((done) => file.flush(done));
      }
      file.append(1, bodyOf(9, 9));
    }
    machine.end();
    machine.disk.fileSystem().remove(`${DIRECTORY}/log-00000002.seg`);
    expect(codeThrown(() => openOn(machine, WHOLE))).toBe("LOG_CORRUPT");
    const file = openOn(machine);
    expect(codeThrown(() => file.scan(1, () => {}))).toBe("FILE_MISSING");
  });

  it.each([SMALL, WHOLE])("truncated at any byte it recovers a prefix or refuses (%#)", (kind) => {
    const machine = new Machine();
    const file = openOn(machine, kind);
    const bodies = Array.from({ length: 8 }, (_, i) => bodyOf(i, 4 + i * 9));
    for (const body of bodies) {
      file.append(1, body);
      machine.completed((done) => file.flush(done));
    }
    machine.end();
    const content = machine.disk.contentOf(FIRST);
    const texts = bodies.map(toHex);
    let longest = 0;
    for (let size = 0; size <= content.length; size++) {
      const other = new Machine();
      other.options().fileSystem.createDirectory(DIRECTORY);
      other.disk.replace(FIRST, content.subarray(0, size));
      const recovered = textsOf(openOn(other, kind));
      expect(recovered).toEqual(texts.slice(0, recovered.length));
      expect(recovered.length).toBeGreaterThanOrEqual(longest);
      longest = recovered.length;
    }
    expect(longest).toBe(bodies.length);
  });

  it.each([SMALL, WHOLE])("with any bit flipped it never gives a wrong record (%#)", (kind) => {
    const machine = new Machine();
    const file = openOn(machine, kind);
    const bodies = Array.from({ length: 4 }, (_, i) => bodyOf(i, 4 + i * 9));
    for (const body of bodies) {
      file.append(1, body);
      machine.completed((done) => file.flush(done));
    }
    machine.end();
    const content = machine.disk.contentOf(FIRST);
    const texts = bodies.map(toHex);
    const records = 128 + bodies.reduce((sum, body) => sum + body.length + 13, 0);
    const lastRecord = records - bodies.at(-1)!.length - 13;
    for (let bit = 0; bit < records * 8; bit++) {
      const damaged = content.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const other = new Machine();
      other.options().fileSystem.createDirectory(DIRECTORY);
      other.disk.replace(FIRST, damaged);
      let recovered: string[] = [];
      const code = codeThrown(() => {
        recovered = textsOf(openOn(other, kind));
      });
      // Damage to the last record looks like a torn write; any other is known by what follows it.
      if (bit >> 3 >= lastRecord) expect(recovered).toEqual(texts.slice(0, -1));
      else expect(code).toBe("LOG_CORRUPT");
    }
  });

  it.each([SMALL, WHOLE])(
    "after power cuts holds all that was answered, in one piece (%#)",
    (kind) => {
      for (let seed = 0; seed < 400; seed++) checkPowerCuts(kind, seed);
    },
  );
});

/** Five lives of one machine: random appends, flushes, prunings, and ends at any moment. */
function checkPowerCuts(kind: RecordFileKind, seed: number): void {
  const random = seededRandom(seed);
  const machine = new Machine(() => 1 + Math.floor(random() * 3));
  let written: { readonly text: string; readonly segment: number }[] = [];
  let answered = 0;
  // What a process that ended without a power cut left in the cache.
  let cached = 0;
  let pruned = 0;
  for (let life = 0; life < 5; life++) {
    if (random() < 0.3) {
      // Cut in the middle of opening.
      RecordFile.open(kind, machine.options(), () => {});
      for (let i = 0; i < random() * 6; i++) machine.time.step();
      machine.end(random);
      cached = 0;
    }
    const file = openOn(machine, kind);
    const found: typeof written = [];
    file.scan(file.firstSegment(), ({ body }, segment) => {
      found.push({ text: toHex(body), segment });
    });
    const gone = Math.max(0, written.length - found.length);
    const first = found[0];
    const start = first ? written.findIndex(({ text }) => text === first.text) : gone;
    expect(found, `seed ${seed}`).toEqual(written.slice(start, start + found.length));
    expect(start + found.length, `seed ${seed}`).toBeGreaterThanOrEqual(Math.max(answered, cached));
    for (const { segment } of written.slice(0, first ? start : answered)) {
      expect(segment, `seed ${seed}`).toBeLessThan(pruned);
    }
    written = found;
    answered = found.length;
    cached = 0;
    const steps = Math.floor(random() * 30);
    for (let i = 0; i < steps; i++) {
      const dice = random();
      if (dice < 0.5) {
        const body = bodyOf(seed * 1000 + life * 100 + i, 4 + Math.floor(random() * 700));
        const { segment } = file.append(1, body);
        written.push({ text: toHex(body), segment });
      } else if (dice < 0.7) {
        const count = written.length;
        file.flush(() => {
          answered = Math.max(answered, count);
        });
      } else if (dice < 0.73) {
        const below = file.lastSegment() - Math.floor(random() * 2);
        pruned = Math.max(pruned, below);
        file.removeBelow(below, () => {});
      } else machine.time.step();
    }
    if (random() < 0.3) {
      machine.end();
      cached = written.length;
    } else machine.end(random);
  }
}
