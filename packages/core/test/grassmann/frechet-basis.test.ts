import { type Matrix, matmul, matrix, normal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { agreedBasis, frechetBasis, grassmannExp, matchDirections } from "../../src/grassmann/index.ts";
import { rotationExp, rotationLog, rotationMean } from "../../src/grassmann/rotations.ts";
import { build, frame, maxDifference, tangentAt } from "./frames.ts";

function skew(k: number, norm: number, seed: number): Matrix {
  const raw = normal(seed, 0, k * k);
  const result = build(k, k, (i, j) => raw[i * k + j]! - raw[j * k + i]!);
  const length = Math.hypot(...result.data);
  return matrix(
    k,
    k,
    result.data.map((x) => (x * norm) / length),
  );
}

const negative = (a: Matrix) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((x) => -x),
  );

describe("rotations", () => {
  const plane = (angle: number) =>
    matrix(2, 2, [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)]);
  const turned = [0.1, 0.2, 0.9].map(plane);
  const start = plane(0.3);

  it("the mean in a plane turns by the mean angle, which one step finds", () => {
    const { mean, converged, iterations, residual } = rotationMean(turned, start, 1e-12, 50);
    expect(maxDifference(mean.data, plane(0.4).data)).toBeLessThan(1e-12);
    expect([converged, iterations]).toEqual([true, 1]);
    expect(residual).toBeLessThan(1e-12);
    expect(
      maxDifference(rotationMean([plane(0.7)], start, 1e-12, 50).mean.data, plane(0.7).data),
    ).toBeLessThan(1e-12);
  });

  it("takes no more steps than it may, and says how far the mean is", () => {
    const { mean, converged, iterations, residual } = rotationMean(turned, start, 1e-12, 0);
    expect([mean, converged, iterations]).toEqual([start, false, 0]);
    // Two entries of 0.1.
    expect(residual).toBeCloseTo(0.1 * Math.SQRT2, 12);
    expect(rotationMean(turned, start, residual, 0).converged).toBe(true);
    expect(rotationMean(turned, start, residual / 2, 1)).toMatchObject({ converged: true, iterations: 1 });
  });

  it("log∘exp is the identity for angles below π", () => {
    for (const k of [1, 2, 3, 6]) {
      for (const norm of k === 1 ? [0] : [0, 1e-9, 1e-3, 1, 3, 4]) {
        const omega = k === 1 ? matrix(1, 1) : skew(k, norm, 10 * k);
        expect(maxDifference(rotationLog(rotationExp(omega)).data, omega.data)).toBeLessThan(1e-12);
      }
    }
  });

  it("exp in the plane is the rotation by the angle", () => {
    const quarter = rotationExp(matrix(2, 2, [0, -Math.PI / 2, Math.PI / 2, 0]));
    expect(maxDifference(quarter.data, [0, -1, 1, 0])).toBeLessThan(1e-15);
    for (const angle of [1e-9, 1e-5, 5e-5, 2e-4]) {
      const small = rotationExp(matrix(2, 2, [0, -angle, angle, 0])).data;
      expect(Math.abs(small[2]! / Math.sin(angle) - 1), String(angle)).toBeLessThan(1e-14);
    }
  });
});

describe("frechetBasis", () => {
  const y = frame(15, 4, 1);

  /** Local bases about y: tilted out of its span and turned inside it, each with its opposite. */
  const around = [2, 3, 4].flatMap((seed) => {
    const [tilt, turn] = [tangentAt(y, 0.1 * seed, seed), skew(4, 0.2, seed)];
    return [
      matmul(grassmannExp(y, tilt), rotationExp(turn)),
      matmul(grassmannExp(y, negative(tilt)), rotationExp(negative(turn))),
    ];
  });

  it("of bases about one, opposite each other, is that one", () => {
    const { basis, subspace, rotation, agreement } = frechetBasis(around);
    for (const { first, second, cosine } of matchDirections(y, basis)) {
      expect(1 - Math.abs(cosine)).toBeLessThan(1e-12);
      expect(second).toBe(first);
    }
    expect([subspace.unique, subspace.converged, rotation.converged]).toEqual([true, true, true]);
    expect(Math.min(...agreement)).toBeGreaterThan(0.9);
  });

  it("does not depend on order and signs of the local directions", () => {
    const shuffled = around.map((basis, j) => {
      const order = [
        [0, 1, 2, 3],
        [3, 0, 2, 1],
        [1, 0, 3, 2],
      ][j % 3]!;
      return build(15, 4, (i, l) => ((l + j) % 2 ? -1 : 1) * basis.data[i * 4 + order[l]!]!);
    });
    const { basis } = frechetBasis(shuffled);
    for (const { cosine } of matchDirections(y, basis)) expect(1 - Math.abs(cosine)).toBeLessThan(1e-12);
  });

  it("of equal bases is that basis, and says where bases do not agree", () => {
    const same = frechetBasis([y, y, y]);
    expect(maxDifference(same.basis.data, y.data)).toBeLessThan(1e-13);
    expect(maxDifference(same.agreement, [1, 1, 1, 1])).toBeLessThan(1e-13);
    const unrelated = frechetBasis([2, 3, 4, 5, 6].map((seed) => frame(15, 4, seed)));
    expect(unrelated.subspace.unique).toBe(false);
    expect(Math.max(...unrelated.agreement)).toBeLessThan(0.9);
  });

  it("in the span of other directions is the rotation that local bases agree on, whichever frame it is given by", () => {
    const turned = matmul(y, rotationExp(skew(4, 0.7, 9)));
    const { basis, rotation, agreement } = agreedBasis(turned, around);
    expect(rotation.converged).toBe(true);
    for (const { cosine } of matchDirections(y, basis)) expect(1 - Math.abs(cosine)).toBeLessThan(1e-12);
    expect(Math.min(...agreement)).toBeGreaterThan(0.9);
    expect(() => agreedBasis(frame(15, 3, 1), around)).toThrow(/3, got 4/);
    expect(() => agreedBasis(y, [])).toThrow(/got none/);
    expect(() => agreedBasis(y, [frame(12, 4, 1)])).toThrow(/R\^15/);
  });

  it("refuses a basis with a direction at right angles to the mean", () => {
    const axes = frame(8, 8, 3);
    const span = (...columns: number[]) =>
      build(8, columns.length, (i, j) => axes.data[i * 8 + columns[j]!]!);
    const bases = [span(0, 1), span(0, 1), span(0, 1), span(0, 2)];
    // The chordal mean is span(0, 1); one step of the descent would turn it.
    expect(() => frechetBasis(bases, { iterations: 0 })).toThrow(/basis 3 has a direction at right angles/);
    expect(frechetBasis(bases).subspace.radius).toBeCloseTo((3 * Math.PI) / 8, 6);
  });
});
