// Where a value that is not finite comes from: the graph is run once more with a probe at every tensor.

import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { openSession } from "../file/source.ts";
import { int, makeNode } from "../model/attributes.ts";
import { nodeReads, tensorNames } from "../model/graph.ts";
import { DataType, firstOutput, type Model, type Node } from "../model/model.ts";
import { entryOf, NameSupply } from "../model/names.ts";
import { float32Tensor, float64Tensor } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { nodeLabel, operatorName } from "./unsupported.ts";

/** What makes `output` of a graph not finite; `origins`: the primal nodes that tensors of a derivative belong to. */
export async function describeFault(
  { model, origins }: { readonly model: Model; readonly origins?: ReadonlyMap<string, Node> },
  runtime: Runtime,
  feeds: ReadonlyMap<string, RuntimeTensor>,
  output: string,
): Promise<string> {
  const culprit = await firstFault(model, runtime, feeds, output);
  if (!culprit) return "the network overflows or divides by zero";
  const origin = origins?.get(firstOutput(culprit));
  const named = (node: Node): string => `${operatorName(node)} node "${nodeLabel(node)}"`;
  return origin
    ? `the derivative of ${named(origin)} is infinite or undefined`
    : `${named(culprit)} overflows or divides by zero`;
}

/**
 * The node at which `output` stops being finite: its result is not, what it reads is. Undefined where there is none,
 * or where the engine has no room for the question.
 */
async function firstFault(
  model: Model,
  runtime: Runtime,
  feeds: ReadonlyMap<string, RuntimeTensor>,
  output: string,
): Promise<Node | undefined> {
  const bad = await notFinite(model, runtime, feeds).catch(() => new Set<string>());
  const producers = new Map(
    model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  let culprit = bad.has(output) ? producers.get(output) : undefined;
  for (;;) {
    const cause = culprit && nodeReads(culprit).find((name) => bad.has(name));
    const earlier = cause === undefined ? undefined : producers.get(cause);
    if (!earlier) return culprit;
    culprit = earlier;
  }
}

/** The floating-point tensors that hold an element that is not finite: 0 times it is not 0. */
async function notFinite(
  model: Model,
  runtime: Runtime,
  feeds: ReadonlyMap<string, RuntimeTensor>,
): Promise<Set<string>> {
  const { graph } = model;
  const names = new NameSupply(tensorNames(graph));
  const types = typesOf(graph);
  const zeros = new Map([
    [DataType.FLOAT as number, float32Tensor(names.claim("zero"), [0], [])],
    [DataType.DOUBLE as number, float64Tensor(names.claim("zero"), [0], [])],
  ]);
  const probes = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node) => [
    node,
    ...node.outputs.flatMap((name) => {
      const type = name ? types.get(name) : undefined;
      const zero = type === undefined ? undefined : zeros.get(type);
      if (!zero) return [];
      const [product, sum] = [names.claim("product"), names.claim("probe")];
      probes.set(sum, name);
      return [
        makeNode("Mul", [name, zero.name], [product]),
        makeNode("ReduceSum", [product], [sum], { keepdims: int(0) }),
      ];
    }),
  ]);
  const outputs = [...probes.keys()];
  const session = await openSession(
    runtime,
    {
      ...model,
      graph: {
        ...graph,
        nodes,
        initializers: [...graph.initializers, ...zeros.values()],
        outputs: outputs.map((name) => ({ name })),
      },
    },
    { optimize: false },
  );
  try {
    const sums = await session.run(Object.fromEntries(feeds), outputs);
    const isBad = (probe: string): boolean => Number.isNaN(Number(sums[probe].data[0]));
    return new Set(outputs.filter(isBad).map((probe) => entryOf(probes, probe)));
  } finally {
    await session.dispose();
  }
}
