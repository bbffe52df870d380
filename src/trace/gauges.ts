/** Numbers that are drawn as curves, looked at while a trace is recorded. Higher storeys add theirs. */
import { reactor } from "../../reactor/index.js";

/** Numbers by their names. */
export type Gauge = () => Readonly<Record<string, number>>;

export const gauges: Gauge[] = [() => ({ fibers: reactor.live, "ready fibers": reactor.ready })];
