// What is put differently for engines that compute on an accelerator.

import type { ModelSource, Reference, Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import { DataType, decodeModel, OnnxMap } from "../src/index.ts";
import { int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { GraphBuilder, irregular, makeModel, randomStream, relativeError, runtime } from "./helpers.ts";

/** The reference engine in the place of one on an accelerator, and the operators that it was given. */
function accelerator(): { runtime: Runtime; operators: Set<string> } {
  const operators = new Set<string>();
  const createSession = (source: ModelSource, options?: SessionOptions) => {
    for (const { opType } of decodeModel(source.bytes).graph.nodes) operators.add(opType);
    return runtime.createSession(source, options);
  };
  return { runtime: { name: "accelerator", portable: true, createSession }, operators };
}

describe("channels of convolutions", () => {
  test.each([
    ["6 to 4", [1, 6, 4, 4], [4, 6, 3, 3], 1, true],
    ["9 to 8, one axis", [1, 9, 5], [8, 9, 2], 1, true],
    ["6 to 4, weights that depend on the point", [1, 6, 4, 4], [4, 6, 3, 3], 1, true],
    ["3 to 4", [1, 3, 4, 4], [4, 3, 3, 3], 1, false],
    ["6 to 6", [1, 6, 4, 4], [6, 6, 3, 3], 1, false],
    ["12 to 4", [1, 12, 4, 4], [4, 12, 3, 3], 1, false],
    ["6 to 4, three axes", [1, 6, 3, 3, 3], [4, 6, 2, 2, 2], 1, false],
    ["6 to 4 in each of two groups", [1, 12, 4, 4], [8, 6, 3, 3], 2, false],
  ])("%s", async (about, image, weights, group, isPadded) => {
    const g = new GraphBuilder("float32");
    const kernel = ints(weights.slice(2));
    const filter = about.endsWith("point") ? g.variable(weights) : g.constant(weights);
    const y = g.op("Conv", [g.variable(image), filter, g.constant([weights[0]!])], {
      group: int(group),
      kernel_shape: kernel,
    });
    const model = g.model(y);
    const other = accelerator();
    const [expected, found] = await Promise.all([
      OnnxMap.create(model, runtime),
      OnnxMap.create(model, other.runtime),
    ]);
    const x = Float32Array.from(g.point);
    const tangent = Float32Array.from(irregular(randomStream(2), x.length));
    for (const kind of ["jvp", "vjp"] as const) {
      const vector = kind === "jvp" ? tangent : Float32Array.from(irregular(randomStream(3), found.to.dim));
      const product = await found[kind](x, vector, 1);
      expect(relativeError(product, await expected[kind](x, vector, 1))).toBeLessThan(1e-6);
    }
    expect(relativeError(await found.evaluate(x, 1), await expected.evaluate(x, 1))).toBeLessThan(1e-6);
    expect(other.operators.has("Pad")).toBe(isPadded);
    await Promise.all([expected.dispose(), found.dispose()]);
  });
});

describe("an accelerator is compared with the engine without it", () => {
  /** The reference engine, whose outputs of some name are off by a factor. */
  function erring(spoiled: RegExp, factor: number) {
    const [left, passed]: [string[], string[]] = [[], []];
    const createSession: Runtime["createSession"] = async (source, options) => {
      const session = await runtime.createSession(source, options);
      const run: Session["run"] = async (feeds, fetches) => {
        const results = Object.entries(await session.run(feeds, fetches));
        return Object.fromEntries(
          results.map(([name, tensor]) => {
            const isSpoiled = spoiled.test(name) && tensor.data instanceof Float32Array;
            if (!isSpoiled) return [name, tensor];
            return [name, { ...tensor, data: (tensor.data as Float32Array).map((x) => factor * x) }];
          }),
        );
      };
      return { ...session, inputNames: session.inputNames, run, dispose: () => session.dispose() };
    };
    const reference: Reference = {
      createSession: (source, options) => runtime.createSession(source, options),
      leave: (reason) => left.push(reason),
      pass: (reason) => passed.push(reason),
    };
    return { accelerator: { name: "a", portable: true, createSession, reference }, left, passed };
  }

  const g = new GraphBuilder("float32");
  const y = g.op("Tanh", [g.op("MatMul", [g.variable([1, 4]), g.constant([4, 3])])]);
  const model = g.model(y);

  test.each([
    ["right", /never/, 1, {}, []],
    ["off by rounding", /./, 1 + 1e-4, {}, []],
    ["wrong in its products", /tangent/, 2, {}, [/its value by 0 %, J·t by 100 % of its size/]],
    ["wrong in its values", /^y\d+$/, 1.5, {}, [/its value by 50 %, J·t by 0 % of its size/]],
    ["wrong, of values alone", /^y\d+$/, 0, { valuesOnly: true }, [/its value by 100 % of its size/]],
    ["not a number", /tangent/, Number.NaN, {}, [/J·t by Infinity %/]],
  ])("%s", async (_, spoiled, factor, options, reasons) => {
    const { accelerator: tried, left, passed } = erring(spoiled, factor);
    const map = await OnnxMap.create(model, tried, options);
    await map.dispose();
    expect(left).toEqual(reasons.map((reason) => expect.stringMatching(reason)));
    expect(passed).toEqual([]);
  });

  test.each([
    ["__proto__", "y"],
    ["z", "__proto__"],
    ["constructor", "toString"],
  ])("of tensors called %s and %s", async (from, to) => {
    const named = makeModel({
      nodes: [makeNode("MatMul", [from, "w"], ["h"]), makeNode("Tanh", ["h"], [to])],
      initializers: [float32Tensor("w", [1, 2, 3, 4], [2, 2])],
      inputs: [{ name: from, dataType: DataType.FLOAT, shape: ["n", 2] }],
      outputs: [{ name: to, dataType: DataType.FLOAT, shape: ["n", 2] }],
    });
    for (const [factor, reasons] of [
      [1, []],
      [2, [expect.stringContaining(`"${to}" wrongly here: its value by 100 %, J·t by 100 %`)]],
    ] as const) {
      const { accelerator: tried, left } = erring(/./, factor);
      await (await OnnxMap.create(named, tried, { from, to })).dispose();
      expect(left).toEqual(reasons);
    }
  });

  test("not where that would take long, which is said", async () => {
    const large = new GraphBuilder("float32");
    const image = large.variable([1, 8, 64, 64]);
    const output = large.op("Conv", [image, large.constant([64, 8, 33, 33])], {
      pads: ints(Array(4).fill(16)),
    });
    const { accelerator: tried, left, passed } = erring(/./, 2);
    const map = await OnnxMap.create(large.model(output), tried);
    await map.dispose();
    expect(left).toEqual([]);
    expect(passed).toEqual([expect.stringMatching(/was not compared .* takes about 2e\+9 multiplications/)]);
  });
});
