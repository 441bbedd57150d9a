// Goal: no other binary than the pinned one is loaded. Method: check the real one, and one that differs.
import { describe, expect, test } from "vitest";
import { checkBinary, loadUws, UWS_BINARIES } from "../../../src/gateway/uws.js";

describe("the binary of uWebSockets.js", () => {
  test("the installed one is the pinned one, and has what the typings say", async () => {
    const uws = await loadUws();
    expect(uws.App).toBeTypeOf("function");
    expect(uws.us_socket_local_port).toBeTypeOf("function");
  });

  test("another one is refused by its digest, and an unknown platform by its name", () => {
    const [target = "", digest = ""] = Object.entries(UWS_BINARIES)[0] ?? [];
    expect(() => checkBinary(target, Uint8Array.of(1))).toThrow(digest);
    expect(() => checkBinary(target, Uint8Array.of(1))).toThrow(/Use the listener "ws"/);
    expect(() => checkBinary("plan9_mips_115", Uint8Array.of(1))).toThrow(/plan9_mips_115/);
  });
});
