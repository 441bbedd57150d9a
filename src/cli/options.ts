import { InvalidArgumentError } from "commander";

/** Parser of a whole number between `min` and `max`. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`A whole number from ${min} to ${max} is needed.`);
    }
    return value;
  };
}

/** Resolves at Ctrl-C or SIGTERM; a second one ends the process at once. */
export function untilStopped(): { readonly promise: Promise<void>; fail(error: Error): void } {
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    fail = reject;
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  // Nobody may be waiting yet when a validator fails.
  promise.catch(() => {});
  return { promise, fail: (error) => fail(error) };
}
