// One fresh process of `kernels.mjs`: measures one suite and sends the figures to its parent.

import { measure } from "./measure.mjs";
import { SUITES } from "./suites.mjs";

const { suite, turns, caseMs, quick } = JSON.parse(process.argv[2]);
const { tables, facts, missing } = await (await SUITES[suite]()).createSuite({ quick });
const measured = await measure(tables, { turns, caseMs });
process.send({ suite, tables: measured, facts, missing }, () => process.exit(0));
