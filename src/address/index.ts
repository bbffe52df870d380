/** Names and addresses: what is one, and the resolver. */
export {
  endpointName,
  type Family,
  hostName,
  inFamily,
  literal,
  type Port,
  portNumber,
  Resolution,
  UNKNOWN_HOST,
} from "./address.js";
