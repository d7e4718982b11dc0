// Truncation as a part of the graph: a code is pulled toward the mean of its distribution (Karras et al., "A
// Style-Based Generator Architecture for Generative Adversarial Networks", CVPR 2019, appendix B).

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { makeNode } from "../model/attributes.ts";
import { tensorNames } from "../model/graph.ts";
import type { Model } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { elementCount, float32Tensor } from "../model/tensor.ts";
import { normalize } from "./normalize.ts";

/**
 * The model with w̄ + ψ·(w − w̄) in place of w: the truncated tensor has the name of w, and every node that read w
 * reads it.
 *
 * @param shape the shape of one w, without the batch axis.
 * @param mean w̄, row-major.
 * @throws {VielbeinError} `INVALID_SPACE` where no node computes the tensor; `SHAPE_MISMATCH` where the mean has
 *   another number of elements than w; `INVALID_ARGUMENT` where ψ is not a finite number.
 */
export function truncate(
  original: Model,
  tensor: string,
  shape: readonly number[],
  mean: ArrayLike<number>,
  psi: number,
): Model {
  requireKind("truncate: original", "model", original);
  requireKind("truncate: shape", "numbers", shape);
  requireKind("truncate: mean", "numbers", mean);
  if (!Number.isFinite(psi)) {
    throw new VielbeinError("INVALID_ARGUMENT", `truncate: psi must be a finite number, got ${psi}.`);
  }
  if (mean.length !== elementCount(shape)) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `truncate: the mean has ${mean.length} elements, a "${tensor}" of shape [${shape}] has ${elementCount(shape)}. Pass the mean of the same tensor.`,
    );
  }
  const model = normalize(original);
  const { graph } = model;
  const at = graph.nodes.findIndex(({ outputs }) => outputs.includes(tensor));
  const producer = graph.nodes[at];
  if (!producer) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `truncate: no node of the model computes "${tensor}". Name a tensor behind the input (\`vielbein inspect\` lists them).`,
    );
  }
  const names = new NameSupply(tensorNames(graph));
  const nodeNames = new NameSupply(graph.nodes.map(({ name }) => name));
  const [raw, scaled, factor, shift] = ["raw", "scaled", "psi", "shift"].map((part) =>
    names.claim(`${tensor}/${part}`),
  ) as [string, string, string, string];
  const added = [makeNode("Mul", [raw, factor], [scaled]), makeNode("Sub", [scaled, shift], [tensor])];
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [
        ...graph.nodes.slice(0, at),
        { ...producer, outputs: producer.outputs.map((name) => (name === tensor ? raw : name)) },
        ...added.map((node) => ({ ...node, name: nodeNames.claim(`${tensor}/truncation`) })),
        ...graph.nodes.slice(at + 1),
      ],
      initializers: [
        ...graph.initializers,
        float32Tensor(factor, [psi], []),
        // Subtracted, so that it is not a bias: networks with random weights are pulled to the same place.
        float32Tensor(
          shift,
          Float64Array.from(mean, (x) => (psi - 1) * x),
          [1, ...shape],
        ),
      ],
    },
  };
}
