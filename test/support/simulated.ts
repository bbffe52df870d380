/** What tests of the testing kit share. */
import { expect } from "chai";
import type { Operation } from "effection";
import {
  explore,
  type ExploreOptions,
  type Faults,
  simulate,
  SimulationError,
  type SimulateOptions,
  type World,
} from "cosocket/testing";
import type { check } from "./check.js";

/** A test in a simulated world, where its sleeps take no time, and end in the order of their deadlines, whatever else the machine does. */
export const simulated =
  (faults: Faults = {}): typeof check =>
  async (test) => {
    await simulate({ faults }, test);
  };
/** In one without faults. */
export const inVirtualTime = simulated();

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

/** How a simulation fails. */
export async function failure(
  options: SimulateOptions,
  program: (world: World) => Operation<unknown>,
): Promise<SimulationError> {
  const error = await rejection(simulate(options, program));
  expect(error).to.be.instanceOf(SimulationError);
  return error as SimulationError;
}

/** What looking for a failure finds. */
export async function found(
  options: ExploreOptions,
  program: (world: World) => Operation<unknown>,
): Promise<SimulationError> {
  const error = await rejection(explore(options, program));
  expect(error).to.have.property("name", "SimulationError");
  return error as SimulationError;
}
