// Inputs beside the code (a class label, noise, a condition): what they hold, and tensors of the numbers that a person
// gives.

import { type InputSetting, VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor, TrialLimits } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { probe } from "../file/probe.ts";
import { emptyInput, trialLimits } from "../file/trial.ts";
import { dataTypeName, isFloat } from "../model/element-types.ts";
import { determining } from "../model/graph.ts";
import { DataType, isFixed, type Model, requiredInputs, type ValueInfo } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";
import { normalize } from "./normalize.ts";
import { fixedInputs, type PrepareOptions } from "./options.ts";

/** An input of a model beside the code, which is given a value. */
export interface FurtherInput {
  /** Name of the input. */
  readonly name: string;
  /** As the model declares it; open extents are 1. */
  readonly shape: readonly number[];
  /** Whether its elements are integers. */
  readonly isInteger: boolean;
}

/** The inputs beside `code` that need a value. */
export function furtherInputs(model: Model, code: string): FurtherInput[] {
  requireKind("furtherInputs: model", "model", model);
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
 * @param set the values of inputs by name.
 * @param memoryBudget the bytes that one input may take. Default 2 GiB.
 * @throws {VielbeinError} `INVALID_SPACE` for a name that is not an input, or an input without numbers;
 * `SHAPE_MISMATCH` for another shape, or another number of values than the shape holds; `OUT_OF_RANGE` for a value
 * outside the range of the type, or a class that does not exist; `MEMORY_BUDGET`.
 */
export function inputTensors(
  model: Model,
  set: Readonly<Record<string, InputSetting>>,
  memoryBudget?: number,
): Record<string, RuntimeTensor> {
  requireKind("inputTensors: model", "model", model);
  requireKind("inputTensors: set", "object", set);
  const declared = new Map(requiredInputs(model.graph).map((input) => [input.name, input]));
  return Object.fromEntries(
    Object.entries(set).map(([name, setting]) => {
      const input = declared.get(name);
      if (!input) {
        throw new VielbeinError(
          "INVALID_SPACE",
          `Values are set for "${name}", and the model has no such input. Its inputs: ${[...declared.keys()].join(", ")}.`,
        );
      }
      return [name, inputTensor(input, setting, trialLimits(memoryBudget))];
    }),
  );
}

/** @param unknown the only extent of a shape that the model does not declare. */
function extents({ shape }: ValueInfo, unknown: number): number[] {
  return (shape ?? [unknown]).map((extent) => (isFixed(extent) ? extent : 1));
}

/** Of float16; beyond it a file that is not widened has infinity. */
const LARGEST_HALF = 65504;

function inputTensor(input: ValueInfo, setting: InputSetting, trial: TrialLimits): RuntimeTensor {
  const { name, dataType = DataType.FLOAT } = input;
  const { dims, value } = filled(input, setting);
  // Halves are widened in preparation.
  const isHalf = isFloat(dataType) && dataType !== DataType.DOUBLE;
  const tensor = emptyInput(name, dims, isHalf ? DataType.FLOAT : dataType, trial);
  if (!tensor) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Input "${name}" holds ${dataTypeName(dataType)}, and only numbers can be set. Leave it out.`,
    );
  }
  const largest = dataType === DataType.FLOAT16 ? LARGEST_HALF : Number.MAX_VALUE;
  const fits = (i: number): boolean => store(tensor, i, value(i)) && !(Math.abs(Number(value(i))) > largest);
  let stored = 0;
  while (stored < tensor.data.length && fits(stored)) stored++;
  if (stored === tensor.data.length) return tensor;
  const wanted = isFloat(dataType)
    ? `finite numbers of ${isHalf ? dataTypeName(dataType) : tensor.type}`
    : dataType === DataType.BOOL
      ? "0 or 1"
      : "integers in its range";
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `Input "${name}" holds ${dataTypeName(dataType)}: it takes ${wanted}, got ${value(stored)}.`,
  );
}

/** Whether the tensor's type has the value, which then is in it. */
function store({ type, data }: RuntimeTensor, i: number, value: number | bigint): boolean {
  if (type === "float32" || type === "float64") {
    data[i] = Number(value);
    return Number.isFinite(data[i]);
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) return false;
  data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : Number(value);
  const isBool = type === "bool";
  // Typed arrays keep what fits, and the remainder of what does not.
  return BigInt(data[i]) === BigInt(value) && !(isBool && data[i] > 1);
}

/** Shape and values by their index: those that the setting implies may be more than arrays of numbers hold. */
function filled(
  input: ValueInfo,
  setting: InputSetting,
): { readonly dims: number[]; readonly value: (index: number) => number | bigint } {
  const { name, shape } = input;
  const given = "data" in setting ? setting.data : "length" in setting ? setting : undefined;
  const dims = extents(input, given?.length ?? 1);
  const count = elementCount(dims);
  const refuse = (problem: string): never => {
    throw new VielbeinError("SHAPE_MISMATCH", `Input "${name}" ${problem}`);
  };
  if (given) {
    const isShaped = !("data" in setting) || !shape || within(setting.shape) === within(dims);
    if (given.length === count && isShaped) return { dims, value: (i) => given[i] };
    if ("data" in setting) {
      return refuse(
        `has shape [${dims}], got an array of shape [${setting.shape}]. Give one of that shape; axes of length 1 may be left out.`,
      );
    }
    const choice =
      given.length === 1
        ? choices(name, dims, Number(given[0]))
        : `Give ${count}${orOpen(input, given.length)}.`;
    return refuse(
      `takes ${count} ${count === 1 ? "value" : "values"}, shape [${dims}], got ${given.length}. ${choice}`,
    );
  }
  if (!shape) return refuse("does not declare its shape: give all of its values.");
  if ("all" in setting) return { dims, value: () => setting.all };
  const { onehot } = setting as { onehot: number };
  if (count === 1 || count !== dims.at(-1)) {
    return refuse(
      `has shape [${dims}], which is not a one-hot vector. ${count === 1 ? `Give the number itself: ${name}=${onehot}.` : `Give ${count} values.`}`,
    );
  }
  if (onehot >= count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `Input "${name}" has classes 0 to ${count - 1}, got onehot:${onehot}.`,
    );
  }
  return { dims, value: (i) => (i === onehot ? 1 : 0) };
}

/** How an axis that the file leaves open, beside the batch, gets the extent that so many values fit. */
function orOpen({ shape = [] }: ValueInfo, values: number): string {
  const open = shape.slice(1).filter((extent) => !isFixed(extent));
  const [axis] = open;
  const extent = values / elementCount(shape.filter(isFixed));
  if (open.length !== 1 || typeof axis !== "string" || !Number.isInteger(extent)) return "";
  return `, or state what the file leaves open: --shape ${axis}=${extent}`;
}

/** What one number for several may have meant. */
function choices(name: string, dims: readonly number[], value: number): string {
  const count = elementCount(dims);
  const isIndex = Number.isInteger(value) && value >= 0 && value < count;
  const onehot = dims.at(-1) === count ? `${name}=onehot:${isIndex ? value : 0} for a class, ` : "";
  return `Give all ${count}, ${onehot}or ${name}=all:${value} for the same everywhere.`;
}

/** Extents other than 1: what tells one shape from another. */
function within(shape: readonly number[]): string {
  return shape.filter((extent) => extent !== 1).join();
}

/**
 * The value of a tensor that depends on the set inputs alone, such as the embedding of words; undefined where it also
 * depends on others.
 *
 * @throws {VielbeinError} what the engine throws.
 */
export async function determinedValue(
  original: Model,
  runtime: Runtime,
  tensor: string,
  options: Pick<PrepareOptions, "inputs" | "memoryBudget">,
): Promise<RuntimeTensor | undefined> {
  requireKind("determinedValue: original", "model", original);
  requireKind("determinedValue: options", "object", options);
  const { inputs = {}, memoryBudget } = options;
  const model = normalize(original);
  const needed = determining(model.graph, [tensor]);
  const required = requiredInputs(model.graph).filter(({ name }) => needed.has(name));
  if (required.length === 0 || required.some(({ name }) => !Object.hasOwn(inputs, name))) return undefined;
  const { values } = await probe(model, runtime, {
    measured: [],
    folded: [tensor],
    inputs: fixedInputs({ inputs }),
    trial: trialLimits(memoryBudget),
  });
  return values.get(tensor);
}
