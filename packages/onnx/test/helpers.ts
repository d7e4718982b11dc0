// Small models in TypeScript, and the check of their derivatives against central differences.

import { createHash } from "node:crypto";
import type { RuntimeTensor, Session } from "@vielbein/core/runtime";
import { NodeRuntime } from "@vielbein/runtime-node";
import { expect } from "vitest";
import { operatorName } from "../src/derive/unsupported.ts";
import { modelSource } from "../src/file/source.ts";
import { type Attribute, DataType, type Model, type Node, type OnnxMap, type Tensor } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "../src/model/tensor.ts";

/** In this thread and this process: the way to another takes longer than these models. It has tests of its own. */
export const runtime: NodeRuntime = new NodeRuntime({ threads: 1, worker: false, isolate: false });

export type Precision = "float32" | "float64";

/** A reproducible stream of numbers in [0, 1) (mulberry32). */
export function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` numbers of magnitude between `low` and `high`, of either sign unless `positive`; exact in float32. */
export function irregular(random: () => number, count: number, range: Range = {}): number[] {
  const { low = 0.2, high = 1.6, positive = false } = range;
  return Array.from({ length: count }, () => {
    const magnitude = low + (high - low) * random();
    return Math.fround(!positive && random() < 0.5 ? -magnitude : magnitude);
  });
}

export interface Range {
  readonly low?: number;
  readonly high?: number;
  readonly positive?: boolean;
}

export const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/**
 * Collects nodes and constants of a model with one input `z`. Each `variable` is a part of `z`; a model with
 * several gets a Slice and a Reshape for each, so that operators may depend on the point in every operand.
 */
export class GraphBuilder {
  readonly precision: Precision;
  readonly opset: number;
  /** Values of `z`, in the order in which the variables were declared. */
  readonly point: number[] = [];
  readonly #random: () => number;
  readonly #nodes: Node[] = [];
  readonly #initializers: Tensor[] = [];
  readonly #variables: { name: string; dims: readonly number[] }[] = [];
  #counter = 0;

  constructor(precision: Precision, opset = 18, seed = 1) {
    this.precision = precision;
    this.opset = opset;
    this.#random = randomStream(seed);
  }

  /** Values that the point determines. */
  variable(dims: readonly number[], range?: Range): string {
    this.point.push(...irregular(this.#random, product(dims), range));
    const name = this.#fresh("v");
    this.#variables.push({ name, dims });
    return name;
  }

  /** Random constants of the model's floating-point type. */
  constant(dims: readonly number[], range?: Range): string {
    return this.float(irregular(this.#random, product(dims), range), dims);
  }

  float(values: readonly number[], dims: readonly number[] = [values.length]): string {
    const make = this.precision === "float64" ? float64Tensor : float32Tensor;
    return this.initializer(make(this.#fresh("c"), values, dims));
  }

  scalar(value: number): string {
    return this.float([value], []);
  }

  /** float32 whatever the model's type, as Resize's scales are. */
  float32(values: readonly number[]): string {
    return this.initializer(float32Tensor(this.#fresh("c"), values, [values.length]));
  }

  int64(values: readonly number[], dims?: readonly number[]): string {
    return this.initializer(int64Tensor(this.#fresh("i"), values, dims));
  }

  bool(values: readonly boolean[], dims: readonly number[]): string {
    const raw = Uint8Array.from(values, Number);
    return this.initializer({ name: this.#fresh("b"), dims, dataType: DataType.BOOL, raw });
  }

  initializer(tensor: Tensor): string {
    this.#initializers.push(tensor);
    return tensor.name;
  }

  /** `opType` has its domain before it where that is not the standard one. */
  op(opType: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.ops(opType, inputs, attributes, 1)[0]!;
  }

  ops(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    count: number,
    isWanted: (index: number) => boolean = () => true,
  ): string[] {
    const outputs = Array.from({ length: count }, (_, index) => (isWanted(index) ? this.#fresh("y") : ""));
    const [name, domain = ""] = opType.split("::").reverse() as [string, string?];
    this.#nodes.push({ ...makeNode(name, inputs, outputs, attributes), domain });
    return outputs;
  }

  operators(): Set<string> {
    return new Set(this.#nodes.map(operatorName));
  }

  /** The model that computes tensor `output` from input `z`. */
  model(output: string): Model {
    const only = this.#variables.length === 1 ? this.#variables[0]! : undefined;
    const parts: Node[] = [];
    let start = 0;
    for (const { name, dims } of only ? [] : this.#variables) {
      const end = start + product(dims);
      const slice = this.#fresh("part");
      const bounds = [this.int64([start]), this.int64([end]), this.int64([1])];
      parts.push(makeNode("Slice", ["z", ...bounds], [slice]));
      parts.push(makeNode("Reshape", [slice, this.int64(dims)], [name]));
      start = end;
    }
    if (only) parts.push(makeNode("Identity", ["z"], [only.name]));
    const dataType = this.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT;
    const shape = only ? only.dims : [1, start];
    return makeModel({
      opset: this.opset,
      nodes: [...parts, ...this.#nodes],
      initializers: this.#initializers,
      inputs: [{ name: "z", dataType, shape }],
      outputs: [{ name: output }],
    });
  }

  #fresh(stem: string): string {
    return `${stem}${this.#counter++}`;
  }
}

