import { existsSync, readFileSync } from "node:fs";
import { matmul, matrix, transpose } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein, vielbeinWith } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

describe("vielbein basis", () => {
  it("prints one JSON document with spaces, singular values and provenance", async () => {
    const { code, stdout, stderr } = await vielbein("basis", path, "--samples", "3", "--seed", "5", "--json");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const result = JSON.parse(stdout);
    expect(result.from).toMatchObject({ name: "z", dim: 4, shape: [4] });
    expect(result.to).toMatchObject({ name: "image", dim: 192, shape: [3, 8, 8] });
    expect(result.points.map((p: { index: number }) => p.index)).toEqual([0, 1, 2]);
    for (const { point, singularValues } of result.points) {
      expect(point).toHaveLength(4);
      expect(singularValues).toHaveLength(4);
      expect(singularValues).toEqual([...singularValues].sort((a, b) => b - a));
    }
    expect(result.provenance).toMatchObject({
      model: { file: "generator.onnx", opset: 17 },
      points: { seed: 5, count: 3, prior: { kind: "normal" } },
    });
    expect(result.provenance.model.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is deterministic by index: sample j is the same whatever the number of samples", async () => {
    const points = async (n: string) =>
      JSON.parse((await vielbein("basis", path, "--samples", n, "--json")).stdout).points;
    expect((await points("4"))[1]).toEqual((await points("2"))[1]);
  });

  it("writes an .npz whose vectors reconstruct the singular values", async () => {
    const out = scratch("bases.npz");
    const { code, stderr } = await vielbein("basis", path, "--samples", "2", "--k", "3", "--out", out);
    expect(code).toBe(0);
    expect(stderr).toContain(`wrote ${out}`);
    const file = readNpz(readFileSync(out));
    expect(Object.fromEntries(Object.entries(file).map(([name, a]) => [name, a.shape]))).toMatchObject({
      points: [2, 4],
      values: [2, 192],
      singular_values: [2, 3],
      input_vectors: [2, 4, 3],
      output_vectors: [2, 192, 3],
    });
    const u = matrix(192, 3, (file.output_vectors!.data as Float64Array).slice(0, 192 * 3));
    const gram = matmul(transpose(u), u);
    gram.data.forEach((x, i) => {
      expect(x).toBeCloseTo(i % 4 === 0 ? 1 : 0, 12);
    });
    expect(JSON.parse(new TextDecoder().decode(file.provenance!.data as Uint8Array)).method).toBe(
      "local basis",
    );
  });

  it("finds the leading directions by products where the Jacobian exceeds --memory, and says so", async () => {
    const out = scratch("lean.npz");
    // The Jacobian takes 8 · 192 · 4 bytes, one vector on its way 10 activations of 192 numbers.
    const lean = [path, "--memory", "11K"];
    const few = await vielbein("basis", ...lean, "--out", out, "--json");
    expect(few.stderr).toContain("decomposed whole within the memory budget of 11.0 KiB: the leading 1 of 4");
    const { points, provenance } = JSON.parse(few.stdout);
    expect(provenance.options).toMatchObject({ routes: ["linearized products"], k: 1 });
    const whole = JSON.parse((await vielbein("basis", path, "--json")).stdout);
    expect(whole.provenance.options).toMatchObject({ routes: ["matrix"], k: "all" });
    const [{ singularValues, residuals }] = points;
    const [exact] = whole.points[0].singularValues;
    expect(Math.abs(singularValues[0] - exact)).toBeLessThan(residuals[0] + 1e-5 * exact);
    const file = readNpz(readFileSync(out));
    expect(file.residuals!.shape).toEqual([1, 1]);
    expect(file.products!.shape).toEqual([1]);
    expect((await vielbein("basis", ...lean)).stdout).toMatch(/by iteration, at most \d+ products/);
  });

  it("reads points of shape [n,d] and [d]", async () => {
    const data = Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    const many = scratch("many.npy", writeNpy({ shape: [2, 4], data }));
    const one = scratch("one.npy", writeNpy({ shape: [4], data: data.slice(4) }));
    const two = JSON.parse((await vielbein("basis", path, "--points", many, "--json")).stdout).points;
    expect(two[1].point).toEqual([1, 1, 1, 1]);
    const [single] = JSON.parse((await vielbein("basis", path, "--points", one, "--json")).stdout).points;
    expect(single.singularValues).toEqual(two[1].singularValues);
  });

  it("goes between interior tensors, whose Jacobians compose", async () => {
    const product = async (...range: string[]) =>
      JSON.parse((await vielbein("basis", path, ...range, "--json")).stdout);
    expect((await product("--from", "hidden", "--to", "pixels")).from.dim).toBe(16);
    expect((await product("--to", "hidden")).to).toMatchObject({ name: "hidden", dim: 16 });
  });

  it("prints a table for people", async () => {
    const { stdout } = await vielbein("basis", path);
    expect(stdout).toContain("z [4] → image [3, 8, 8]");
    expect(stdout).toMatch(/σ0 +σ1 +σ2 +σ3/);
  });

  it("keeps what was computed when it is interrupted", async () => {
    const controller = new AbortController();
    const out = scratch("partial.npz");
    // Aborts from a timer: some points are done by then, not all.
    const timer = setInterval(() => existsSync(out) || controller.abort(), 1);
    const { code, stderr } = await vielbeinWith(
      controller.signal,
      "basis",
      path,
      "--samples",
      "5000",
      "--out",
      out,
      "--json",
    );
    clearInterval(timer);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted");
    if (existsSync(out)) expect(readNpz(readFileSync(out)).points!.shape[0]).toBeLessThan(5000);
  });
});
