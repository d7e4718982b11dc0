// Miniatures of whole families of generators against products with their derivatives in float64.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hvp, inspect, OnnxMap, prepare } from "../src/index.ts";
import { runGraph } from "./graphs.ts";
import { relativeError, runtime } from "./helpers.ts";
import { type Miniature, miniatures, readMiniature } from "./miniatures.ts";

describe.each(miniatures)("%s", (file, name) => {
  let miniature: Miniature;
  let map: OnnxMap;

  beforeAll(async () => {
    miniature = await readMiniature(file, name);
    map = await OnnxMap.create(miniature.model, runtime, miniature.options);
  });
  afterAll(() => map.dispose());

  test("value and products with the derivative, also of the linearised map", async () => {
    const { values, singles } = miniature;
    const [z, v, u] = [singles("z"), singles("v"), singles("u")];
    const linear = await map.linearize(z);
    const found = {
      value: relativeError(await map.evaluate(z, 1), values("value")),
      jvp: relativeError(await map.jvp(z, v, 2), values("forward")),
      vjp: relativeError(await map.vjp(z, u, 1), values("weighted_gradient")),
      linearizedJvp: relativeError(await linear.jvp(v, 2), values("forward")),
      linearizedVjp: relativeError(await linear.vjp(u, 1), values("weighted_gradient")),
    };
    for (const error of Object.values(found)) expect(error).toBeLessThan(5e-6);
  });

  test("gradient and Hessian of uᵀf", async () => {
    const { model, options, values } = miniature;
    const derivative = hvp(await prepare(model, runtime, options), runtime);
    if (values("weighted_products").every((value) => value === 0)) {
      // The map is affine between its kinks.
      await expect(derivative).rejects.toMatchObject({
        code: "INVALID_SPACE",
        message: expect.stringMatching(/second/),
      });
      return;
    }
    const second = await derivative;
    const result = await runGraph(second.model, {
      [second.input]: values("z"),
      [second.cotangent]: values("u"),
      [second.inputTangent]: values("v"),
    });
    expect(relativeError(result[second.gradient]!, values("weighted_gradient"))).toBeLessThan(1e-5);
    expect(relativeError(result[second.product]!, values("weighted_products"))).toBeLessThan(1e-5);
  });

  test("the family", async () => {
    const { model, options, family } = miniature;
    expect((await inspect(model, runtime, options)).family?.name).toBe(family);
  });
});
