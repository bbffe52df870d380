/** LuaSocket's mime: encodings as filters, and the functions below them. (cosocket/mime) */
export { type Coding, mime, type Wrapping } from "./mime.js";
export type { Coded } from "./coding.js";
export type { FilterTable } from "./filters.js";
export type { Filter } from "../ltn12/index.js";
