/** Hash of all that a build reads. */
export function inputsHash(root: string): string;
/** Whether a build would change nothing. */
export function isUpToDate(root: string): boolean;
export function removeStamp(root: string): void;
export function writeStamp(root: string, inputs: string): void;
