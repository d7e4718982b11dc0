// Second derivatives: derivatives of derivative graphs.

import { describe, expect, test } from "vitest";
import { DataType, hvp, jvp, type Model, prepare, vjp } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { float64Tensor } from "../src/model/tensor.ts";
import { operatorCase } from "./cases/case.ts";
import { recurrents } from "./cases/recurrent.ts";
import { writtenOutFurther } from "./cases/written-out.ts";
import { assemble } from "./derivative.ts";
import { exported, runGraph } from "./graphs.ts";
import { irregular, makeModel, product, randomStream, relativeError, runtime } from "./helpers.ts";

const [n, hidden, m] = [5, 7, 4];
const random = randomStream(11);
const [first, second] = [irregular(random, n * hidden), irregular(random, hidden * m)];

/** y = tanh(x·A)·B in float64, whose second derivative is known in closed form. */
const smooth: Model = makeModel({
  nodes: [
    makeNode("MatMul", ["x", "A"], ["h"]),
    makeNode("Tanh", ["h"], ["t"]),
    makeNode("MatMul", ["t", "B"], ["y"]),
  ],
  initializers: [float64Tensor("A", first, [n, hidden]), float64Tensor("B", second, [hidden, m])],
  inputs: [{ name: "x", dataType: DataType.DOUBLE, shape: ["batch", n] }],
  outputs: [{ name: "y", dataType: DataType.DOUBLE, shape: ["batch", m] }],
});

/** Σᵢ uᵢ ∇²fᵢ(x) = A·diag(tanh″(Aᵀx) ∘ Bu)·Aᵀ. */
function hessian(x: readonly number[], u: readonly number[]): number[] {
  const weights = Array.from({ length: hidden }, (_, j) => {
    const t = Math.tanh(x.reduce((sum, value, i) => sum + value * first[i * hidden + j]!, 0));
    return -2 * t * (1 - t * t) * u.reduce((sum, value, k) => sum + value * second[j * m + k]!, 0);
  });
  return Array.from({ length: n * n }, (_, index) => {
    const [i, j] = [Math.floor(index / n), index % n];
    return weights.reduce((sum, w, h) => sum + w * first[i * hidden + h]! * first[j * hidden + h]!, 0);
  });
}

const [x, u] = [irregular(random, n), irregular(random, m)];
const identity = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

describe("a network with a closed form, in float64", () => {
  test("Hessian-vector products, forward over reverse", async () => {
    const second = await hvp(await prepare(smooth, runtime), runtime);
    const result = await runGraph(second.model, {
      [second.input]: x,
      [second.cotangent]: u,
      [second.inputTangent]: identity,
    });
    expect(relativeError(result[second.product]!, hessian(x, u))).toBeLessThan(1e-13);
  });

  test("reverse over forward: the gradient of uᵀJ(x)v is the same product", async () => {
    const forward = jvp(await prepare(smooth, runtime));
    const pushed = await prepare(forward.model, runtime, {
      from: forward.input,
      to: forward.outputTangent,
      parameters: [forward.inputTangent],
    });
    const reverse = vjp(pushed);
    const v = irregular(randomStream(5), n);
    const result = await runGraph(reverse.model, {
      [reverse.input]: x,
      [forward.inputTangent]: v,
      [reverse.outputCotangent]: u,
    });
    const h = hessian(x, u);
    const expected = x.map((_, i) => v.reduce((sum, value, j) => sum + h[i * n + j]! * value, 0));
    expect(relativeError(result[reverse.inputCotangent]!, expected)).toBeLessThan(1e-13);
  });
});

