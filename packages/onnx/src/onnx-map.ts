// A map between two tensors of an ONNX model, evaluated and differentiated by an engine.

import {
  type DifferentiableMap,
  type Prior,
  type Runtime,
  type RuntimeTensor,
  requirePoints,
  type Session,
  type Space,
  VielbeinError,
} from "@vielbein/core";
import { type JvpGraph, jvp } from "./jvp.ts";
import { DataType, type Model } from "./model.ts";
import { type PrepareOptions, prepare } from "./prepare.ts";
import { type PreparedGraph, pointShape } from "./prepared-graph.ts";
import { modelSource } from "./source.ts";
import { elementCount } from "./tensor.ts";
import { type VjpGraph, vjp } from "./vjp.ts";

export interface OnnxMapOptions extends PrepareOptions {
  /** Distribution of the points of `from`, passed on in its {@link Space}. */
  readonly prior?: Prior;
}

/** Engines hold 10 to 20 times the largest activation for every tangent (measured with ONNX Runtime). */
const ACTIVATIONS_PER_TANGENT = 20;

export class OnnxMap implements DifferentiableMap {
  readonly from: Space;
  readonly to: Space;
  readonly bytesPerTangent: number;
  private readonly graph: PreparedGraph;
  private readonly forward: JvpGraph;
  private reverse: VjpGraph | undefined;
  private readonly runtime: Runtime;
  private primalSession: Promise<Session> | undefined;
  private jvpSession: Promise<Session> | undefined;
  private vjpSession: Promise<Session> | undefined;
  /** The value that the last derivative run yielded beside its tangents. */
  private lastValue: { readonly point: Float32Array; readonly value: Float32Array } | undefined;

  private constructor(graph: PreparedGraph, forward: JvpGraph, runtime: Runtime, prior: Prior | undefined) {
    this.graph = graph;
    this.forward = forward;
    this.runtime = runtime;
    this.from = { ...space(graph, graph.input), ...(prior ? { prior } : {}) };
    this.to = space(graph, graph.output);
    this.bytesPerTangent = ACTIVATIONS_PER_TANGENT * 4 * largestActivation(graph);
  }

  /**
   * Prepares and differentiates the map `from` → `to` of a model whose external data is resolved.
   *
   * @throws {VielbeinError} see {@link prepare} and {@link jvp}.
   */
  static async create(model: Model, runtime: Runtime, options: OnnxMapOptions = {}): Promise<OnnxMap> {
    const graph = await prepare(model, runtime, options);
    return new OnnxMap(graph, jvp(graph), runtime, options.prior);
  }

  /**
   * Values f(x): `[count, from.dim]` → `[count, to.dim]`, one run of the engine per point. The value at the
   * point of the last `jvp` is known already and costs nothing, not even a session for the primal.
   */
  async evaluate(points: Float32Array, count: number): Promise<Float32Array> {
    requirePoints("evaluate: points", points, count, this.from);
    const known = this.lastValue;
    if (count === 1 && known?.point.every((x, i) => x === points[i])) return known.value.slice();
    this.primalSession ??= this.runtime.createSession(modelSource(this.graph.model));
    const session = await this.primalSession;
    const values = new Float32Array(count * this.to.dim);
    const { input, output } = this.graph;
    for (let i = 0; i < count; i++) {
      const point = points.subarray(i * this.from.dim, (i + 1) * this.from.dim);
      const result = await session.run({ [input]: this.tensor(input, [], point) }, [output]);
      values.set(finite(result[output]!, output), i * this.to.dim);
    }
    return values;
  }

  /** J(point)·t for `[count, from.dim]` tangents, all in one run: `[count, to.dim]`. */
  async jvp(point: Float32Array, tangents: Float32Array, count: number): Promise<Float32Array> {
    requirePoints("jvp: point", point, 1, this.from);
    requirePoints("jvp: tangents", tangents, count, this.from);
    if (count === 0) return new Float32Array(0);
    this.jvpSession ??= this.runtime.createSession(modelSource(this.forward.model));
    const session = await this.jvpSession;
    const { input, inputTangent, output, outputTangent } = this.forward;
    const result = await session.run(
      { [input]: this.tensor(input, [], point), [inputTangent]: this.tensor(input, [count], tangents) },
      [output, outputTangent],
    );
    this.lastValue = { point: point.slice(), value: finite(result[output]!, output) };
    return finite(result[outputTangent]!, outputTangent);
  }

  /** J(point)ᵀ·u for `[count, to.dim]` cotangents, all in one run: `[count, from.dim]`. */
  async vjp(point: Float32Array, cotangents: Float32Array, count: number): Promise<Float32Array> {
    requirePoints("vjp: point", point, 1, this.from);
    requirePoints("vjp: cotangents", cotangents, count, this.to);
    if (count === 0) return new Float32Array(0);
    this.reverse ??= vjp(this.graph);
    this.vjpSession ??= this.runtime.createSession(modelSource(this.reverse.model));
    const session = await this.vjpSession;
    const { input, output, outputCotangent, inputCotangent } = this.reverse;
    const result = await session.run(
      { [input]: this.tensor(input, [], point), [outputCotangent]: this.tensor(output, [count], cotangents) },
      [inputCotangent],
    );
    return finite(result[inputCotangent]!, inputCotangent);
  }

  async dispose(): Promise<void> {
    const sessions = [this.primalSession, this.jvpSession, this.vjpSession];
    this.primalSession = this.jvpSession = this.vjpSession = undefined;
    for (const session of sessions) await (await session)?.dispose();
  }

  /** `values` as a tensor of the primal tensor's type and shape, behind leading axes `lead`. */
  private tensor(name: string, lead: readonly number[], values: Float32Array): RuntimeTensor {
    const { shape, dataType } = this.graph.info.get(name)!;
    const dims = [...lead, ...shape];
    return dataType === DataType.DOUBLE
      ? { type: "float64", dims, data: Float64Array.from(values) }
      : { type: "float32", dims, data: values };
  }
}

function space(graph: PreparedGraph, name: string): Space {
  const shape = pointShape(graph.info.get(name)!.shape);
  return { name, dim: elementCount(shape), shape };
}

/** Elements of the largest tensor that depends on the point. */
function largestActivation(graph: PreparedGraph): number {
  let largest = 1;
  for (const [name, { shape }] of graph.info) {
    if (!graph.constants.has(name)) largest = Math.max(largest, elementCount(shape));
  }
  return largest;
}

function finite(tensor: RuntimeTensor, name: string): Float32Array {
  const values =
    tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as Float64Array);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `"${name}" came out as ${values[i]} at element ${i}: the network overflows or divides by zero at this point. Try another point, or a tensor before the fault.`,
    );
  }
  return values;
}
