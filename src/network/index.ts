export { createTlsIdentity, type TlsIdentity } from "./certificate.js";
export type { MeshFinding, RegisteredPeer } from "./context.js";
export { createMesh, Mesh, type MeshOptions, type PeerStatus } from "./mesh.js";
export type { LinkCode } from "./refusals.js";
export { DEFAULT_TUNING, type MeshTuning } from "./tuning.js";
