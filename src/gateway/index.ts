export { type Gateway, startGateway } from "./gateway.js";
export { ListenError } from "./listener.js";
export type { GatewayLimits, GatewayOptions } from "./options.js";
