// Loads what the kernels are measured beside. Some rivals are native code that not every platform has: such a one is
// left out, and the report says so.

/** The module `name`, or undefined with the reason in `missing`. */
export async function loadRival(name, missing) {
  try {
    const loaded = await import(name);
    return loaded.default ?? loaded;
  } catch (error) {
    missing.push(`${name} could not be loaded: ${error.message.split("\n")[0]}`);
    return undefined;
  }
}

/** Cases of a rival that may be missing. */
export const casesOf = (rival, make) => (rival === undefined ? [] : make(rival));
