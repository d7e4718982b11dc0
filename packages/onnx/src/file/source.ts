// What an engine is given: the serialised graph, weights by reference to the bytes already in memory.

import { bytesText, VielbeinError } from "@vielbein/core";
import type { ModelSource, Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { everyName } from "../model/graph.ts";
import { DataType, type Graph, type Model } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { renameTensors } from "../model/rename.ts";
import { byteLength } from "../model/tensor.ts";
import { encodeModel } from "./encode.ts";
import { withMoreChannels } from "./portable.ts";
import { limitLoops } from "./trial.ts";

/** Bytes of one tensor that engines take in memory. */
const LARGEST_TENSOR = 2 ** 31;

/** @throws {VielbeinError} `INVALID_MODEL` for weights that no engine takes. */
function requireHandedOver({ initializers }: Graph): void {
  const large = initializers.find((tensor) => byteLength(tensor) > LARGEST_TENSOR);
  if (!large) return;
  throw new VielbeinError(
    "INVALID_MODEL",
    `Initialiser "${large.name}" takes ${bytesText(byteLength(large))}; engines are handed at most ${bytesText(LARGEST_TENSOR)} in one tensor. Export it in half precision or in parts.`,
  );
}

/** Serialises for an engine without copying the weights that still lie in `model.files`. */
export function modelSource(model: Model): ModelSource {
  requireKind("modelSource: model", "model", model);
  return { bytes: encodeModel(model, { weights: "reference" }), files: model.files };
}

/**
 * Graphs of more nodes than this are run as they are: what the optimisers of ONNX Runtime take grows with the square of
 * the number of nodes, and at this size is more than what they save.
 */
const LARGEST_OPTIMIZED = 10_000;

/** The same of outputs. */
const MOST_OUTPUTS_OPTIMIZED = 500;

/**
 * A session of the engine for a model, whatever its inputs and outputs are called. Unless `wanted` says otherwise,
 * graphs in double precision run as they are: engines fuse x·sigmoid(x), clip(relu(x)) and the like into operators that
 * they have in single precision only. Graphs with quantised levels also run as they are, since engines fuse operators
 * around these whose sums saturate on some processors.
 */
export async function openSession(
  runtime: Runtime,
  original: Model,
  wanted: SessionOptions = {},
): Promise<Session> {
  const model = runtime.portable ? withMoreChannels(original) : original;
  const { graph } = model;
  requireHandedOver(graph);
  const isDouble = graph.inputs.some(({ dataType }) => dataType === DataType.DOUBLE);
  const isQuantised = graph.nodes.some(({ opType }) => opType === "QuantizeLinear");
  const isLarge = graph.nodes.length > LARGEST_OPTIMIZED || graph.outputs.length > MOST_OUTPUTS_OPTIMIZED;
  const optimize = !isDouble && !isQuantised && !isLarge;
  const options = { optimize, ...wanted, trial: wanted.trial && limitLoops(graph, wanted.trial) };
  // Engines keep tensors in plain objects, where names that all objects have are taken.
  const taken = [...graph.inputs, ...graph.outputs].map(({ name }) => name).filter((name) => name in {});
  if (taken.length === 0) return runtime.createSession(modelSource(model), options);
  const names = new NameSupply(everyName(graph));
  const aliases = new Map(taken.map((name) => [name, names.claim(`tensor_${name}`)]));
  const originals = new Map([...aliases].map(([name, alias]) => [alias, name]));
  const toEngine = (name: string): string => aliases.get(name) ?? name;
  const fromEngine = (name: string): string => originals.get(name) ?? name;
  const renamed = { ...model, graph: renameTensors(graph, toEngine) };
  const session = await runtime.createSession(modelSource(renamed), options);
  const entries = <T>(record: Readonly<Record<string, T>>, rename: (name: string) => string) =>
    Object.fromEntries(Object.entries(record).map(([name, tensor]) => [rename(name), tensor]));
  const { keep } = session;
  return {
    inputNames: session.inputNames.map(fromEngine),
    outputNames: session.outputNames.map(fromEngine),
    outputShapes: session.outputShapes,
    run: async (feeds, fetches) =>
      entries(await session.run(entries(feeds, toEngine), fetches?.map(toEngine)), fromEngine),
    keep:
      keep &&
      (async (feeds, fetches) =>
        entries(await keep(entries(feeds, toEngine), fetches.map(toEngine)), fromEngine)),
    dispose: () => session.dispose(),
  };
}
