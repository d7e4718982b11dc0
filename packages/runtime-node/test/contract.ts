// What every Runtime must do, as cases that any test runner and any browser page can run: each takes the
// runtime and throws on the first violation. Nothing here knows an engine.

import type {
  Runtime,
  RuntimeTensor,
  Session,
  SessionOptions,
  TensorData,
  TensorType,
} from "@vielbein/core/runtime";
import { DataType, encodeModel, type Graph, type Model, type Node, type Tensor } from "@vielbein/onnx";

export interface ContractCase {
  readonly name: string;
  readonly run: (runtime: Runtime) => Promise<void>;
}

/** The cases; an adapter runs each against its own runtime. */
export const runtimeContract: readonly ContractCase[] = [
  {
    name: "is named by engine, version and provider",
    async run(runtime) {
      check(
        /^\S+ \d+\.\d+\.\d+\S* \([a-z0-9]+(, [^()]+)?\)$/.test(runtime.name),
        `name is "${runtime.name}"`,
      );
    },
  },
  {
    name: "runs a graph and names what it reads and writes",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        equal(session.inputNames, ["x"], "inputNames");
        equal(session.outputNames, ["h", "y"], "outputNames");
        const result = await session.run({ x: float32([1, 3], [1, 2, 3]) });
        equal(Object.keys(result).sort(), ["h", "y"], "outputs");
        expectTensor(result.h!, "float32", [1, 2], [4, 5]);
        expectTensor(result.y!, "float32", [1, 2], [8, 10]);
      });
    },
  },
  {
    name: "infers the shapes of outputs where the inputs' extents are fixed, without a run",
    async run(runtime) {
      const open = affine();
      const { graph } = open;
      const inputs = graph.inputs.map((input) => ({ ...input, shape: [4, 3] }));
      const fixed = { ...open, graph: { ...graph, inputs } };
      await withSession(runtime, fixed, async ({ outputShapes = [] }) => {
        equal(
          outputShapes,
          [
            [4, 2],
            [4, 2],
          ],
          "outputShapes",
        );
      });
    },
  },
  {
    name: "returns the outputs that are asked for, and no other",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        const result = await session.run({ x: float32([1, 3], [1, 2, 3]) }, ["y"]);
        equal(Object.keys(result), ["y"], "outputs");
      });
    },
  },
  {
    name: "takes any extent of an open axis, in one session",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        for (const n of [1, 4, 2]) {
          const x = Float32Array.from({ length: 3 * n }, (_, i) => i);
          const { h } = await session.run({ x: { type: "float32", dims: [n, 3], data: x } }, ["h"]);
          const expected = Array.from({ length: n }, (_, i) => [6 * i + 2, 6 * i + 3]).flat();
          expectTensor(h!, "float32", [n, 2], expected);
        }
      });
    },
  },
  {
    name: "passes every element type through unchanged",
    async run(runtime) {
      for (const [type, data, dataType] of elementTypes) {
        const graph = identity(dataType, data.length);
        await withSession(runtime, graph, async (session) => {
          const { y } = await session.run({ x: { type, dims: [data.length], data } });
          check(y!.data.constructor === data.constructor, `${type} came back as ${y!.data.constructor.name}`);
          expectTensor(y!, type, [data.length], Array.from(data as ArrayLike<number | bigint>));
        });
      }
    },
  },
  {
    name: "takes and returns scalars",
    async run(runtime) {
      await withSession(
        runtime,
        model({
          nodes: [node("Add", ["x", "x"], "y")],
          inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [] }],
        }),
        async (session) =>
          expectTensor((await session.run({ x: float32([], [21]) })).y!, "float32", [], [42]),
      );
    },
  },
  {
    name: "reads weights from files handed in beside the graph",
    async run(runtime) {
      const weights = Float32Array.from({ length: 602 }, (_, i) => (i < 2 ? Number.NaN : 2));
      const w: Tensor = {
        name: "w",
        dims: [300, 2],
        dataType: DataType.FLOAT,
        raw: new Uint8Array(0),
        external: { location: "folder/w.bin", offset: 8 },
      };
      const graph = model({
        nodes: [node("MatMul", ["x", "w"], "y")],
        initializers: [w],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 300] }],
      });
      const files = new Map([["folder/w.bin", new Uint8Array(weights.buffer)]]);
      // Twice: the first session must not consume or change the bytes.
      for (let i = 0; i < 2; i++) {
        const session = await runtime.createSession({ bytes: encodeModel(graph), files });
        const x = float32([1, 300], new Array(300).fill(0.5));
        expectTensor((await session.run({ x })).y!, "float32", [1, 2], [300, 300]);
        await session.dispose();
      }
      equal([weights.length, weights[2], weights[601]], [602, 2, 2], "the file afterwards");
    },
  },
  {
    name: "leaves the caller's model and tensors alone, also when they are parts of larger buffers",
    async run(runtime) {
      const encoded = encodeModel(affine());
      const padded = new Uint8Array(encoded.length + 16);
      padded.set(encoded, 7);
      const session = await runtime.createSession({ bytes: padded.subarray(7, 7 + encoded.length) });
      const pool = Float32Array.of(9, 9, 1, 2, 3, 9);
      const x: RuntimeTensor = { type: "float32", dims: [1, 3], data: pool.subarray(2, 5) };
      for (let i = 0; i < 2; i++) expectTensor((await session.run({ x })).h!, "float32", [1, 2], [4, 5]);
      equal(Array.from(pool), [9, 9, 1, 2, 3, 9], "the buffer of the input afterwards");
      equal(padded.length, encoded.length + 16, "the buffer of the model afterwards");
      await session.dispose();
    },
  },
  {
    name: "returns arrays that later runs do not overwrite",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        const first = await session.run({ x: float32([1, 3], [1, 2, 3]) });
        await session.run({ x: float32([1, 3], [7, 7, 7]) });
        expectTensor(first.h!, "float32", [1, 2], [4, 5]);
      });
    },
  },
  {
    name: "gives overlapping runs their own results",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        const runs = [1, 2, 3, 4].map((t) => session.run({ x: float32([1, 3], [t, 0, 0]) }, ["h"]));
        for (const [i, { h }] of (await Promise.all(runs)).entries()) {
          expectTensor(h!, "float32", [1, 2], [i + 1, 0]);
        }
      });
    },
  },
  {
    name: "keeps sessions apart",
    async run(runtime) {
      const [a, b] = await Promise.all(
        [affine(1), affine(10)].map((graph) => runtime.createSession({ bytes: encodeModel(graph) })),
      );
      const x = float32([1, 3], [1, 2, 3]);
      expectTensor((await a!.run({ x })).y!, "float32", [1, 2], [4, 5]);
      await a!.dispose();
      expectTensor((await b!.run({ x })).y!, "float32", [1, 2], [40, 50]);
      await b!.dispose();
    },
  },
  {
    name: "computes the same without optimisation",
    async run(runtime) {
      const session = await runtime.createSession({ bytes: encodeModel(affine()) }, { optimize: false });
      const result = await session.run({ x: float32([1, 3], [1, 2, 3]) });
      expectTensor(result.y!, "float32", [1, 2], [8, 10]);
      await session.dispose();
    },
  },
  {
    // ONNX Runtime's Pad_Fusion merges the zeros into the pooling, which pads by −∞.
    name: "takes zero padding before max-pooling for zeros",
    async run(runtime) {
      const pads: Tensor = int64Tensor("pads", [0, 0, 1, 1, 0, 0, 1, 1]);
      const graph = model({
        nodes: [
          node("Pad", ["x", "pads"], "p"),
          {
            ...node("MaxPool", ["p"], "y"),
            attributes: new Map([
              ["kernel_shape", { type: "ints", value: [2, 2] }],
              ["strides", { type: "ints", value: [2, 2] }],
            ]),
          },
        ],
        initializers: [pads],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 1, 4, 4] }],
      });
      await withSession(runtime, graph, async (session) => {
        const x = float32([1, 1, 4, 4], new Array(16).fill(-1));
        const { y } = await session.run({ x });
        expectTensor(y!, "float32", [1, 1, 3, 3], [0, 0, 0, 0, -1, 0, 0, 0, 0]);
      });
    },
  },
  {
    name: "computes a small network to single precision",
    async run(runtime) {
      const w = Float32Array.from({ length: 64 * 32 }, (_, i) => Math.sin(12.9898 * i) / 8);
      const x = Float32Array.from({ length: 5 * 64 }, (_, i) => Math.cos(78.233 * i));
      const graph = model({
        nodes: [node("MatMul", ["x", "w"], "h"), node("Tanh", ["h"], "y")],
        initializers: [
          { name: "w", dims: [64, 32], dataType: DataType.FLOAT, raw: new Uint8Array(w.buffer) },
        ],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 64] }],
      });
      await withSession(runtime, graph, async (session) => {
        const y = (await session.run({ x: { type: "float32", dims: [5, 64], data: x } })).y!;
        equal([...y.dims], [5, 32], "dims");
        (y.data as Float32Array).forEach((value, at) => {
          const [row, col] = [Math.floor(at / 32), at % 32];
          let sum = 0;
          for (let i = 0; i < 64; i++) sum += x[row * 64 + i]! * w[i * 32 + col]!;
          const error = Math.abs(value - Math.tanh(sum));
          check(error < 2e-6, `y[${row}, ${col}] is ${value}, off by ${error}`);
        });
      });
    },
  },
  {
    name: "refuses what is no graph, or has unknown operators, with a typed error of one line",
    async run(runtime) {
      const strange = model(
        { nodes: [{ ...node("Magic", ["x"], "y"), domain: "com.example" }], inputs: [vector(3)] },
        {
          opsets: new Map([
            ["", 17],
            ["com.example", 1],
          ]),
        },
      );
      for (const bytes of [Uint8Array.of(1, 2, 3), encodeModel(strange)]) {
        await refused(runtime.createSession({ bytes }), "createSession");
      }
    },
  },
  {
    name: "refuses wrong shapes, types and names with a typed error of one line, and goes on",
    async run(runtime) {
      await withSession(runtime, affine(), async (session) => {
        await refused(session.run({ x: float32([3, 1], [1, 2, 3]) }), "a wrong shape");
        await refused(session.run({ x: float32([1, 3], [1, 2]) }), "too few elements");
        await refused(
          session.run({ x: { type: "int32", dims: [1, 3], data: Int32Array.of(1, 2, 3) } }),
          "a wrong type",
        );
        await refused(session.run({}), "a missing input");
        await refused(session.run({ x: float32([1, 3], [1, 2, 3]) }, ["z"]), "an unknown output");
        expectTensor((await session.run({ x: float32([1, 3], [1, 2, 3]) })).h!, "float32", [1, 2], [4, 5]);
      });
    },
  },
  {
    name: "keeps results for other sessions until they are released, where it keeps any",
    async run(runtime) {
      const keeping = async (session: Session): Promise<void> => {
        if (!session.keep) return;
        const { h, y } = await session.keep({ x: float32([1, 3], [1, 2, 3]) }, ["h", "y"]);
        equal([h!.type, h!.dims, y!.dims], ["float32", [1, 2], [1, 2]], "kept");
        const input = { name: "x", dataType: DataType.FLOAT, shape: ["n", 2] };
        const graph = model({ nodes: [node("Neg", ["x"], "y")], inputs: [input] });
        await withSession(runtime, graph, async (other) => {
          for (let i = 0; i < 2; i++) {
            expectTensor((await other.run({ x: h! })).y!, "float32", [1, 2], [-4, -5]);
          }
          const { y: next } = await other.keep!({ x: h! }, ["y"]);
          expectTensor(await next!.read(), "float32", [1, 2], [-4, -5]);
          (await h!.read()).data.fill(0 as never);
          expectTensor(await h!.read(), "float32", [1, 2], [4, 5]);
          await h!.release();
          await h!.release();
          const gone = await other.run({ x: h! }).catch((error: { code?: string }) => error);
          equal((gone as { code?: string }).code, "INVALID_ARGUMENT", "a released tensor");
          expectTensor(await y!.read(), "float32", [1, 2], [8, 10]);
        });
      };
      await withSession(runtime, affine(), keeping);
      await withSession(runtime, affine(), keeping, { keeps: true });
    },
  },
  {
    name: "finishes a run that is under way before it disposes of the session",
    async run(runtime) {
      const session = await runtime.createSession({ bytes: encodeModel(affine()) });
      const run = session.run({ x: float32([1, 3], [1, 2, 3]) });
      await session.dispose();
      expectTensor((await run).h!, "float32", [1, 2], [4, 5]);
    },
  },
  {
    name: "may be disposed of twice, and says so when used afterwards",
    async run(runtime) {
      const session = await runtime.createSession({ bytes: encodeModel(affine()) });
      await session.dispose();
      await session.dispose();
      const message = await refused(session.run({ x: float32([1, 3], [1, 2, 3]) }), "a disposed session");
      check(message.includes("disposed"), `the message does not say so: ${message}`);
    },
  },
];

