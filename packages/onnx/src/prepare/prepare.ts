// From a model as exported to a graph that can be differentiated: cut between two tensors, every shape fixed,
// everything that does not depend on the input folded into constants. The engine says both the shapes and the folded
// values, so that no shape inference of ours is needed and the plumbing that exporters leave (Shape, Gather, Slice,
// Concat, Unsqueeze …) disappears.

import { VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { handwrittenRules } from "../derive/handwritten-estimator.ts";
import { infoOf } from "../derive/measured-graph.ts";
import { type PreparedGraph, positionOf } from "../derive/prepared-graph.ts";
import { ruleFor } from "../derive/rules.ts";
import { straightThroughRules } from "../derive/straight-through.ts";
import {
  nodeLabel,
  operatorName,
  otherForm,
  reasonAgainst,
  UnsupportedOperatorError,
} from "../derive/unsupported.ts";
import { trialLimits } from "../file/trial.ts";
import { type Model, type Node, requiredInputs, standardOpset, type ValueInfo } from "../model/model.ts";
import { fromRuntime } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { decideBranches } from "./branches.ts";
import { writtenOut } from "./composites.ts";
import { withBlockSize } from "./contrib/block-size.ts";
import { expandDeterminants } from "./determinants.ts";
import { endpoints } from "./ends.ts";
import { inlineFunctions } from "./functions.ts";
import { dropGuards } from "./guards.ts";
import { type Measured, measure } from "./measure.ts";
import { scaleActivations } from "./modulation.ts";
import { normalize } from "./normalize.ts";
import { fixedInputs, type PrepareOptions } from "./options.ts";
import { multiplyRoots } from "./roots.ts";
import { writeOutSequences } from "./sequences.ts";
import { shieldDiscarded } from "./shield.ts";
import { type Ends, type Slice, sliceBetween } from "./slice.ts";
import { unrollOnce } from "./unroll/unroll.ts";
import { withoutDoubleKernel } from "./widen.ts";

/**
 * Prepares the map `from` → `to` of a model whose external data is resolved.
 *
 * @throws {VielbeinError} `INVALID_SPACE` for names that are unknown, not connected or not floating point, or when `to`
 *   also depends on an input that has no value; `BACKEND_FAILED` when the engine cannot run the graph,
 *   `BACKEND_CRASHED` when that brings the engine down, `MEMORY_BUDGET` or `TIME_LIMIT` when it takes too much;
 *   `INVALID_MODEL` when the graph is unsound.
 */
export async function prepare(
  original: Model,
  runtime: Runtime,
  options: PrepareOptions = {},
): Promise<PreparedGraph> {
  requireKind("prepare: original", "model", original);
  requireKind("prepare: runtime", "runtime", runtime);
  const { parameters = [], inputs = {} } = options;
  const estimated = options.straightThrough ? [...straightThroughRules, ...handwrittenRules] : [];
  const rules: PreparedGraph["rules"] = new Map([...estimated, ...(options.rules ?? [])]);
  const ends = { ...endpoints(original, options), parameters };
  const { model, positions } = await simplify(original, runtime, ends, options);
  const origin = { rules, opset: standardOpset(original), positions };
  const types = typesOf(model.graph);
  const slice = sliceBetween(model.graph, ends, types, new Set(Object.keys(inputs)));
  const measured = await measure(model, runtime, ends, slice, types, options).catch((error: unknown) => {
    throw explained(error, original, runtime, slice.nodes, origin, options);
  });
  const prepared = assemble(model, ends, slice, measured, origin);
  return withShapesOfWeights(
    shieldDiscarded(multiplyRoots(dropGuards(scaleActivations(expandDeterminants(prepared))))),
  );
}

/** States the shapes of weights that depend on the point, which decide on the form that some engines are given. */
function withShapesOfWeights(graph: PreparedGraph): PreparedGraph {
  const { nodes, inputs: given } = graph.model.graph;
  const weights = nodes.flatMap(({ opType, inputs }) =>
    /^Conv(Transpose)?$/.test(opType) ? [inputs[1]] : [],
  );
  const computed = [...new Set(weights)].filter(
    (name) => !graph.constants.has(name) && !given.some((input) => input.name === name),
  );
  const valueInfo = computed.map((name) => ({ name, ...infoOf(graph, name) }));
  return { ...graph, model: { ...graph.model, graph: { ...graph.model.graph, valueInfo } } };
}

/** What a prepared graph keeps of the model as it was read. */
type Origin = Pick<PreparedGraph, "rules" | "opset" | "positions">;

/**
 * The model in the one form: its functions in place, the branches that are taken too, the operators of today, what
 * repeats something written out.
 */
async function simplify(
  original: Model,
  runtime: Runtime,
  { from, to, parameters }: Ends,
  { inputs = {}, memoryBudget, precision = "float32", rules = new Map(), straightThrough }: PrepareOptions,
): Promise<{ readonly model: Model; readonly positions: ReadonlyMap<string, number> }> {
  const variable = [from, ...parameters];
  const kept = new Set(rules.keys());
  const trial = trialLimits(memoryBudget);
  const given = new Map(Object.entries(inputs));
  const inlined = inlineFunctions(original, { kept, straightThrough });
  const around = { runtime, variable, to, trial };
  const decided = await decideBranches(inlined.model, { ...around, inputs: given });
  const origins = [...inlined.origins, ...decided.origins];
  const stated = stating(decided.model, given);
  let model = normalize(await withBlockSize(stated, runtime), precision, { kept, straightThrough });
  const values = fixedInputs({ inputs, precision });
  // Scan of operator set 8 is another operator.
  const asTheyAre = standardOpset(original) < 9 ? new Set([...kept, "Scan"]) : kept;
  for (;;) {
    const plain = writeOutSequences(model);
    origins.push(...plain.origins);
    model = plain.model;
    const unrolled = await unrollOnce(model, { ...around, inputs: values, kept: asTheyAre });
    if (unrolled.model === model) return { model, positions: positionsOf(original, origins) };
    // Rounds may take branches that depend on their number.
    const further = await decideBranches(unrolled.model, { ...around, inputs: values });
    model = further.model;
    origins.push(...unrolled.origins, ...further.origins);
  }
}

/** The model with the integers that inputs are given stated in it, since some of them say what an operator does. */
function stating(model: Model, given: ReadonlyMap<string, RuntimeTensor>): Model {
  const integers = requiredInputs(model.graph).flatMap(({ name }) => {
    const tensor = given.get(name);
    return tensor && /^(u?int|bool)/.test(tensor.type) ? [fromRuntime(name, tensor)] : [];
  });
  const initializers = [...model.graph.initializers, ...integers];
  return integers.length === 0 ? model : { ...model, graph: { ...model.graph, initializers } };
}

/**
 * Positions of nodes in the file, by their names and those of their outputs; a tensor that a simplification brought in
 * has that of its origin.
 */
function positionsOf(
  { graph }: Model,
  origins: Iterable<readonly [string, string]>,
): ReadonlyMap<string, number> {
  const places = graph.nodes.map((node, index) => ({ node, index }));
  const positions = new Map([
    ...places.map(({ node, index }) => [node.name, index] as const),
    ...places.flatMap(({ node, index }) => node.outputs.map((output) => [output, index] as const)),
  ]);
  for (const [output, origin] of origins) {
    const position = positions.get(origin);
    if (position !== undefined) positions.set(output, position);
  }
  return positions;
}

/** The node of the file that was written out as one that engines refuse in these words, if it was. */
function composedOf({ graph }: Model, words: string): Node | undefined {
  const [, inferred, run] = /Node \(([^)]*)\)|Name:'([^']*)'/.exec(words) ?? [];
  const label = (inferred ?? run ?? "").split("/").slice(0, -1).join("/");
  const composites = new Set(writtenOut());
  return graph.nodes.find((node) => nodeLabel(node) === label && composites.has(operatorName(node)));
}

