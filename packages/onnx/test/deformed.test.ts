// Deformable convolutions against torchvision and PyTorch in float64 (tools/reference/onnx/write_deformed.py).

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hvp, jvp, prepare, vjp } from "../src/index.ts";
import { int, ints } from "../src/model/attributes.ts";
import { runGraph } from "./graphs.ts";
import { GraphBuilder, relativeError, runtime } from "./helpers.ts";

interface Golden {
  readonly about: string;
  /** In the order in which their elements make up `z`. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly group: number;
  readonly offset_group?: number;
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** Before and after alike. */
  readonly pads?: readonly number[];
  readonly z: readonly number[];
  readonly v: readonly number[];
  readonly u: readonly number[];
  readonly value: readonly number[];
  readonly jvp: readonly number[];
  readonly vjp: readonly number[];
  readonly hvp: readonly number[];
}

const golden: Golden[] = JSON.parse(readFileSync(new URL("fixtures/deformed.json", import.meta.url), "utf8"));

function modelOf({ shapes, group, offset_group = 1, strides, dilations, pads }: Golden) {
  const g = new GraphBuilder("float64", 22);
  const inputs = Object.values(shapes).map((shape) => g.variable(shape));
  const output = g.op("DeformConv", inputs, {
    group: int(group),
    offset_group: int(offset_group),
    ...(strides ? { strides: ints(strides) } : {}),
    ...(dilations ? { dilations: ints(dilations) } : {}),
    ...(pads ? { pads: ints([...pads, ...pads]) } : {}),
  });
  return g.model(output);
}

test.each(golden.map((one) => [one.about, one] as const))(
  "%s: value, forward, reverse and second derivative",
  async (_about, one) => {
    const graph = await prepare(modelOf(one), runtime, { precision: "float64" });
    const [forward, reverse, second] = [jvp(graph), vjp(graph), await hvp(graph, runtime)];
    const pushed = await runGraph(forward.model, { [forward.input]: one.z, [forward.inputTangent]: one.v });
    expect(relativeError(pushed[forward.output]!, one.value)).toBeLessThan(1e-12);
    expect(relativeError(pushed[forward.outputTangent]!, one.jvp)).toBeLessThan(1e-12);
    const pulled = await runGraph(reverse.model, {
      [reverse.input]: one.z,
      [reverse.outputCotangent]: one.u,
    });
    expect(relativeError(pulled[reverse.inputCotangent]!, one.vjp)).toBeLessThan(1e-12);
    const result = await runGraph(second.model, {
      [second.input]: one.z,
      [second.cotangent]: one.u,
      [second.inputTangent]: one.v,
    });
    expect(relativeError(result[second.product]!, one.hvp)).toBeLessThan(1e-11);
  },
);
