/** Where suspended generators are, asked of V8 as a debugger asks: nothing else shows it. */
import type { Session as InspectorSession } from "node:inspector";
import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import type { Frame } from "./facts.js";

/** Where a script's values are found by its side of the inspector. */
const KEY = "cosocket.generators";

/** A value as the inspector shows it. */
interface Remote {
  readonly objectId?: string;
  readonly value?: unknown;
  readonly description?: string;
}

interface Property {
  readonly name: string;
  readonly value?: Remote;
}

/** Of generators that are suspended; of others, and where there is no inspector, nothing. */
export function locationsOf(generators: readonly object[]): Map<object, Frame> {
  const found = new Map<object, Frame>();
  if (generators.length === 0) return found;
  const session = connected();
  if (session === null) return found;
  try {
    const scripts = new Map<string, string>();
    const known = new Map<string, Frame>();
    session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
    // Only this tells which scripts there are.
    post(session, "Debugger.enable");
    const global = globalThis as { [key: symbol]: unknown };
    global[Symbol.for(KEY)] = generators;
    const expression = `globalThis[Symbol.for(${JSON.stringify(KEY)})]`;
    const list = post<{ result: Remote }>(session, "Runtime.evaluate", { expression });
    delete global[Symbol.for(KEY)];
    const { result } = properties(session, list.result);
    for (const { name, value } of result) {
      const generator = generators[Number(name)];
      if (generator === undefined || value === undefined) continue;
      const frame = located(session, value, scripts, known);
      if (frame !== null) found.set(generator, frame);
    }
  } finally {
    session.disconnect();
  }
  return found;
}

/** Null: this Node is built without, or forbids it. */
function connected(): InspectorSession | null {
  try {
    const { Session } = process.getBuiltinModule("node:inspector");
    const session = new Session();
    session.connect();
    return session;
  } catch {
    return null;
  }
}

/** A session within the process answers before `post` returns. */
function post<T>(session: InspectorSession, method: string, params: object = {}): T {
  let answer: T | undefined;
  session.post(method, params, (error, result) => {
    if (error === null) answer = result as T;
  });
  if (answer === undefined) throw new Error(`the inspector does not answer ${method}`);
  return answer;
}

function properties(
  session: InspectorSession,
  { objectId }: Remote,
): { result: Property[]; internalProperties?: Property[] } {
  return post(session, "Runtime.getProperties", { objectId, ownProperties: true });
}

function located(
  session: InspectorSession,
  generator: Remote,
  scripts: ReadonlyMap<string, string>,
  known: Map<string, Frame>,
): Frame | null {
  if (generator.objectId === undefined) return null;
  const { internalProperties = [] } = properties(session, generator);
  const internal = (name: string): Remote | undefined =>
    internalProperties.find((one) => one.name === `[[${name}]]`)?.value;
  const location = internal("GeneratorLocation")?.value as
    { scriptId: string; lineNumber: number; columnNumber: number } | undefined;
  if (location === undefined) return null;
  const file = scripts.get(location.scriptId) ?? "";
  const { lineNumber: line, columnNumber: column } = location;
  // Where many are at one place, all but the first cost one question less.
  const place = `${location.scriptId}:${line}:${column}`;
  let frame = known.get(place);
  if (frame === undefined)
    known.set(
      place,
      (frame = mapped(nameOf(session, internal("GeneratorFunction")), file, line, column)),
    );
  return frame;
}

/** Of a function. */
function nameOf(session: InspectorSession, fn: Remote | undefined): string {
  if (fn?.objectId === undefined) return "";
  const own = properties(session, fn).result.find(({ name }) => name === "name");
  return String(own?.value?.value ?? "");
}

/** @param line from 0, as `column` */
function mapped(name: string, url: string, line: number, column: number): Frame {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const map = findSourceMap(file);
  const origin = map?.findEntry(line, column);
  if (origin !== undefined && "originalSource" in origin) {
    const { originalSource, originalLine, originalColumn } = origin;
    const source = originalSource.startsWith("file:")
      ? fileURLToPath(originalSource)
      : originalSource;
    return { function: name, file: source, line: originalLine + 1, column: originalColumn + 1 };
  }
  return { function: name, file, line: line + 1, column: column + 1 };
}
