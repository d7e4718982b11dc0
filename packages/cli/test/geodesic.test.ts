import { readFileSync } from "node:fs";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { decodePng } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { interruptedAt, scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);
const json = async (command: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, path, "--json", "--quiet", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("vielbein geodesic", () => {
  it("is shorter than the straight line and the great circle, and evener", async () => {
    const out = scratch("ways.npz");
    const result = await json("geodesic", "--sample", "3", "--sample", "5", "--out", out);
    expect(result.converged).toBe(true);
    expect(result.geodesic.length).toBeLessThan(0.99 * result.straight.length);
    expect(result.geodesic.length).toBeLessThan(result.greatCircle.length);
    expect(result.geodesic.unevenness).toBeLessThan(0.2 * result.straight.unevenness);
    for (const { length, chords, energy } of [result.straight, result.greatCircle, result.geodesic]) {
      expect(chords).toBeLessThanOrEqual(length);
      expect(chords ** 2).toBeLessThanOrEqual(2 * energy * (1 + 1e-9));
    }
    expect(result.provenance.options).toMatchObject({ ends: [3, 5], segments: 16, distance: "l2" });

    const ways = readNpz(readFileSync(out));
    const [straight, found] = [ways.straight_line!, ways.geodesic!];
    expect(found.shape).toEqual([17, 4]);
    expect(ways.great_circle!.shape).toEqual([17, 4]);
    expect(Array.from(found.data.slice(0, 4) as Float32Array)).toEqual(
      Array.from(straight.data.slice(0, 4) as Float32Array),
    );
    // The ends may be given as points, too.
    const points = scratch(
      "ends.npy",
      writeNpy({
        shape: [2, 4],
        data: Float32Array.of(
          ...(found.data.slice(0, 4) as Float32Array),
          ...(found.data.slice(-4) as Float32Array),
        ),
      }),
    );
    const again = await json("geodesic", "--points", points);
    expect(again.geodesic.length).toBeCloseTo(result.geodesic.length, 5);
  });

  it("has no great circle where the prior is not normal", async () => {
    expect(await json("geodesic", "--prior", "uniform")).not.toHaveProperty("greatCircle");
    expect(await json("geodesic", "--from", "hidden")).not.toHaveProperty("greatCircle");
  });

  it("prints the table and draws the sheet", async () => {
    const sheet = scratch("ways.png");
    const { code, stdout } = await vielbein("geodesic", path, "--sheet", sheet, "--segments", "4");
    expect(code).toBe(0);
    expect(stdout).toMatch(/straight line .* 1\.0000 /);
    expect(stdout).toMatch(/converged after \d+ steps/);
    expect(decodePng(readFileSync(sheet)).width).toBeGreaterThan(1000);
  });

  it("refuses one code for both ends, and leaves out a great circle that is none", async () => {
    const same = await vielbein("geodesic", path, "--sample", "1", "--sample", "1");
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining("1 and 1 are the same code")]);
    const values = [0.1, 0.2, 0.3, 0.4];
    const data = Float32Array.of(...values, ...values, ...values.map((x) => -x));
    const points = ["--points", scratch("line.npy", writeNpy({ shape: [3, 4], data }))];
    const rows = await vielbein("geodesic", path, ...points);
    expect([rows.code, rows.stderr]).toEqual([2, expect.stringContaining("0 and 1 are the same code")]);
    const opposite = ["geodesic", path, ...points, "--sample", "0", "--sample", "2", "--segments", "4"];
    const { code, stdout, stderr } = await vielbein(...opposite, "--json");
    expect([code, stderr]).toEqual([0, expect.stringContaining("without the great circle: ")]);
    expect(Object.keys(JSON.parse(stdout))).not.toContain("greatCircle");
  });

  it("refuses what has not two ends, and keeps what it has when interrupted", async () => {
    const { code, stderr } = await vielbein("geodesic", path, "--sample", "1");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/a way has two ends, got 1/)]);
    const outcome = await interruptedAt(
      /steps, at most .* 2\/200$/,
      ...["geodesic", path, "--sample", "3", "--sample", "5"],
    );
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toMatch(/interrupted after 2 of at most 200 steps/);
    expect(outcome.stdout).toMatch(/not converged after 2 steps/);
  });
});

describe("vielbein ppl", () => {
  it("differences agree with the exact path length, the better the smaller ε until rounding", async () => {
    const at = (epsilon: string) => json("ppl", "--pairs", "40", "--epsilon", epsilon);
    const [coarse, fine] = [await at("0.1"), await at("0.001")];
    expect(fine.exact).toEqual(coarse.exact);
    expect(fine.difference.deviation).toBeLessThan(0.1 * coarse.difference.deviation);
    expect(fine.difference.mean / fine.exact.mean).toBeCloseTo(1, 2);
    expect(fine.exact.trimmed.interval[0]).toBeLessThan(fine.exact.trimmedMean);
    expect(fine.exact.trimmed.interval[1]).toBeGreaterThan(fine.exact.trimmedMean);
    expect(fine.provenance).toMatchObject({
      method: "perceptual path length",
      options: { path: "linear", at: "end", epsilon: 0.001, distance: "l2" },
    });
  });

  it("goes on where it was interrupted, and yields the same", async () => {
    const [whole, parts] = [scratch("whole.npz"), scratch("parts.npz")];
    const options = ["--at", "full", "--path", "spherical"];
    const expected = await json("ppl", "--pairs", "12", "--out", whole, ...options);
    await json("ppl", "--pairs", "5", "--out", parts, ...options);
    const resumed = await json("ppl", "--pairs", "12", "--out", parts, "--resume", ...options);
    expect(resumed.exact).toEqual(expected.exact);
    expect(readNpz(readFileSync(parts)).exact).toEqual(readNpz(readFileSync(whole)).exact);
    const t = Array.from(readNpz(readFileSync(whole)).t!.data as Float64Array);
    expect(new Set(t).size).toBe(12);
  });

  it("refuses an ε that rounding swallows, and says where one is near", async () => {
    for (const epsilon of ["1e-30", "1e-12"]) {
      const { code, stdout, stderr } = await vielbein("ppl", path, "--pairs", "2", "--epsilon", epsilon);
      expect([code, stdout]).toEqual([70, ""]);
      expect(stderr).toContain("the two points of a difference are the same in float32");
    }
    // The code moves, the outputs round.
    const faces = (epsilon: string) => vielbein("ppl", "sample", "--pairs", "4", "--epsilon", epsilon);
    const lost = await faces("1e-7");
    expect([lost.code, lost.stdout, lost.stderr]).toEqual([
      70,
      "",
      expect.stringContaining("differ more by rounding in float32 than by the path between them"),
    ]);
    const near = await faces("1e-6");
    expect([near.code, near.stdout]).toEqual([0, expect.stringContaining("near the rounding of outputs")]);
    expect((await json("ppl", "--pairs", "8")).difference).toMatchObject({ quality: "sound" });
  });

  it("takes pairs of rows, and refuses great circles where codes are near no sphere", async () => {
    const points = scratch(
      "pairs.npy",
      writeNpy({ shape: [4, 4], data: new Float32Array(16).map((_, i) => Math.sin(i)) }),
    );
    expect((await json("ppl", "--points", points)).pairs).toBe(2);
    const { code, stderr } = await vielbein("ppl", path, "--prior", "uniform", "--path", "spherical");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/not near a sphere/)]);
  });
});
