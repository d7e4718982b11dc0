// What the engine says of a slice: the shapes of what moves with the point, and the values of what does not.

import type { Runtime } from "@vielbein/core/runtime";
import type { TensorInfo } from "../derive/measured-graph.ts";
import { probe } from "../file/probe.ts";
import { trialLimits } from "../file/trial.ts";
import { DataType, type Model, type Tensor } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import type { Scope } from "../model/scope.ts";
import { fromRuntime } from "../model/tensor.ts";
import { fixedInputs, type PrepareOptions } from "./options.ts";
import type { Ends, Slice } from "./slice.ts";

export interface Measured {
  readonly info: ReadonlyMap<string, TensorInfo>;
  /** Values of what does not move, folded or as the model holds them. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** @throws {VielbeinError} what {@link probe} throws. */
export async function measure(
  model: Model,
  runtime: Runtime,
  { to }: Ends,
  slice: Slice,
  types: Scope<number>,
  options: PrepareOptions,
): Promise<Measured> {
  const originals = new Map(model.graph.initializers.map((tensor) => [tensor.name, tensor]));
  const { shapes, values } = await probe(model, runtime, {
    measured: slice.moving,
    tried: [to],
    folded: [...slice.fixed].filter((name) => !originals.has(name)),
    inputs: fixedInputs(options),
    trial: trialLimits(options.memoryBudget),
  });
  const info = new Map<string, TensorInfo>();
  const constants = new Map<string, Tensor>();
  for (const name of slice.fixed) {
    const tensor = originals.get(name) ?? fromRuntime(name, entryOf(values, name));
    constants.set(name, tensor);
    info.set(name, { shape: tensor.dims, dataType: tensor.dataType });
  }
  for (const [name, shape] of shapes) info.set(name, { shape, dataType: types.get(name) ?? DataType.FLOAT });
  return { info, constants };
}
