// Goal: pages come from one directory and from nowhere else. Method: a directory with a secret beside
// it, asked by paths that try to get out.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileOfPath, Pages } from "../../../src/gateway/pages.js";

const request = (path: string, method = "GET") => ({
  method,
  path,
  host: "127.0.0.1:1",
  origin: undefined,
  authorization: undefined,
  contentType: undefined,
  body: undefined,
  onAbort: () => {},
});

describe("pages", () => {
  let home: string;
  let pages: Pages;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "fondaco-pages-"));
    const root = join(home, "pages");
    mkdirSync(join(root, "assets"), { recursive: true });
    writeFileSync(join(root, "index.html"), "<p>home</p>");
    writeFileSync(join(root, "assets", "app.js"), "start()");
    writeFileSync(join(root, "notes.secret"), "not a page");
    writeFileSync(join(root, ".env.txt"), "hidden");
    writeFileSync(join(home, "secret.txt"), "secret");
    symlinkSync(join(home, "secret.txt"), join(root, "link.txt"));
    pages = new Pages(root);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  test("files have their type, and headers that let nothing in or out", async () => {
    const page = await pages.serve(request("/"));
    expect(page.status).toBe(200);
    expect(Buffer.from(page.body).toString()).toBe("<p>home</p>");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["content-security-policy"]).toContain(
      "connect-src 'self' ws://127.0.0.1:1",
    );
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    const script = await pages.serve(request("/assets/app.js"));
    expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect((await pages.serve(request("/block/7"))).body).toEqual(page.body);
  });

  test("GAT-6: nothing else is served", async () => {
    const paths = [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/../../secret.txt",
      "/link.txt",
      "/.env.txt",
      "/notes.secret",
      "/missing.js",
      "/assets//app.js",
      "/%00.txt",
      "/%zz.txt",
      "/C:/secret.txt",
      "/..\\secret.txt",
      `/${"a".repeat(600)}.js`,
    ];
    for (const path of paths)
      expect([path, (await pages.serve(request(path))).status]).toEqual([path, 404]);
    expect((await pages.serve(request("/", "POST"))).status).toBe(405);
    expect((await new Pages(undefined).serve(request("/"))).status).toBe(404);
  });

  test("a directory is never listed", () => {
    expect(fileOfPath("/assets/")).toBe("index.html");
    expect(fileOfPath("/assets")).toBe("index.html");
    expect(fileOfPath("assets")).toBeUndefined();
  });
});
