import { hostHasSimd } from "../../src/kernels/wasmModules.js";

/** One test body runs for each of these. */
export const variants: readonly { readonly name: string; readonly simd: boolean }[] = [
  ...(hostHasSimd() ? [{ name: "simd", simd: true }] : []),
  { name: "scalar", simd: false },
];

/** A reproducible byte stream for inputs; quality does not matter. */
export function byteStream(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
}
