import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { AssertionError } from "../base/assert.js";
import { FondacoError, messageOf } from "../base/errors.js";

export type WasmModuleName = "kernels" | "tree";

/** Compiled code only; it can be sent to a worker thread, which makes its own instance of it. */
export interface CompiledKernels {
  readonly kernels: WebAssembly.Module;
  readonly tree: WebAssembly.Module;
  readonly simd: boolean;
}

// The same folder from `src/kernels/` and from `dist/kernels/`.
const wasmFolder = new URL("../../dist/wasm/", import.meta.url);

/** Smallest module with a v128 instruction: whether it validates says whether the host has SIMD. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

export function hostHasSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}

/**
 * Bytes of one built module.
 *
 * @throws {FondacoError} `KERNELS_MISSING` when the build has not been run.
 */
export function readWasm(name: WasmModuleName, simd: boolean): Uint8Array<ArrayBuffer> {
  const file = new URL(`${name}.${simd ? "simd" : "scalar"}.wasm`, wasmFolder);
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new FondacoError(
      { code: "KERNELS_MISSING" },
      `cannot read ${file.pathname} (${messageOf(error)}); run "npm run build" first`,
    );
  }
}

/** Instantiates a module of ours. It has one import, `env.abort`, which only a bug can reach. */
export function instantiateModule<T extends Record<string, unknown>>(
  module: WebAssembly.Module,
): T & { readonly memory: WebAssembly.Memory } {
  const { exports } = instantiateSync<T>(module, {
    env: {
      abort: (_message, _file, line, column) => {
        throw new AssertionError(`a Wasm kernel aborted at ${line}:${column}`);
      },
    },
  });
  return withoutWrappers(exports) as unknown as T & { readonly memory: WebAssembly.Memory };
}

/**
 * The loader wraps each function to tell it how many arguments it got, which costs a second call and
 * an array. Ours have no optional arguments.
 */
function withoutWrappers(exports: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => {
      const original = (value as { readonly original?: unknown } | undefined)?.original;
      return [name, typeof value === "function" ? (original ?? value) : value];
    }),
  );
}
