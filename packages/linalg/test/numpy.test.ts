// Golden values: NumPy's decompositions of the same matrices (tools/reference/linalg/make_fixtures.py).

import { describe, expect, it } from "vitest";
import { canonicalSigns, eigh, qr, svd } from "../src/index.ts";
import { absoluteError, fixtureArrays } from "./helpers.ts";

const { matrixOf, vectorOf } = fixtureArrays("numpy.npz");
const TOLERANCE = 1e-13;

describe.each(["12x7", "7x12", "16x16"])("numpy.linalg on %s", (name) => {
  it("svd", () => {
    const { u, s, v } = svd(matrixOf(`${name}/a`));
    expect(absoluteError(s, vectorOf(`${name}/s`))).toBeLessThan(TOLERANCE);
    const ours = canonicalSigns(u, v);
    const theirs = canonicalSigns(matrixOf(`${name}/u`), matrixOf(`${name}/v`));
    expect(absoluteError(ours.u.data, theirs.u.data)).toBeLessThan(TOLERANCE);
    expect(absoluteError(ours.v.data, theirs.v.data)).toBeLessThan(TOLERANCE);
  });

  it("qr, up to the signs of LAPACK's diagonal", () => {
    const { q, r } = qr(matrixOf(`${name}/a`));
    const magnitudes = (data: Float64Array) => data.map(Math.abs);
    expect(absoluteError(magnitudes(q.data), magnitudes(vectorOf(`${name}/q`)))).toBeLessThan(TOLERANCE);
    expect(absoluteError(magnitudes(r.data), magnitudes(vectorOf(`${name}/r`)))).toBeLessThan(TOLERANCE);
  });
});

it("numpy.linalg.eigh, in descending order", () => {
  const { values, vectors } = eigh(matrixOf("eigh/a"));
  expect(absoluteError(values, vectorOf("eigh/values"))).toBeLessThan(TOLERANCE);
  const ours = canonicalSigns(vectors, vectors).u;
  const theirs = matrixOf("eigh/vectors");
  expect(absoluteError(ours.data, canonicalSigns(theirs, theirs).u.data)).toBeLessThan(TOLERANCE);
});
