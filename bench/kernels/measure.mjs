// Times the contestants of a suite in turns, so that whatever else the machine does meets all of them alike.
//
// What is reported is processor time of the process (`process.cpuUsage`): on a busy machine wall time mostly tells how
// long one waited for a core. benny runs the contestants and gives the wall time, which is kept beside it.

import benny from "benny";

/** Processor and wall time of a call, in nanoseconds. */
export function spend(run) {
  const wallStart = process.hrtime.bigint();
  const cpuStart = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(cpuStart);
  return {
    cpuNanos: 1_000 * (user + system),
    wallNanos: Number(process.hrtime.bigint() - wallStart),
  };
}

/** How many calls take about `blockMs`: the clock of processor time is read once for that many. */
function callsPerBlock(run, blockMs) {
  for (let calls = 1; ; calls *= 2) {
    const { wallNanos } = spend(() => {
      for (let i = 0; i < calls; i++) run();
    });
    if (wallNanos >= blockMs * 5e5) return Math.ceil((calls * blockMs * 1e6) / wallNanos);
  }
}

/** A contestant whose call can be repeated: by benny, for `caseMs`. */
async function timeRepeated(contestant, caseMs) {
  const { name, units, run } = contestant;
  contestant.callsPerBlock ??= callsPerBlock(run, caseMs / 10);
  const calls = contestant.callsPerBlock;
  let cpuNanos = 0;
  let blocks = 0;
  const block = () => {
    const spent = spend(() => {
      for (let i = 0; i < calls; i++) run();
    });
    cpuNanos += spent.cpuNanos;
    blocks++;
  };
  const options = { minSamples: 3, maxTime: caseMs / 1_000, minTime: 1e-6, delay: 0 };
  const { results } = await benny.suite(name, benny.add(name, block, options));
  const [result] = results;
  // benny keeps an error of the contestant to itself; nothing was measured then.
  if (!result.completed || blocks === 0) throw new Error(`${name} failed`);
  const perBlock = calls * units;
  return { cpu: cpuNanos / blocks / perBlock, wall: (result.details.median * 1e9) / perBlock };
}

/**
 * A contestant for which each call needs material that it has never seen, made before the clock starts. benny would
 * call it as often as it likes, so this counts its own calls, with the same clocks.
 */
function timeFresh({ name, units, prepare }) {
  const calls = prepare();
  let right = true;
  const { cpuNanos, wallNanos } = spend(() => {
    for (const call of calls) right = call() && right;
  });
  if (!right) throw new Error(`${name} gave a wrong answer`);
  const total = calls.length * units;
  return { cpu: cpuNanos / total, wall: wallNanos / total };
}

const comparable = (answer) =>
  answer instanceof Uint8Array ? Buffer.from(answer).toString("hex") : String(answer);

/** Contestants of one table must give the same answer before they are compared. */
function checkAnswers({ id, cases }) {
  const answers = new Map();
  for (const { name, run, answer = id } of cases) {
    if (run === undefined) continue;
    const given = comparable(run());
    const expected = answers.get(answer) ?? given;
    if (given !== expected) throw new Error(`${id}: ${name} gives another answer than its rivals`);
    answers.set(answer, expected);
  }
}

/**
 * Nanoseconds a unit of work of each contestant of `tables`, one figure a turn. Contestants begin each turn one further
 * in the list. A first turn of the same kind warms code and caches up and is not counted.
 */
export async function measure(tables, { turns, caseMs }) {
  const results = tables.map(({ cases, ...table }) => ({
    ...table,
    cases: cases.map(({ name, label, own }) => ({ name, label, own, cpu: [], wall: [] })),
  }));
  for (const table of tables) checkAnswers(table);
  for (let turn = -1; turn < turns; turn++) {
    for (const [i, { cases }] of tables.entries()) {
      for (let step = 0; step < cases.length; step++) {
        const at = (step + turn + 1) % cases.length;
        const contestant = cases[at];
        const spent =
          contestant.prepare === undefined
            ? await timeRepeated(contestant, caseMs)
            : timeFresh(contestant);
        if (turn < 0) continue;
        results[i].cases[at].cpu.push(spent.cpu);
        results[i].cases[at].wall.push(spent.wall);
      }
    }
  }
  return results;
}
