// What the engine says of a graph at batch 1: the shapes of tensors, and the values of those that do not depend on the
// point. Shapes come from the engine's own inference, without a run, or follow from others. Where neither tells, a run
// asks tensors for their shape (by a Shape node each, so that the engine may free every activation).

import { VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor, Session, TrialLimits } from "@vielbein/core/runtime";
import { int, makeNode } from "../model/attributes.ts";
import { isReducedFloat } from "../model/element-types.ts";
import { FollowingShapes, type Shapes } from "../model/following-shapes.ts";
import { nodeReads, nodesFor, tensorNames } from "../model/graph.ts";
import { DataType, type Model, type Node, requiredInputs } from "../model/model.ts";
import { entryOf, NameSupply } from "../model/names.ts";
import { elementCount } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { constantsOf } from "../prepare/upgrade.ts";
import { probeValue } from "./probe-value.ts";
import { openSession } from "./source.ts";
import { requireStatedSizesFit } from "./stated-sizes.ts";

export interface Probe {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly values: ReadonlyMap<string, RuntimeTensor>;
}

export interface ProbeRequest {
  /** Tensors whose shape is wanted. */
  readonly measured: readonly string[];
  /** Those of them that a run computes in any case: a first run shows that the engine can. */
  readonly tried?: readonly string[] | undefined;
  /** Tensors whose value is wanted. */
  readonly folded?: readonly string[] | undefined;
  /** Shapes of its tensors that are known already. Default: none. */
  readonly known?: Shapes | undefined;
  /** Values of graph inputs by name; others get a harmless one of their declared shape. */
  readonly inputs?: ReadonlyMap<string, RuntimeTensor> | undefined;
  /** For a graph that the engine has not run before: what it may take. */
  readonly trial?: TrialLimits | undefined;
}

/** What a run is asked for. */
interface Asked {
  readonly measured: readonly string[];
  readonly folded: readonly string[];
}

/** The outputs of a session that answer, and what of: tensors with the outputs that tell their shape or their value. */
interface Wanted {
  readonly shapeNames: readonly (readonly [name: string, output: string])[];
  readonly valueNames: readonly (readonly [name: string, output: string])[];
  readonly outputs: readonly string[];
}

const NOTHING: Probe = { shapes: new Map(), values: new Map() };

/**
 * Numbers that a session may keep at a time, so that one is opened and not two: an output is not freed during a run.
 */
const SMALL = 2 ** 22;

/**
 * Empty where nothing is wanted: engines do not run graphs without outputs.
 *
 * @throws {VielbeinError} `BACKEND_FAILED` when the engine cannot run the graph, `BACKEND_CRASHED` when that brings it
 *   down, `MEMORY_BUDGET` or `TIME_LIMIT` when it wants more than a trial may take; `INVALID_MODEL` for inputs of
 *   unknown shape.
 */
