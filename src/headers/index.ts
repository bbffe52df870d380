/** How the names of header fields are written: LuaSocket's socket.headers. */
export { headers } from "./headers.js";
