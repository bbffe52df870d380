import { createContext } from "effection";
import type { Fiber } from "./types.js";

/** Which fiber an Effection task belongs to. */
export const FiberContext = createContext<Fiber>("cosocket.fiber");
