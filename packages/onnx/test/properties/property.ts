// A property of an operator: whatever its shapes and attributes, J and Jᵀ are linear, adjoint to each other,
// ⟨u, Jv⟩ = ⟨Jᵀu, v⟩, and the derivative of what the engine computes.

import fc from "fast-check";
import { expect } from "vitest";
import { OnnxMap } from "../../src/index.ts";
import {
  assemble,
  type Build,
  type DerivativeCheck,
  expectDerivative,
  type Reference,
} from "../derivative.ts";
import { type GraphBuilder, irregular, randomStream, relativeError, runtime } from "../helpers.ts";

/**
 * Where the derivative to compare with comes from; beyond those of the tables, `float32`: differences of fourth
 * order, for functions that are not affine and that the engine has in single precision only.
 */
interface Check extends Omit<DerivativeCheck, "reference"> {
  readonly reference?: Reference | "float32";
}

interface Sample extends Check {
  /** The shapes and attributes drawn, to be read where the property fails. */
  readonly about: string;
  readonly build: Build;
}

export interface OperatorProperty {
  readonly op: string;
  readonly samples: fc.Arbitrary<Sample>;
}

/** The operator in graphs that `build` makes of the shapes and attributes drawn. */
export function property<T>(
  op: string,
  drawn: fc.Arbitrary<T>,
  build: (g: GraphBuilder, drawn: T) => string,
  check: Check | ((drawn: T) => Check) = {},
): OperatorProperty {
  const samples = fc.tuple(drawn, fc.nat(1e6)).map(([parameters, seed]) => ({
    about: JSON.stringify(parameters),
    build: (g: GraphBuilder) => build(g, parameters),
    seed,
    ...(typeof check === "function" ? check(parameters) : check),
  }));
  return { op, samples };
}

/** What every sample must satisfy. */
export async function expectSample({ build, reference, ...rest }: Sample): Promise<void> {
  await expectAdjoint(build, rest);
  if (reference === "float32") await expectDifferences(build, rest);
  else await expectDerivative(build, reference === undefined ? rest : { ...rest, reference });
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/** The map of the graph at its point, for as long as `use` runs. */
async function withMap(
  build: Build,
  check: DerivativeCheck,
  use: (map: OnnxMap, point: Float32Array) => Promise<void>,
): Promise<void> {
  const { model, point } = assemble(build, "float32", check);
  const map = await OnnxMap.create(model, runtime);
  try {
    await use(map, Float32Array.from(point));
  } finally {
    await map.dispose();
  }
}

/** ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ for two tangents and two cotangents, and J(v + w) = Jv + Jw, to 1e-5. */
async function expectAdjoint(build: Build, check: DerivativeCheck): Promise<void> {
  await withMap(build, check, async (map, point) => {
    const [m, n] = [map.to.dim, map.from.dim];
    const v = Float32Array.from(irregular(randomStream(1), 2 * n));
    const u = Float32Array.from(irregular(randomStream(2), 2 * m));
    const [pushed, pulled] = [await map.jvp(point, v, 2), await map.vjp(point, u, 2)];
    const part = (all: Float32Array, size: number, i: number) => all.subarray(i * size, (i + 1) * size);
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const [ui, vj] = [part(u, m, i), part(v, n, j)];
      const [jv, ju] = [part(pushed, m, j), part(pulled, n, i)];
      const scale = Math.max(norm(ui) * norm(jv), norm(ju) * norm(vj), 1e-3);
      expect(Math.abs(dot(ui, jv) - dot(ju, vj)) / scale, "adjoint").toBeLessThan(1e-5);
    }
    const sum = part(v, n, 0).map((x, j) => x + part(v, n, 1)[j]!);
    const expected = part(pushed, m, 0).map((x, i) => x + part(pushed, m, 1)[i]!);
    const scale = Math.max(norm(pushed), 1e-3);
    expect(relativeError(await map.jvp(point, sum, 1), expected, scale), "linear").toBeLessThan(1e-5);
  });
}

/** Jv against (8(f(x+hv) − f(x−hv)) − (f(x+2hv) − f(x−2hv))) / 12h. */
async function expectDifferences(build: Build, check: DerivativeCheck): Promise<void> {
  await withMap(build, check, async (map, point) => {
    const h = 2 ** -5;
    const v = Float32Array.from(irregular(randomStream(3), map.from.dim, { high: 1 }));
    const at = (steps: number) =>
      map.evaluate(
        point.map((x, i) => x + steps * h * v[i]!),
        1,
      );
    const [ahead, behind, farAhead, farBehind] = [await at(1), await at(-1), await at(2), await at(-2)];
    const slope = ahead.map((y, i) => (8 * (y - behind[i]!) - (farAhead[i]! - farBehind[i]!)) / (12 * h));
    expect(relativeError(slope, await map.jvp(point, v, 1), 0.1), "differences").toBeLessThan(5e-4);
  });
}
