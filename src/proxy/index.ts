/** The PROXY protocol: what a proxy in front of a server says of the connection that it passes on. (HAProxy: proxy-protocol.txt) */
export type { ProxyAddress, ProxyHeader, ProxyTlv } from "./header.js";
export { proxyHeader, type ProxyEnd, type ProxyParams } from "./write.js";
export { Foreign, receiveProxyHeader } from "./receive.js";
export { Trusted } from "./trusted.js";
