/** Names and addresses: what is one, and the resolver. */
export {
  addressResult,
  endpointName,
  type Family,
  hostName,
  inFamily,
  literal,
  type Port,
  portNumber,
  Resolution,
  UNKNOWN_HOST,
  unspecified,
} from "./address.js";
export { interleaved } from "./order.js";
