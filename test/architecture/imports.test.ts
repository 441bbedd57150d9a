// Goal: the import direction of DESIGN section 3 holds. Method: read every import of src/ and judge
// it by the layer table; the judge itself is tried on imports that must fail.
import { describe, expect, test } from "vitest";
import { findCycle, judgeImport, PURE, WITHOUT_NODE_BUILT_INS } from "./layers.js";
import { importsOf, readSources, resolveImport } from "./sources.js";

const sources = readSources("src");
const folderOf = (path: string) => path.split("/")[1] as string;

/** Type-only imports vanish when compiled, so they make no cycle at run time. */
function runtimeImportsOf(text: string): string[] {
  return importsOf(text.replace(/(?:^|\n)\s*(?:import|export)\s+type\s[^;]*;/g, "\n"));
}

describe("imports", () => {
  test("there are sources to judge", () => {
    expect(sources.length).toBeGreaterThan(30);
  });

  test("point from higher folders to lower ones", () => {
    const broken = sources.flatMap(({ path, text }) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => judgeImport(path, resolveImport(path, specifier)))
        .filter((verdict) => verdict !== undefined),
    );
    expect(broken).toEqual([]);
  });

  test("make no cycle", () => {
    const edges = new Map(
      sources.map(({ path, text }) => [
        path,
        runtimeImportsOf(text)
          .filter((specifier) => specifier.startsWith("."))
          .map((specifier) => resolveImport(path, specifier)),
      ]),
    );
    expect(findCycle(edges)).toBeUndefined();
  });

  test("of Node built-ins stay out of the core and of what browsers run", () => {
    const broken = sources
      .filter(({ path }) => WITHOUT_NODE_BUILT_INS.has(folderOf(path)))
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter((specifier) => specifier.startsWith("node:"))
          .map((specifier) => `${path} imports ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  test("and clocks, randomness and waiting stay out of the reducers", () => {
    const banned =
      /\b(Date\.now|new Date\(|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|async |await |performance\.|process\.|console\.)/;
    const broken = sources
      .filter(({ path }) => PURE.has(folderOf(path)))
      .flatMap(({ path, text }) => {
        const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
        const found = banned.exec(code);
        return found === null ? [] : [`${path} uses ${found[1]}`];
      });
    expect(broken).toEqual([]);
  });
});

describe("the judge", () => {
  test("refuses an import against the direction", () => {
    expect(judgeImport("src/base/a.ts", "src/codec/b.ts")).toContain("codec is not below base");
    expect(judgeImport("src/consensus/a.ts", "src/node/b.ts")).toContain("not below");
  });

  test("refuses an import between folders of one layer", () => {
    expect(judgeImport("src/lanes/a.ts", "src/consensus/b.ts")).toContain("not below");
    expect(judgeImport("src/storage/a.ts", "src/network/b.ts")).toContain("not below");
  });

  test("refuses a contract that imports a later one", () => {
    expect(judgeImport("src/contracts/assets/a.ts", "src/contracts/payments/b.ts")).toContain(
      "before it",
    );
    expect(judgeImport("src/contracts/payments/a.ts", "src/contracts/assets/b.ts")).toBeUndefined();
  });

  test("allows the right direction and the same folder", () => {
    expect(judgeImport("src/codec/a.ts", "src/base/b.ts")).toBeUndefined();
    expect(judgeImport("src/codec/a.ts", "src/codec/b.ts")).toBeUndefined();
  });

  test("finds a cycle, and none where there is none", () => {
    expect(
      findCycle(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["a"]],
        ]),
      ),
    ).toEqual(["a", "b", "c", "a"]);
    expect(
      findCycle(
        new Map([
          ["a", ["b", "c"]],
          ["b", ["c"]],
          ["c", []],
        ]),
      ),
    ).toBeUndefined();
  });

  test("sees every form of import", () => {
    const text = `import a from "./a.js";\nimport { b,\n c } from "./b.js";\nexport * from "./c.js";\nimport "./d.js";\nconst e = await import("./e.js");\n// import f from "./f.js"`;
    expect(importsOf(text)).toEqual(["./a.js", "./b.js", "./c.js", "./d.js", "./e.js"]);
  });
});