/** What a refusal by the engine means: it may be for an operator that could not be differentiated anyway. */
function explained(
  error: unknown,
  original: Model,
  runtime: Runtime,
  nodes: readonly Node[],
  { rules, opset, positions }: Origin,
  { precision }: PrepareOptions,
): unknown {
  const isRefusal = error instanceof VielbeinError && error.code === "BACKEND_FAILED";
  const unknown = isRefusal ? nodes.find((node) => !ruleFor(node, rules)) : undefined;
  const composite = isRefusal ? composedOf(original, error.message) : undefined;
  const node = unknown ?? composite;
  if (!node) return precision === "float64" ? withoutDoubleKernel(error, runtime) : error;
  const reason = unknown ? reasonAgainst(unknown) : otherForm(error as Error);
  return new UnsupportedOperatorError(node, positionOf({ positions }, node), opset, reason);
}

/** The slice as a graph of its own, with what was measured. */
function assemble(
  model: Model,
  { from, to, parameters }: Ends,
  { nodes }: Slice,
  { info, constants }: Measured,
  origin: Origin,
): PreparedGraph {
  const boundary = (name: string): ValueInfo => ({ name, ...infoOf({ info }, name) });
  return {
    input: from,
    output: to,
    parameters,
    info,
    constants,
    ...origin,
    model: {
      ...model,
      unknown: [],
      graph: {
        name: model.graph.name,
        nodes,
        initializers: [...constants.values()],
        inputs: [from, ...parameters].map(boundary),
        outputs: [boundary(to)],
        valueInfo: [],
        unknown: [],
      },
    },
  };
}
