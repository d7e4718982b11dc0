// Inputs beside the code (a class label, noise, a condition): what they hold, and tensors of the numbers that a person gives.

import { type RuntimeTensor, VielbeinError } from "@vielbein/core";
import { isFloat } from "./element-types.ts";
import { DataType, type Model, requiredInputs, type ValueInfo } from "./model.ts";

export interface FurtherInput {
  readonly name: string;
  /** As the model declares it; open extents are 1. */
  readonly shape: readonly number[];
  readonly isInteger: boolean;
}

/** The inputs that want a value beside `code`. */
export function furtherInputs(model: Model, code: string): FurtherInput[] {
  return requiredInputs(model.graph)
    .filter(({ name }) => name !== code)
    .map((input) => ({
      name: input.name,
      shape: extents(input, 1),
      isInteger: !isFloat(input.dataType ?? DataType.FLOAT),
    }));
}

/**
 * Tensors of the types and shapes that the model declares; open extents count as 1.
 *
 * @param set values of inputs by name; a single number stands for all.
 * @throws {VielbeinError} `INVALID_SPACE` for a name that is no input, `SHAPE_MISMATCH` for a number of values that is
 *   neither 1 nor what the shape holds.
 */
export function inputTensors(
  model: Model,
  set: Readonly<Record<string, readonly number[]>>,
): Record<string, RuntimeTensor> {
  const declared = new Map(requiredInputs(model.graph).map((input) => [input.name, input]));
  return Object.fromEntries(
    Object.entries(set).map(([name, values]) => {
      const input = declared.get(name);
      if (!input) {
        throw new VielbeinError(
          "INVALID_SPACE",
          `Values are set for "${name}", and the model has no such input. Its inputs: ${[...declared.keys()].join(", ")}.`,
        );
      }
      const dims = extents(input, values.length);
      const count = dims.reduce((product, extent) => product * extent, 1);
      if (values.length !== count && values.length !== 1) {
        throw new VielbeinError(
          "SHAPE_MISMATCH",
          `Input "${name}": shape [${dims}] holds ${count} values, got ${values.length}. Give ${count}, or one for all.`,
        );
      }
      const filled = values.length === count ? values : Array<number>(count).fill(values[0]!);
      return [name, inputTensor(input.dataType, dims, filled)];
    }),
  );
}

/** @param unknown the only extent of a shape that the model does not declare. */
function extents({ shape }: ValueInfo, unknown: number): number[] {
  return (shape ?? [unknown]).map((extent) => (typeof extent === "number" ? extent : 1));
}

function inputTensor(dataType: number | undefined, dims: number[], values: readonly number[]): RuntimeTensor {
  if (dataType === DataType.INT64)
    return { type: "int64", dims, data: BigInt64Array.from(values, (v) => BigInt(Math.trunc(v))) };
  if (dataType === DataType.INT32) return { type: "int32", dims, data: Int32Array.from(values) };
  if (dataType === DataType.BOOL) return { type: "bool", dims, data: Uint8Array.from(values) };
  if (dataType === DataType.DOUBLE) return { type: "float64", dims, data: Float64Array.from(values) };
  return { type: "float32", dims, data: Float32Array.from(values) };
}
