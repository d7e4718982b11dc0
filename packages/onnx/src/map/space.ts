// The ends of a map as spaces.

import { type Space, VielbeinError } from "@vielbein/core";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { elementCount } from "../model/tensor.ts";

/**
 * The space of the values of a tensor.
 *
 * @throws {VielbeinError} `INVALID_SPACE` where it holds no number.
 */
export function spaceOf(graph: PreparedGraph, name: string): Space {
  const shape = pointShape(infoOf(graph, name).shape);
  if (elementCount(shape) === 0) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Tensor "${name}" holds no number: its shape is [${shape}] for each point. Choose another one (\`vielbein inspect\` lists them).`,
    );
  }
  return { name, dim: elementCount(shape), shape };
}