const elementTypes: readonly (readonly [TensorType, TensorData, number])[] = [
  ["float32", Float32Array.of(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-42), DataType.FLOAT],
  ["float64", Float64Array.of(0.1, 1e300, -5e-324), DataType.DOUBLE],
  ["float16", Uint16Array.of(0x3c00, 0x0001, 0xfc00), DataType.FLOAT16],
  ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1), DataType.INT32],
  ["int64", BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n), DataType.INT64],
  ["uint8", Uint8Array.of(0, 255), DataType.UINT8],
  ["bool", Uint8Array.of(1, 0, 1), DataType.BOOL],
];

/** h = x·w with w = [[1, 0], [0, 1], [1, 1]], y = `factor`·h; x [n, 3]. */
function affine(factor = 2): Model {
  const w = Float32Array.of(1, 0, 0, 1, 1, 1);
  return model({
    nodes: [node("MatMul", ["x", "w"], "h"), node("Mul", ["h", "factor"], "y")],
    initializers: [
      { name: "w", dims: [3, 2], dataType: DataType.FLOAT, raw: new Uint8Array(w.buffer) },
      { name: "factor", dims: [], dataType: DataType.FLOAT, raw: bytesOf(Float32Array.of(factor)) },
    ],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 3] }],
    outputs: [
      { name: "h", dataType: DataType.FLOAT },
      { name: "y", dataType: DataType.FLOAT },
    ],
  });
}

