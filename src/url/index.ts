/** LuaSocket's socket.url: URLs and their parts, as text. (cosocket/url) */
export type { ParsedUrl } from "./parts.js";
export type { PathSegments } from "./path.js";
export { url } from "./url.js";
