import { matrix, orthogonal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  chordalMean,
  grassmannDistance,
  grassmannExp,
  karcherMean,
  subspaceAngles,
} from "../../src/grassmann/index.ts";
import { build, frame, leading, tangentAt } from "./frames.ts";

const geodesic = (a: Parameters<typeof subspaceAngles>[0], b: typeof a) =>
  grassmannDistance(subspaceAngles(a, b), "geodesic");
const haar = (count: number, n: number, k: number) =>
  Array.from({ length: count }, (_, i) => orthogonal(2, i, n, k));
const opposite = (y: ReturnType<typeof frame>, length: number, seed: number) => {
  const tangent = tangentAt(y, length, seed);
  const back = build(y.rows, y.cols, (i, j) => -tangent.data[i * y.cols + j]!);
  return [grassmannExp(y, tangent), grassmannExp(y, back)];
};

describe("karcherMean", () => {
  it("of two lines at right angles is not unique: both bisectors are means", () => {
    const [a, b] = [matrix(2, 1, [1, 0]), matrix(2, 1, [0, 1])];
    const report = karcherMean([a, b]);
    expect(report.unique).toBe(false);
    expect(report.radius).toBeCloseTo(Math.PI / 4, 12);
    // A little nearer there is one.
    const near = matrix(2, 1, [Math.sin(0.01), Math.cos(0.01)]);
    expect(karcherMean([a, near]).unique).toBe(true);
  });

  it("is not looked for where it is: of equal points, to a tolerance of 0", () => {
    const line = matrix(2, 1, [1, 0]);
    const { descents, converged, residual } = karcherMean([line, line], { tolerance: 0, restarts: 0 });
    expect([converged, residual]).toEqual([true, 0]);
    for (const { iterations } of descents) expect(iterations).toBe(0);
  });

  it("of points opposite each other about Y is Y", () => {
    const y = frame(12, 3, 1);
    const frames = [2, 3, 4].flatMap((seed) => opposite(y, 0.1 * seed, seed));
    const { mean, converged, residual, unique, radius, variance } = karcherMean(frames);
    expect(geodesic(mean, y)).toBeLessThan(1e-8);
    expect([converged, unique]).toEqual([true, true]);
    expect(residual).toBeLessThan(1e-8);
    expect(radius).toBeCloseTo(0.4, 7);
    expect(variance).toBeCloseTo((0.04 + 0.09 + 0.16) / 3, 7);
  });

  it("of two points is half way; of equal ones the same", () => {
    const [a, b] = [frame(7, 2, 1), grassmannExp(frame(7, 2, 1), tangentAt(frame(7, 2, 1), 1.4, 8))];
    const { mean } = karcherMean([a, b]);
    expect(geodesic(mean, a)).toBeCloseTo(0.7, 8);
    expect(geodesic(mean, b)).toBeCloseTo(0.7, 8);
    const same = karcherMean([a, a, a]);
    expect(geodesic(same.mean, a)).toBeLessThan(1e-12);
    expect(same.iterations).toBe(0);
  });

  it("says when it is not known to be unique, and reports every descent", () => {
    const report = karcherMean(haar(12, 40, 6), { restarts: 3, iterations: 60 });
    expect(report.unique).toBe(false);
    expect(report.radius).toBeGreaterThan(Math.PI / 4);
    expect(report.descents.map((d) => d.start)).toEqual(["chordal mean", 0, 1, 2]);
    expect(report.variance).toBe(Math.min(...report.descents.map((d) => d.variance)));
    for (const { converged, residual } of report.descents) expect(residual <= 1e-8).toBe(converged);
  });

  it("reports what is left when the iterations end too early", () => {
    const report = karcherMean(haar(12, 40, 6), { iterations: 1 });
    expect(report.converged).toBe(false);
    expect(report.iterations).toBe(1);
    expect(report.residual).toBeGreaterThan(1e-8);
  });

  it("a shift of the mean raises the variance", () => {
    const frames = haar(5, 10, 2);
    const { mean, variance } = karcherMean(frames);
    for (let seed = 0; seed < 10; seed++) {
      const moved = grassmannExp(mean, tangentAt(mean, 1e-3, seed));
      const there = frames.reduce((sum, y) => sum + geodesic(moved, y) ** 2, 0) / 5;
      expect(there).toBeGreaterThan(variance);
    }
  });

  it("refuses a mixture of dimensions, and nothing", () => {
    expect(() => karcherMean([frame(5, 2, 1), frame(5, 3, 1)])).toThrow(/2 and 3/);
    expect(() => karcherMean([])).toThrow(/at least one/);
  });
});

describe("chordalMean", () => {
  it("of 50 uniform 10-dimensional subspaces of R^512 has no consensus: largest eigenvalue 0.077", () => {
    const { spectrum, mean } = chordalMean(haar(50, 512, 10));
    expect(spectrum[0]).toBeGreaterThan(0.075);
    expect(spectrum[0]).toBeLessThan(0.079);
    expect(spectrum.reduce((sum, x) => sum + x, 0)).toBeCloseTo(10, 10);
    expect([mean.rows, mean.cols]).toEqual([512, 10]);
  });

  it("of equal subspaces is the same, with eigenvalues 1 and 0", () => {
    const y = frame(9, 3, 4);
    const { mean, spectrum } = chordalMean([y, y]);
    expect(geodesic(mean, y)).toBeLessThan(1e-14);
    expect(Array.from(spectrum, (x) => +x.toFixed(12))).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it("is the same by the frames side by side and by the mean projector", () => {
    const few = [frame(20, 4, 1), frame(20, 4, 2)];
    const many = [...few, ...few, ...few];
    const [a, b] = [chordalMean(few), chordalMean(many)];
    for (let i = 0; i < 8; i++) expect(a.spectrum[i]).toBeCloseTo(b.spectrum[i]!, 13);
    expect(geodesic(a.mean, b.mean)).toBeLessThan(1e-7);
  });

  it("finds what subspaces of different dimensions share", () => {
    const axes = frame(10, 10, 3);
    const span = (...columns: number[]) =>
      build(10, columns.length, (i, j) => axes.data[i * 10 + columns[j]!]!);
    const { mean, spectrum } = chordalMean([span(0, 1), span(0, 2, 3), span(0, 4)], 1);
    expect(spectrum[0]).toBeCloseTo(1, 13);
    expect(spectrum[1]).toBeCloseTo(1 / 3, 13);
    expect(geodesic(mean, leading(axes, 1))).toBeLessThan(1e-12);
    expect(() => chordalMean([span(0)], 2)).toThrow(/from 1 to 1, got 2/);
  });
});
