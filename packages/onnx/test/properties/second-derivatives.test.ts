// Transforms compose: the derivative of a gradient is the Hessian, which is symmetric and that of differences.

import { describe, expect, test } from "vitest";
import { OnnxMap, prepare, vjp } from "../../src/index.ts";
import { int, ints, string } from "../../src/model/attributes.ts";
import { assemble, type Build } from "../derivative.ts";
import { irregular, product, randomStream, relativeError, runtime } from "../helpers.ts";

describe("second derivatives: the Hessian of a component is symmetric and of the size of differences", () => {
  const cubic = { mode: string("cubic"), padding_mode: string("reflection") };
  const twice: readonly (readonly [string, Build, opset?: number])[] = [
    [
      "GridSample",
      (g) => g.op("GridSample", [g.variable([1, 1, 4, 4]), g.variable([1, 1, 2, 2])], cubic),
      20,
    ],
    ["ReduceProd", (g) => g.op("ReduceProd", [g.variable([2, 3]), g.int64([1])])],
    ["LpPool", (g) => g.op("LpPool", [g.variable([1, 1, 5])], { kernel_shape: ints([3]), p: int(3) })],
    [
      "ScatterElements",
      (g) => {
        const inputs = [g.variable([3]), g.int64([0, 1, 0]), g.variable([3])];
        return g.op("ScatterElements", inputs, { reduction: string("mul") });
      },
    ],
    [
      "TopK",
      (g) => {
        const [largest] = g.ops("TopK", [g.variable([2, 4]), g.int64([2])], {}, 2);
        return g.op("Exp", [largest!]);
      },
    ],
    [
      "Attention",
      (g) =>
        g.op(
          "Attention",
          [1, 2, 3].map(() => g.variable([1, 1, 2, 2])),
        ),
      23,
    ],
  ];

  const cases = twice.map(([op, build, opset = 18]) => [op, build, opset] as const);
  test.each(cases)("%s", async (_op, build, opset) => {
    const { model, point } = assemble(build, "float32", { opset });
    const gradient = vjp(await prepare(model, runtime));
    const { shape } = gradient.model.graph.inputs[1]!;
    const dims = [1, ...shape!.slice(1)] as number[];
    const u = Float32Array.from(irregular(randomStream(3), product(dims)));
    const map = await OnnxMap.create(gradient.model, runtime, {
      from: gradient.input,
      to: gradient.inputCotangent,
      inputs: { [gradient.outputCotangent]: { type: "float32", dims, data: u } },
    });
    const x = Float32Array.from(point);
    const v = Float32Array.from(irregular(randomStream(4), x.length));
    const forward = await map.jvp(x, v, 1);
    expect(relativeError(await map.vjp(x, v, 1), forward)).toBeLessThan(1e-5);
    const step = 2 ** -9;
    const moved = (sign: number) =>
      map.evaluate(
        x.map((xi, i) => xi + sign * step * v[i]!),
        1,
      );
    const [ahead, behind] = [await moved(1), await moved(-1)];
    expect(
      relativeError(
        ahead.map((value, i) => (value - behind[i]!) / (2 * step)),
        forward,
      ),
    ).toBeLessThan(5e-3);
    await map.dispose();
  });
});