function identity(dataType: number, length: number): Model {
  return model({
    nodes: [node("Identity", ["x"], "y")],
    inputs: [{ name: "x", dataType, shape: [length] }],
    outputs: [{ name: "y", dataType }],
  });
}

function model(graph: Partial<Graph>, changes: Partial<Model> = {}): Model {
  return {
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    graph: {
      name: "contract",
      nodes: [],
      initializers: [],
      inputs: [],
      outputs: [{ name: "y" }],
      valueInfo: [],
      unknown: [],
      ...graph,
    },
    unknown: [],
    files: new Map(),
    ...changes,
  };
}

function node(opType: string, inputs: string[], output: string): Node {
  return { opType, domain: "", name: "", inputs, outputs: [output], attributes: new Map() };
}

function vector(length: number): Graph["inputs"][number] {
  return { name: "x", dataType: DataType.FLOAT, shape: [length] };
}

function int64Tensor(name: string, values: readonly number[]): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  return { name, dims: [values.length], dataType: DataType.INT64, raw: bytesOf(data) };
}

function bytesOf(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer);
}

function float32(dims: readonly number[], values: readonly number[]): RuntimeTensor {
  return { type: "float32", dims, data: Float32Array.from(values) };
}

async function withSession(
  runtime: Runtime,
  graph: Model,
  use: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  const session = await runtime.createSession({ bytes: encodeModel(graph) }, options);
  try {
    await use(session);
  } finally {
    await session.dispose();
  }
}

/** Waits for a `BACKEND_FAILED` of one line and returns its message. */
async function refused(attempt: Promise<unknown>, what: string): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: { code?: string; message: string }) => reason,
  );
  check(error !== undefined, `${what} was accepted`);
  check(error!.code === "BACKEND_FAILED", `${what}: code ${error!.code}, ${error!.message}`);
  check(!error!.message.includes("\n"), `${what}: a message of several lines: ${error!.message}`);
  return error!.message;
}

function expectTensor(
  tensor: RuntimeTensor,
  type: TensorType,
  dims: readonly number[],
  values: readonly (number | bigint)[],
): void {
  equal(tensor.type, type, "type");
  equal([...tensor.dims], dims, "dims");
  equal(Array.from(tensor.data as ArrayLike<number | bigint>), values, "values");
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map(written);
  check(a === b, `${what}: ${a} instead of ${b}`);
}

/** JSON, with the numbers that JSON lacks. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written)}]`;
  return Object.is(value, -0) ? "-0" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