export function makeModel(parts: {
  opset?: number;
  nodes: readonly Node[];
  initializers?: readonly Tensor[];
  inputs: Model["graph"]["inputs"];
  outputs: Model["graph"]["outputs"];
  valueInfo?: Model["graph"]["valueInfo"];
}): Model {
  const { opset = 18, nodes, initializers = [], inputs, outputs, valueInfo = [] } = parts;
  return {
    irVersion: 8,
    producerName: "test",
    producerVersion: "",
    opsets: new Map([
      ["", opset],
      ...nodes.filter(({ domain }) => domain).map(({ domain }) => [domain, 1] as const),
    ]),
    metadata: new Map(),
    graph: { name: "test", nodes, initializers, inputs, outputs, valueInfo, unknown: [] },
    functions: [],
    unknown: [],
    files: new Map(),
  };
}

/** The model as it stands, run by the engine at `z` without any rewriting of ours. */
export class DirectModel {
  readonly #session: Session;
  readonly #dims: readonly number[];
  readonly #precision: Precision;

  private constructor(session: Session, dims: readonly number[], precision: Precision) {
    this.#session = session;
    this.#dims = dims;
    this.#precision = precision;
  }

  static async create(model: Model, precision: Precision): Promise<DirectModel> {
    const session = await runtime.createSession(modelSource(model), { optimize: false });
    return new DirectModel(session, model.graph.inputs[0]!.shape as number[], precision);
  }

  async run(point: ArrayLike<number>): Promise<Float64Array> {
    const type = this.#precision;
    const data = type === "float64" ? Float64Array.from(point) : Float32Array.from(point);
    const feeds: Record<string, RuntimeTensor> = { z: { type, dims: this.#dims, data } };
    const [output] = this.#session.outputNames;
    const result = (await this.#session.run(feeds))[output!]!;
    return Float64Array.from(result.data as ArrayLike<number>);
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

type VectorFunction = (point: Float64Array) => Float64Array | Promise<Float64Array>;

/** Central differences: `[m, n]`, row-major. */
export async function differences(
  f: VectorFunction,
  point: readonly number[],
  step: number,
): Promise<Float64Array> {
  const n = point.length;
  const columns: Float64Array[] = [];
  for (let j = 0; j < n; j++) {
    const at = (sign: number): Float64Array => {
      const moved = Float64Array.from(point);
      moved[j]! += sign * step;
      return moved;
    };
    const [ahead, behind] = [await f(at(1)), await f(at(-1))];
    columns.push(ahead.map((value, i) => (value - behind[i]!) / (2 * step)));
  }
  const m = columns[0]!.length;
  return Float64Array.from({ length: m * n }, (_, i) => columns[i % n]![Math.floor(i / n)]!);
}

/** The Jacobian by forward mode, all tangents in one run: `[m, n]`, row-major. */
export async function forwardJacobian(map: OnnxMap, point: Float32Array): Promise<Float64Array> {
  const [m, n] = [map.to.dim, map.from.dim];
  const identity = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  const columns = await map.jvp(point, identity, n);
  return Float64Array.from({ length: m * n }, (_, i) => columns[(i % n) * m + Math.floor(i / n)]!);
}

/**
 * A model as plain data in which every byte string is its length and a digest: comparing megabytes element
 * by element takes an assertion library minutes.
 */
export function structure(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} ${createHash("sha1").update(value).digest("hex")}`;
  if (value instanceof Map) return [...value].map(structure);
  if (Array.isArray(value)) return value.map(structure);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === "files" ? undefined : structure(part)]),
  );
}

/** ‖a − b‖ / max(‖b‖, floor). */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-30): number {
  expect(a.length).toBe(b.length);
  let [difference, norm] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}
