import { readFileSync } from "node:fs";
import { jacobian, samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { describe, expect, it } from "vitest";
import { sampleUrl } from "../src/index.ts";

const bytes = readFileSync(sampleUrl);

describe("the embedded sample", () => {
  it("is at most 8 MB, names its spaces, and states its prior and range", () => {
    expect(bytes.length).toBeLessThanOrEqual(8e6);
    const { metadata, graph } = decodeModel(bytes);
    const tensors = graph.nodes.flatMap(({ outputs }) => outputs);
    expect(tensors).toEqual(expect.arrayContaining(["w", "w_plus", "style_4_conv1", "features_32", "image"]));
    expect(metadata.get("vielbein.prior")).toBe("normal");
    expect(metadata.get("vielbein.range")).toBe("-1,1");
  });

  it("draws different faces, and its exact Jacobian agrees with differences", async () => {
    const map = await OnnxMap.create(decodeModel(bytes), new NodeRuntime({ threads: 1 }));
    expect([map.from.shape, map.to.shape]).toEqual([[128], [3, 64, 64]]);
    const images = await map.evaluate(samplePoints(map.from, 0, 0, 2), 2);
    // Nothing confines the colours, but they were trained to lie in the range and seldom leave it.
    const beyond = images.filter((x) => Math.abs(x) > 1.1).length;
    expect(beyond / images.length).toBeLessThan(0.01);
    const [a, b] = [images.subarray(0, map.to.dim), images.subarray(map.to.dim)];
    expect(a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0) / map.to.dim).toBeGreaterThan(0.02);

    const point = samplePoints(map.from, 1, 0, 1);
    const exact = await jacobian(map, point);
    const approximate = await jacobian(map, point, { method: "difference" });
    const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
    const difference = exact.data.map((x, i) => x - approximate.data[i]!);
    // Differences reach across kinks of the leaky ReLU.
    expect(norm(difference) / norm(exact.data)).toBeLessThan(0.03);
    await map.dispose();
  });
});
