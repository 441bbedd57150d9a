/** Element i of a list that has one. */
export function at<T>(list: readonly T[], i: number): T {
  const element = list[i];
  if (element === undefined) throw new Error(`nothing at ${i}`);
  return element;
}
