// Accelerators that compute some operators wrongly without saying so: when a map is opened, its value and one product
// are computed without the accelerator too, and compared.

import type { FloatArray } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { jvp } from "../derive/jvp.ts";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { openSession } from "../file/source.ts";
import { type Model, type Node, outputOf } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { elementCount, floatFeed } from "../model/tensor.ts";

/** Multiplications of one evaluation that WebAssembly does in about a second. */
const MOST_WORK = 2e9;
/** Largest ‖difference‖ / ‖value‖ that rounding explains: sines of WebGPU, and slopes that flip at kinks. */
const ROUNDING = 1e-2;

/**
 * Compares the accelerator of a runtime, if it has one, with the same engine without it, at one point. Where they
 * differ by more than rounding, the runtime leaves its accelerator, and says why; where a map is too large for that, the
 * runtime says that nothing was compared.
 */
export async function compareEngines(
  graph: PreparedGraph,
  runtime: Runtime,
  { valuesOnly = false }: { readonly valuesOnly?: boolean | undefined },
): Promise<void> {
  const { reference } = runtime;
  if (!reference || !runtime.portable) return;
  const work = multiplications(graph);
  if (work > MOST_WORK) {
    reference.pass(
      `What WebGPU computes of "${graph.output}" was not compared with WebAssembly: one evaluation takes about ${work.toExponential(0)} multiplications, and more than ${MOST_WORK.toExponential(0)} would take long there.`,
    );
    return;
  }
  const { model, feeds, outputs } = comparison(graph, valuesOnly);
  const own = await resultsOf(runtime, model, feeds, outputs);
  const other = await resultsOf({ ...reference, name: runtime.name }, model, feeds, outputs);
  const [value, product] = outputs.map((name) => distance(entryOf(own, name), entryOf(other, name)));
  if (value <= ROUNDING && (product ?? 0) <= ROUNDING) return;
  const parts = [`its value by ${percent(value)}`, product === undefined ? "" : `J·t by ${percent(product)}`];
  reference.leave(
    `WebGPU computes "${graph.output}" wrongly here: ${parts.filter(Boolean).join(", ")} of its size away from what WebAssembly computes. WebAssembly is used.`,
  );
}

interface Comparison {
  readonly model: Model;
  readonly feeds: ReadonlyMap<string, RuntimeTensor>;
  /** The value, and the product where there is one. */
  readonly outputs: readonly string[];
}

function comparison(graph: PreparedGraph, valuesOnly: boolean): Comparison {
  const fed = [graph.input, ...graph.parameters].map(
    (name, i) => [name, irregular(graph, name, [], i)] as const,
  );
  if (valuesOnly) return { model: graph.model, feeds: new Map(fed), outputs: [graph.output] };
  const { model, inputTangent, outputTangent } = jvp(graph, { portable: true });
  const tangent = irregular(graph, graph.input, [1], fed.length);
  return {
    model,
    feeds: new Map([...fed, [inputTangent, tangent]]),
    outputs: [graph.output, outputTangent],
  };
}

/** Numbers of order one. */
function irregular(
  graph: PreparedGraph,
  name: string,
  lead: readonly number[],
  phase: number,
): RuntimeTensor {
  const { shape, dataType } = infoOf(graph, name);
  const values = Float64Array.from({ length: elementCount(shape) }, (_, i) =>
    Math.sin(1 + phase + 12.9898 * i),
  );
  return floatFeed(dataType, [...lead, ...shape], values);
}

async function resultsOf(
  runtime: Runtime,
  model: Model,
  feeds: Comparison["feeds"],
  outputs: readonly string[],
): Promise<Map<string, RuntimeTensor>> {
  const session = await openSession(runtime, model);
  try {
    return new Map(Object.entries(await session.run(Object.fromEntries(feeds), outputs)));
  } finally {
    await session.dispose();
  }
}

/** ‖a − b‖ / ‖b‖ of the elements that are finite in b; those that are not say nothing. */
function distance(a: RuntimeTensor, b: RuntimeTensor): number {
  const [x, y] = [a.data as FloatArray, b.data as FloatArray];
  let [difference, norm] = [0, 0];
  y.forEach((expected, i) => {
    if (!Number.isFinite(expected)) return;
    difference += (x[i] - expected) ** 2;
    norm += expected ** 2;
  });
  if (difference === 0) return 0;
  return Number.isFinite(difference) ? Math.sqrt(difference / norm) : Number.POSITIVE_INFINITY;
}

function percent(part: number): string {
  return `${Number((100 * part).toPrecision(2))} %`;
}

/** About how many multiplications one evaluation takes. */
function multiplications(graph: PreparedGraph): number {
  const size = (name: string): number => elementCount(graph.info.get(name)?.shape ?? []);
  const shape = (node: Node, index: number) => graph.info.get(node.inputs[index] ?? "")?.shape ?? [];
  const each = (node: Node): number => {
    const [image, weights] = [shape(node, 0), shape(node, 1)];
    switch (node.opType) {
      case "Conv":
        return elementCount(weights.slice(1));
      case "ConvTranspose":
        return (elementCount(image) * elementCount(weights.slice(1))) / size(outputOf(node, 0));
      case "Gemm":
      case "MatMul":
        return image.at(-1) ?? 1;
      default:
        return 1;
    }
  };
  return graph.model.graph.nodes.reduce((sum, node) => sum + size(outputOf(node, 0)) * each(node), 0);
}