// At the VAE's point an ELU is close to 0, where its second derivative jumps: differences are no reference there.
describe.each([
  ["vae", false],
  ["vit", true],
  ["attention", true],
])("%s", (name, isSmooth) => {
  test("the Hessian is symmetric, and where the network is smooth what differences of the gradient give", async () => {
    const { model, point } = await exported(name);
    const second = await hvp(await prepare(model, runtime), runtime);
    const random = randomStream(17);
    const size = point.length;
    const [v, w] = [irregular(random, size), irregular(random, size)];
    const outputs = (await runGraph(model, { [model.graph.inputs[0]!.name]: point }))[
      model.graph.outputs[0]!.name
    ]!;
    const u = Array.from(outputs, (_, i) => Math.cos(3 * i));
    const at = (z: ArrayLike<number>) =>
      runGraph(second.model, {
        [second.input]: z,
        [second.cotangent]: u,
        [second.inputTangent]: [...v, ...w],
      });
    const products = (await at(point))[second.product]!;
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
    const [hv, hw] = [products.slice(0, size), products.slice(size)];
    const scale = Math.sqrt(dot(hv, hv) * dot(w, w));
    expect(Math.abs(dot(w, hv) - dot(v, hw)) / scale).toBeLessThan(1e-5);

    if (!isSmooth) return;
    const slope = async (step: number): Promise<number[]> => {
      const moved = (sign: number) => point.map((value, i) => value + sign * step * v[i]!);
      const [ahead, behind] = [await at(moved(1)), await at(moved(-1))];
      return Array.from(
        ahead[second.gradient]!,
        (value, i) => (value - behind[second.gradient]![i]!) / (2 * step),
      );
    };
    // Richardson's extrapolation: what is left is of fourth order in the step.
    const [coarse, fine] = [await slope(2e-2), await slope(1e-2)];
    const difference = fine.map((value, i) => (4 * value - coarse[i]!) / 3);
    expect(relativeError(hv, difference)).toBeLessThan(5e-3);
  });
});

/** Keys and values of two earlier positions, one more, and what is kept of all. */
const cached = operatorCase("com.microsoft::GroupQueryAttention", "behind two earlier positions", (g) => {
  const own = [32, 16, 16].map((size) => g.variable([1, 1, size]));
  const past = [0, 1].map(() => g.variable([1, 1, 2, 16]));
  const lengths = [2, 3].map((value, i) =>
    g.initializer({
      name: `length${i}`,
      dims: i === 0 ? [1] : [],
      dataType: DataType.INT32,
      raw: new Uint8Array(Int32Array.of(value).buffer),
    }),
  );
  const attributes = { num_heads: int(2), kv_num_heads: int(1) };
  const parts = g.ops("com.microsoft::GroupQueryAttention", [...own, ...past, ...lengths], attributes, 3);
  const flat = parts.map((part) => g.op("Reshape", [part, g.int64([1, -1])]));
  return g.op("Concat", flat, { axis: int(1) });
});

const composed = [...recurrents, ...writtenOutFurther].filter(({ op, about }) =>
  [
    "LSTM both directions, lengths, initial states",
    "GRU linear before the reset, a bias",
    "RNN both directions, lengths, initial state",
    "STFT window",
    "RoiAlign maxima, opset 16, picture and regions, partly outside",
    "CumProd {}",
    "SoftmaxCrossEntropyLoss mean, weights",
  ].includes(`${op} ${about}`),
);

test.each([...composed, cached].map(({ op, about, ...one }) => [op, about, one] as const))(
  "%s: %s: differences of the gradient in float64",
  async (_op, _about, { build, opset }) => {
    const { model, point } = assemble(build, "float64", { opset: opset ?? 18, seed: 5 });
    const graph = await prepare(model, runtime);
    const second = await hvp(graph, runtime);
    const random = randomStream(23);
    const v = irregular(random, point.length);
    const u = irregular(random, product(graph.info.get(graph.output)!.shape));
    const at = (step: number) =>
      runGraph(second.model, {
        [second.input]: point.map((value, i) => value + step * v[i]!),
        [second.cotangent]: u,
        [second.inputTangent]: v,
      });
    const [here, ahead, behind] = [await at(0), await at(1e-5), await at(-1e-5)];
    const slope = Array.from(
      ahead[second.gradient]!,
      (value, i) => (value - behind[second.gradient]![i]!) / 2e-5,
    );
    expect(relativeError(here[second.product]!, slope)).toBeLessThan(1e-8);
  },
);