export async function probe(
  model: Model,
  runtime: Runtime,
  { measured, tried = [], folded = [], known = new Map(), inputs = new Map(), trial }: ProbeRequest,
): Promise<Probe> {
  const part = new Part(model, [...measured, ...folded], inputs, trial);
  const { shapes: inferred, ran: atOnce } = await part.infer(runtime, measured, known, {
    measured: tried,
    folded,
  });
  const ran =
    atOnce ??
    (await part.run(runtime, {
      measured: measured.filter((name) => !inferred.has(name) || tried.includes(name)),
      folded,
    }));
  if (
    tried.some((name) => inferred.has(name) && !isSame(entryOf(inferred, name), entryOf(ran.shapes, name)))
  ) {
    return part.run(runtime, { measured, folded });
  }
  return { ...ran, shapes: new Map([...inferred, ...ran.shapes]) };
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** What of a model computes some of its tensors, and what goes in. */
class Part {
  readonly #model: Model;
  readonly #types: ReturnType<typeof typesOf>;
  readonly #feeds: ReadonlyMap<string, RuntimeTensor>;
  readonly #inputs: ReadonlyMap<string, RuntimeTensor>;
  readonly #trial: TrialLimits | undefined;

  constructor(
    model: Model,
    wanted: readonly string[],
    inputs: ReadonlyMap<string, RuntimeTensor>,
    trial: TrialLimits | undefined,
  ) {
    const { graph } = model;
    const nodes = nodesFor(graph, wanted);
    const read = new Set([...nodes.flatMap(nodeReads), ...wanted]);
    const fed = requiredInputs(graph).filter((input) => read.has(input.name));
    const feeds = fed.map(
      (input) => [input.name, inputs.get(input.name) ?? probeValue(input, trial)] as const,
    );
    this.#feeds = new Map(feeds);
    this.#inputs = inputs;
    this.#types = typesOf(graph);
    this.#trial = trial;
    if (trial) {
      const shapes = new Map(feeds.map(([name, { dims }]) => [name, dims]));
      requireStatedSizesFit(nodes, constantsOf(graph), shapes, this.#types, trial);
    }
    const initializers = graph.initializers.filter((tensor) => read.has(tensor.name));
    // Engines infer shapes where extents are fixed.
    const fixed = fed.map((input) => ({ ...input, shape: entryOf(this.#feeds, input.name).dims }));
    this.#model = {
      ...model,
      graph: { ...graph, nodes: named(nodes), initializers, inputs: fixed, outputs: [], valueInfo: [] },
    };
  }

  /**
   * Shapes of those tensors of which the engine knows every extent when it reads the graph, and of those that follow.
   * Where these are all, and they are small enough to be kept together, the same session is run, for what is asked of
   * a run.
   */
  async infer(
    runtime: Runtime,
    names: readonly string[],
    known: Shapes,
    asked: Asked,
  ): Promise<{ readonly shapes: Shapes; readonly ran?: Probe | undefined }> {
    const fed = [...this.#feeds].map(([name, { dims }]) => [name, dims] as const);
    const following = new FollowingShapes(
      this.#model.graph,
      new Map([...fed, ...known]),
      names,
      asked.measured,
    );
    const questions = new Questions(this.#model, this.#types);
    const outputs = new Map(following.asked.map((name) => [questions.readable(name), name]));
    const wanted = wantedOf(questions, asked);
    let shapes = following.of(new Map());
    let ran: Probe | undefined;
    await this.#withSession(runtime, questions, [...outputs.keys(), ...wanted.outputs], async (session) => {
      const { outputNames, outputShapes = [] } = session;
      const told = outputNames.flatMap((output, i) => {
        const [name, shape = []] = [outputs.get(output), outputShapes[i]];
        const isTold = name !== undefined && shape.length > 0 && shape.every(isExtent);
        return isTold ? [[name, shape] as const] : [];
      });
      shapes = following.of(new Map(told));
      const isSmall = [...shapes.values()].reduce((sum, shape) => sum + elementCount(shape), 0) <= SMALL;
      if (isSmall && names.every((name) => shapes.has(name))) ran = await this.#answers(session, wanted);
    });
    return { shapes, ran };
  }

  /** Shapes and values by a run. */
  async run(runtime: Runtime, asked: Asked): Promise<Probe> {
    const questions = new Questions(this.#model, this.#types);
    const wanted = wantedOf(questions, asked);
    let ran: Probe | undefined;
    await this.#withSession(runtime, questions, wanted.outputs, async (session) => {
      ran = await this.#answers(session, wanted);
    });
    return ran ?? NOTHING;
  }

  async #answers(session: Session, { shapeNames, valueNames, outputs }: Wanted): Promise<Probe> {
    if (outputs.length === 0) return NOTHING;
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, entryOf(this.#feeds, name)]));
    const results = await session.run(feeds, outputs).catch((error: unknown) => {
      throw blamingIndices(error, this.#inputs);
    });
    const extents = (output: string) => Array.from(results[output].data as BigInt64Array, Number);
    return {
      shapes: new Map(shapeNames.map(([name, output]) => [name, extents(output)])),
      values: new Map(valueNames.map(([name, output]) => [name, results[output]])),
    };
  }

  /** Nothing where nothing is asked: engines do not accept graphs without outputs. */
  async #withSession(
    runtime: Runtime,
    { nodes }: Questions,
    outputs: readonly string[],
    task: (session: Session) => Promise<void>,
  ): Promise<void> {
    if (outputs.length === 0) return;
    const { graph } = this.#model;
    const asking = {
      ...graph,
      nodes: [...graph.nodes, ...nodes],
      outputs: outputs.map((name) => ({ name })),
    };
    const needed = nodesFor(asking, outputs);
    const read = new Set([...needed.flatMap(nodeReads), ...outputs]);
    const model = {
      ...this.#model,
      graph: {
        ...asking,
        nodes: needed,
        initializers: graph.initializers.filter(({ name }) => read.has(name)),
        inputs: graph.inputs.filter(({ name }) => read.has(name)),
      },
    };
    const session = await openSession(runtime, model, { optimize: false, trial: this.#trial });
    try {
      await task(session);
    } finally {
      await session.dispose();
    }
  }
}

function wantedOf(questions: Questions, { measured, folded }: Asked): Wanted {
  const shapeNames = measured.map((name) => [name, questions.shapeOf(name)] as const);
  const valueNames = folded.map((name) => [name, questions.readable(name)] as const);
  const outputs = [...new Set([...shapeNames, ...valueNames].map(([, output]) => output))];
  return { shapeNames, valueNames, outputs };
}

/** Nodes behind those of a model that make outputs of what is asked of it. */
class Questions {
  readonly nodes: Node[] = [];
  readonly #names: NameSupply;
  readonly #types: ReturnType<typeof typesOf>;

  constructor({ graph }: Model, types: ReturnType<typeof typesOf>) {
    this.#names = new NameSupply(tensorNames(graph));
    this.#types = types;
  }

  /** Engines convert 8-bit floating-point numbers, and can do nothing else with them. */
  readable(name: string): string {
    if (!isReducedFloat(this.#types.get(name))) return name;
    return this.#ask("Cast", name, { to: int(DataType.FLOAT) });
  }

  shapeOf(name: string): string {
    return this.#ask("Shape", this.readable(name));
  }

  #ask(opType: string, name: string, attributes: Parameters<typeof makeNode>[3] = {}): string {
    const output = this.#names.claim(`${name}_${opType.toLowerCase()}`);
    this.nodes.push(makeNode(opType, [name], [output], attributes));
    return output;
  }
}

/** Of an extent that it does not know, onnxruntime-web says 2³² − 1. */
function isExtent(extent: number | string): extent is number {
  return typeof extent === "number" && Number.isSafeInteger(extent) && extent >= 0 && extent < 2 ** 32 - 1;
}

/** Integers that were given an input are often indices, and engines do not say whose index is out of bounds. */
function blamingIndices(error: unknown, inputs: ReadonlyMap<string, RuntimeTensor>): unknown {
  const given = [...inputs].filter(([, { type }]) => /^u?int/.test(type));
  if (!(error instanceof VielbeinError && /out of (data )?bounds/.test(error.message))) return error;
  if (given.length === 0) return error;
  const values = given.map(
    ([name, { data }]) => `${name}=${Array.from(data.subarray(0, 8), String).join(",")}`,
  );
  return new VielbeinError(
    "OUT_OF_RANGE",
    `A value that an input is given may be an index beyond what there is: ${values.join(", ")} (--set on the command line). ${error.message}`,
    { cause: error },
  );
}

/** The nodes, named by their tensors where they have no names: engines say at which node they fail. */
function named(nodes: readonly Node[]): Node[] {
  const names = new NameSupply(nodes.map(({ name }) => name));
  return nodes.map((node) =>
    node.name ? node : { ...node, name: names.claim(node.outputs.find(Boolean) ?? node.opType) },
  );
}
