// Goal: clients that simulate by the thousand are told to come back, and hold up nobody.
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.js";
import { NodeQueries } from "../../../src/gateway/nodeQueries.js";
import type { NodeApi, SubmitRefusal } from "../../../src/ports/nodeApi.js";

test("simulations under way are bounded, whatever their end", async () => {
  const waiting: ((answer: SubmitRefusal) => void)[] = [];
  const node = {
    simulate: (_: Uint8Array, done: (answer: SubmitRefusal) => void) => waiting.push(done),
  } as unknown as NodeApi;
  const queries = new NodeQueries(node);
  const codes: string[] = [];
  const ask = () =>
    queries.simulate(new Uint8Array(1)).catch((error: { code: string; retry: string }) => {
      codes.push(`${error.code} ${error.retry}`);
    });
  const all = Array.from({ length: LIMITS.simulationsMax + 3 }, ask);
  await Promise.all(all.slice(LIMITS.simulationsMax));
  expect(codes).toEqual(Array.from({ length: 3 }, () => "OVERLOADED after"));
  expect(waiting).toHaveLength(LIMITS.simulationsMax);
  for (const done of waiting.splice(0)) done({ code: "BAD_SIGNATURE", message: "wrong" });
  await Promise.all(all);
  const again = ask();
  expect(waiting).toHaveLength(1);
  waiting[0]?.({ code: "BAD_SIGNATURE", message: "wrong" });
  await again;
});
