import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { ChainLog, type LogRecord } from "../../../src/storage/chainLog.js";
import { NodeFileSystem } from "../../../src/storage/nodeFileSystem.js";
import type { Location } from "../../../src/storage/recordFile.js";
import { certificate } from "../../../src/types/vote.js";
import { temporaryHome } from "../../support/homes.js";
import { seededRandom, untilDone } from "../../support/virtualTime.js";
import {
  certificateOf,
  codeThrown,
  DIRECTORY,
  finalize,
  GENESIS,
  hashOf,
  Machine,
  VALIDATOR,
} from "./storageFixtures.js";

const SMALL = { segmentSizeBytes: 4096, recordSizeBytesMax: 2048 };

function openOn(machine: Machine, more: object = SMALL): ChainLog {
  return machine.opened<ChainLog>((answer) =>
    ChainLog.open({ ...machine.options(), ...more }, answer),
  );
}

function recordsOf(log: ChainLog, from = log.firstSegment()): LogRecord[] {
  const records: LogRecord[] = [];
  log.scan(from, (record) => {
    records.push(structuredClone(record));
  });
  return records;
}

/** What a chain writes for one final block. */
function appendHeight(log: ChainLog, height: number): Location[] {
  const hash = hashOf(height);
  const certificateBytes = encode(certificate, certificateOf(finalize(height, hash, hashOf(7))));
  return [
    log.appendBatch(hashOf(1000 + height), utf8(`batch ${height}`.padEnd(300))),
    log.appendBlock(hash, utf8(`block ${height}`)),
    log.appendFinal(height, height + 1, hash, height % 2 === 0 ? certificateBytes : undefined),
    log.appendExecuted(height, utf8(`executed ${height}`)),
  ];
}

