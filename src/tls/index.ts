/** TLS over a connection: parameters, contexts, the handshake, and what is known afterwards. */
export { TlsContext, toContext, type TlsParams } from "./context.js";
export type { Mode } from "./settings.js";
export { encrypt, prepare, prepareHandshake, setNames } from "./encrypt.js";
export type { SecureMethods, TlsInfo } from "./methods.js";
export type { AlpnChoice } from "./params.js";
export * as facts from "./facts.js";
