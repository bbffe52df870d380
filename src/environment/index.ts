/**
 * What the environment asks for when a program begins: COSOCKET_INSPECT, that it can be looked into. It is on the lowest storey, since whatever a program
 * imports first imports this; what it asks for is loaded only then.
 */
import process from "node:process";

const { COSOCKET_INSPECT: inspect } = process.env;

if (inspect !== undefined && inspect !== "" && inspect !== "0")
  void import("../inspect/index.js").then(({ inspectByEnvironment }) =>
    inspectByEnvironment(inspect),
  );
