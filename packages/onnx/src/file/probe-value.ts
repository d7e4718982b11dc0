// What a probe feeds to an input that nobody gave a value.

import { VielbeinError } from "@vielbein/core";
import type { RuntimeTensor, TrialLimits } from "@vielbein/core/runtime";
import { dataTypeName } from "../model/element-types.ts";
import { axisName, isFixed, type ValueInfo } from "../model/model.ts";
import { emptyInput } from "./trial.ts";

/** A harmless value of the declared shape: one point, its coordinates irregular and of order one. */
export function probeValue(input: ValueInfo, trial: TrialLimits | undefined): RuntimeTensor {
  const shape = input.shape?.map((extent, axis) => {
    if (isFixed(extent)) return extent;
    if (axis === 0) return 1;
    throw openAxes(input);
  });
  if (!shape) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Input "${input.name}" declares no shape. Give it one (\`withShapes\`, or --shape ${input.name}=… on the command line); for a part of a model, name \`from\` and \`to\` in the whole one.`,
    );
  }
  const { name, dataType } = input;
  const tensor = dataType === undefined ? undefined : emptyInput(name, shape, dataType, trial);
  if (!tensor) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Input "${name}" has type ${dataTypeName(dataType)}, of which engines take no values here. Start from a tensor further in (\`from\`, or --from on the command line).`,
    );
  }
  const { type, data } = tensor;
  if (type === "float32" || type === "float64") {
    for (let i = 0; i < data.length; i++) data[i] = Math.fround(Math.sin(1 + 12.9898 * i));
  }
  return tensor;
}

/** Refuses an input that leaves more than its batch open. */
function openAxes({ name, shape = [] }: ValueInfo): VielbeinError {
  const open = shape.slice(1).filter((extent) => !isFixed(extent));
  const isNamed = open.every((extent) => typeof extent === "string" && extent !== "");
  const wanted = isNamed
    ? [...new Set(open)].map((axis) => `${axis}=…`).join(",")
    : `${name}=${shape.slice(1).map((extent) => (isFixed(extent) ? extent : "…"))}`;
  return new VielbeinError(
    "INVALID_MODEL",
    `Input "${name}" has shape [${shape.map(axisName).join(", ")}], whose axes behind the first must be numbers. Give the open ones extents (\`withShapes\`, or --shape ${wanted} on the command line).`,
  );
}
