/**
 * Folders of src/ from the lowest to the highest (DESIGN: "A folder imports only from lines above
 * its own; folders on one line never import each other").
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["base"],
  ["codec"],
  ["types"],
  ["crypto"],
  ["merkle"],
  ["proofs"],
  ["declarations"],
  ["api"],
  ["client"],
  ["bridges", "sinks", "load"],
  ["explorer"],
  ["kernels"],
  ["ledger"],
  ["contracts"],
  ["execution"],
  ["consensus", "lanes", "sync"],
  ["validator"],
  ["ports"],
  ["storage", "network", "workers", "vm", "gateway", "telemetry"],
  ["node"],
  ["cli"],
];

/** Folders that run in a browser too, or are pure: no Node built-ins. */
export const WITHOUT_NODE_BUILT_INS: ReadonlySet<string> = new Set([
  "base",
  "codec",
  "types",
  "crypto",
  "merkle",
  "proofs",
  "declarations",
  "api",
  "client",
  "explorer",
  "ledger",
  "contracts",
  "execution",
  "consensus",
  "lanes",
  "sync",
  "validator",
  "ports",
]);

/** Reducers: nothing here may read a clock, draw a random number, wait or log. */
export const PURE: ReadonlySet<string> = new Set([
  "base",
  "codec",
  "types",
  "crypto",
  "merkle",
  "proofs",
  "declarations",
  "ledger",
  "contracts",
  "execution",
  "consensus",
  "lanes",
  "sync",
  "validator",
]);

/** Contracts know each other only upwards; a lower one reaches a higher one through Hooks. */
export const CONTRACTS: readonly string[] = [
  "membership",
  "assets",
  "payments",
  "attestations",
  "rights",
  "orders",
  "logistics",
  "programs",
];

/** One rule broken, in words; undefined if the import is allowed. */
export function judgeImport(from: string, to: string): string | undefined {
  const folderOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === undefined || target === undefined || source === target) {
    const contractOf = (path: string) => /^src\/contracts\/([^/]+)\//.exec(path)?.[1];
    const [a, b] = [contractOf(from), contractOf(to)];
    if (a === undefined || b === undefined || a === b) return undefined;
    return CONTRACTS.indexOf(b) < CONTRACTS.indexOf(a)
      ? undefined
      : `${from} imports ${to}: contract ${a} may only import contracts before it`;
  }
  const levelOf = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder));
  const [level, targetLevel] = [levelOf(source), levelOf(target)];
  if (level < 0) return `${from}: folder ${source} has no layer`;
  if (targetLevel < 0) return `${to}: folder ${target} has no layer`;
  return targetLevel < level
    ? undefined
    : `${from} imports ${to}: ${target} is not below ${source}`;
}

/** A cycle among `edges`, as its list of files, or undefined. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const onPath: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const at = onPath.indexOf(file);
    if (at >= 0) return [...onPath.slice(at), file];
    if (done.has(file)) return undefined;
    onPath.push(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    onPath.pop();
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