describe("the log", () => {
  it("gives back each kind of record, by place and in order, also after a restart", () => {
    const machine = new Machine();
    const log = openOn(machine);
    expect(log.isNew()).toBe(true);
    const places: Location[] = [];
    for (let height = 1; height <= 12; height++) places.push(...appendHeight(log, height));
    machine.completed((done) => log.flush(done));
    const check = (opened: ChainLog): void => {
      const records = recordsOf(opened);
      expect(records).toHaveLength(48);
      expect(records[0]).toEqual({
        kind: "batch",
        batchHash: hashOf(1001),
        bytes: utf8("batch 1".padEnd(300)),
      });
      expect(records[1]).toEqual({ kind: "block", blockHash: hashOf(1), bytes: utf8("block 1") });
      expect(records[2]).toEqual({
        kind: "final",
        height: 1,
        view: 2,
        blockHash: hashOf(1),
        certificateBytes: undefined,
      });
      expect(records[3]).toEqual({ kind: "executed", height: 1, bytes: utf8("executed 1") });
      expect(records[6]).toMatchObject({
        certificateBytes: encode(certificate, certificateOf(finalize(2, hashOf(2), hashOf(7)))),
      });
      places.forEach((place, i) => {
        expect(opened.read(place)).toEqual(records[i]);
      });
    };
    check(log);
    machine.end(() => 0);
    const again = openOn(machine);
    expect(again.isNew()).toBe(false);
    check(again);
  });

  it("scans from a segment on, and prunes below one", () => {
    const machine = new Machine();
    const log = openOn(machine);
    const places = Array.from({ length: 40 }, (_, i) => appendHeight(log, i)[0]!);
    const from = places[30]!.segment;
    expect(from).toBeGreaterThan(2);
    const wanted = recordsOf(log, from);
    expect(machine.completed((done) => log.prune(from, done))).toBeUndefined();
    expect(log.firstSegment()).toBe(from);
    expect(recordsOf(log)).toEqual(wanted);
    expect(codeThrown(() => log.scan(from - 1, () => {}))).toBe("FILE_MISSING");
    expect(codeThrown(() => log.read(places[0]!))).toBe("FILE_MISSING");
    machine.end(() => 0);
    expect(recordsOf(openOn(machine))).toEqual(wanted);
  });

  it("never answers a damaged record, by place or by scan", () => {
    const machine = new Machine();
    const log = openOn(machine);
    const place = appendHeight(log, 1)[0]!;
    machine.completed((done) => log.flush(done));
    appendHeight(log, 2);
    machine.completed((done) => log.close(done));
    const path = `${DIRECTORY}/log-00000001.seg`;
    const bytes = machine.disk.contentOf(path);
    machine.end();
    openOn(machine);
    machine.end();
    bytes[place.offset + 50]! ^= 4;
    machine.disk.replace(path, bytes);
    // An older segment is not read at a start: the damage is found when it is needed.
    const opened = codeThrown(() => {
      const again = openOn(machine);
      expect(codeThrown(() => again.read(place))).toBe("LOG_CORRUPT");
      again.scan(1, () => {});
    });
    expect(opened).toBe("LOG_CORRUPT");
  });

  it("truncated at any byte it recovers a prefix", () => {
    const machine = new Machine();
    const log = openOn(machine);
    for (let height = 1; height <= 2; height++) appendHeight(log, height);
    machine.completed((done) => log.flush(done));
    const all = recordsOf(log).map((record) => record.kind);
    machine.end();
    const content = machine.disk.contentOf(`${DIRECTORY}/log-00000001.seg`);
    for (let size = 0; size <= content.length; size++) {
      const other = new Machine();
      other.options().fileSystem.createDirectory(DIRECTORY);
      other.disk.replace(`${DIRECTORY}/log-00000001.seg`, content.subarray(0, size));
      const kinds = recordsOf(openOn(other)).map((record) => record.kind);
      expect(kinds).toEqual(all.slice(0, kinds.length));
      if (size === content.length) expect(kinds).toEqual(all);
    }
  });

  it("CON-W5: after a power cut holds every block that was flushed with its finality", () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const machine = new Machine(() => 1 + Math.floor(random() * 4));
      let told = 0;
      let height = 0;
      for (let life = 0; life < 4; life++) {
        const log = openOn(machine);
        const records = recordsOf(log);
        const finals = records.filter((record) => record.kind === "final");
        expect(finals.length).toBeGreaterThanOrEqual(told);
        for (const final of finals) {
          const key = toHex(final.blockHash);
          const block = records.find((r) => r.kind === "block" && toHex(r.blockHash) === key);
          expect(block).toBeDefined();
        }
        height = finals.length;
        told = height;
        for (let i = 0; i < 20; i++) {
          if (random() < 0.4) machine.time.step();
          else {
            appendHeight(log, ++height);
            const flushed = height;
            log.flush(() => {
              told = Math.max(told, flushed);
            });
          }
        }
        machine.end(random() < 0.3 ? undefined : random);
      }
    }
  });

  it("refuses another chain", () => {
    const machine = new Machine();
    openOn(machine);
    expect(codeThrown(() => openOn(machine, { ...SMALL, genesisHash: hashOf(5) }))).toBe(
      "WRONG_CHAIN",
    );
  });

  it("works on a real disk", async () => {
    const directory = temporaryHome();
    const open = async (): Promise<ChainLog> => {
      const log = await new Promise<ChainLog>((resolve, reject) => {
        ChainLog.open(
          {
            fileSystem: new NodeFileSystem(),
            directory,
            genesisHash: GENESIS,
            validatorId: VALIDATOR,
            defer: queueMicrotask,
          },
          (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)),
        );
      });
      return log;
    };
    const log = await open();
    const places = appendHeight(log, 1);
    let answers = 0;
    log.flush(() => answers++);
    log.close(() => answers++);
    await untilDone(() => answers === 2);
    const again = await open();
    expect(again.read(places[1]!)).toMatchObject({ kind: "block", bytes: utf8("block 1") });
    expect(recordsOf(again)).toHaveLength(4);
    again.close(() => answers++);
    await untilDone(() => answers === 3);
  });
});
