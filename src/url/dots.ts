/** Paths without "." and "..": as LuaSocket removes them, in one go. */

/** Stands between two slashes, so that nothing takes an empty segment for none. */
const MARKER = "\x01";

/** "a/../b" is "b", also for an "a" that is itself "..": what is left of the segments. */
function withoutParents(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    while (segment !== "" && kept.length > 1 && kept.at(-1) === ".." && kept.at(-2) !== "")
      kept.length -= 2;
    kept.push(segment);
  }
  return kept;
}

/** The same at the end, where nothing follows but perhaps a slash. */
function withoutLastParent(segments: string[]): string[] {
  const slash = segments.at(-1) === "" ? 1 : 0;
  const parent = segments.length - 1 - slash;
  if (parent < 1 || segments[parent] !== ".." || segments[parent - 1] === "") return segments;
  const left = segments.slice(0, parent - 1);
  return [...left, ""];
}

/** A path without its "." and "..". (LuaSocket: remove_dot_components of url.lua) */
export function withoutDots(path: string): string {
  const marked = path.replace(/\/(?=\/)/g, `/${MARKER}`).replace(/(?:\/\.)+(?=\/)/g, "");
  return withoutLastParent(withoutParents(marked.split("/")))
    .join("/")
    .replace(/\/\.\.$/, "/")
    .replace(/\/\.$/, "/")
    .replace(/^\/\.\.\//, "/")
    .replaceAll(MARKER, "");
}
