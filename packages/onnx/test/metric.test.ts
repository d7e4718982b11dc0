// The metric of exported networks.

import { metricTensor } from "@vielbein/core";
import { describe, expect, test } from "vitest";
import { OnnxMap } from "../src/index.ts";
import { exported } from "./graphs.ts";
import { runtime } from "./helpers.ts";

describe.each(["mapping", "pggan", "stylegan2"])("%s, which normalises its code", (name) => {
  test("does not feel the code's length: g·z = 0, and g(2z) = g(z)/4", async () => {
    const { model, point } = await exported(name);
    const map = await OnnxMap.create(model, runtime);
    const { data, rows: n } = await metricTensor(map, point);
    const twice = await metricTensor(
      map,
      point.map((x) => 2 * x),
    );
    await map.dispose();
    const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
    const image = Array.from({ length: n }, (_, i) =>
      point.reduce((sum, z, j) => sum + data[i * n + j]! * z, 0),
    );
    expect(norm(image) / (norm(data) * norm(point))).toBeLessThan(1e-6);
    const rest = twice.data.map((x, at) => 4 * x - data[at]!);
    expect(norm(rest) / norm(data)).toBeLessThan(1e-5);
  });
});
