// Goal: keys are ordered by their leading numbers, alike ones by comparing, equal ones as they came.
import fc from "fast-check";
import { expect, test } from "vitest";
import { orderByLeading } from "../../../src/base/ordering.js";

test("order by leading numbers is the stable order of the whole keys", () => {
  const u32 = fc.oneof(
    fc.constantFrom(0, 1, 0xffff_ffff),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(u32, fc.nat(2)), { maxLength: 40 }), (keys) => {
      const compare = (a: number, b: number) =>
        keys[a]![0] - keys[b]![0] || keys[a]![1] - keys[b]![1];
      const leading = Float64Array.from(keys, ([first]) => first);
      const wanted = keys.map((_, i) => i).sort(compare);
      expect([...orderByLeading(leading, compare)]).toEqual(wanted);
    }),
  );
});
