// What functions require of the numbers that they are given.

import { VielbeinError } from "./errors.ts";

/**
 * Requires an integer from `low` to `high`.
 *
 * @param what begins the message, and may say more of the number: `mig: bins`.
 * @param most what `high` is, in words.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireInteger(
  what: string,
  value: number,
  low: number,
  high: number = Number.POSITIVE_INFINITY,
  most = "",
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const above = low === 1 ? "a positive integer" : `an integer of at least ${low}`;
  const range =
    high === Number.POSITIVE_INFINITY ? above : `an integer from ${low} to ${high}${most && `, ${most}`}`;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must be ${range}, got ${value}.`);
}

/**
 * Requires a number above 0, and finite.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requirePositive(what: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must be positive and finite, got ${value}.`);
}

/**
 * Requires a number above 0 and below 1.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireShare(what: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must lie between 0 and 1, got ${value}.`);
}

/**
 * Requires one of some names.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireChoice<Name extends string>(
  what: string,
  name: string,
  choices: readonly Name[],
): asserts name is Name {
  if ((choices as readonly string[]).includes(name)) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must be one of ${choices.join(", ")}, got "${name}".`);
}

/** What arguments of one kind are, in words, and how they are known. */
export type ArgumentKind = readonly [needed: string, fits: (value: unknown) => boolean];

/** Fits objects that have all of these parts. */
export function hasParts(...parts: string[]): (value: unknown) => boolean {
  return (value) => {
    const given = value as Readonly<Record<string, unknown>> | null | undefined;
    return parts.every((part) => given?.[part] !== undefined && given[part] !== null);
  };
}

/** Fits arrays of which every element fits. */
export function listOf(fits: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(fits);
}

/** The kinds that every package knows. */
type CommonKind = "bytes" | "function" | "list" | "numbers" | "object" | "text";

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const COMMON_KINDS: Readonly<Record<CommonKind, ArgumentKind>> = {
  bytes: ["a Uint8Array", (value) => value instanceof Uint8Array],
  function: ["a function", (value) => typeof value === "function"],
  list: ["an array", Array.isArray],
  numbers: ["an array of numbers", (value) => isObject(value) && hasParts("length")(value)],
  object: ["an object", isObject],
  text: ["a string", (value) => typeof value === "string"],
};

/** Throws unless `value`, named `what` in the message (`geodesic: start`), is of a kind. */
export type KindCheck<Kind extends string> = (what: string, kind: Kind | CommonKind, value: unknown) => void;

/**
 * A check of the kinds of arguments, `bytes`, `function`, `list`, `numbers`, `object`, `text` and those given: public
 * functions begin with it, so that what is forgotten or confused is said by name. It looks at the outside of a value
 * only; what types and ranges say beyond that is for whoever reads the parts.
 *
 * @returns a check that throws a {@link VielbeinError} `INVALID_ARGUMENT`.
 */
export function kindCheck<Kind extends string>(kinds: Readonly<Record<Kind, ArgumentKind>>): KindCheck<Kind> {
  const all: Readonly<Record<string, ArgumentKind>> = { ...COMMON_KINDS, ...kinds };
  return (what, kind, value) => {
    const [needed, fits] = all[kind] as ArgumentKind;
    if (fits(value)) return;
    throw new VielbeinError("INVALID_ARGUMENT", `${what} must be ${needed}, got ${kindOf(value)}.`);
  };
}

/** A value in a few words. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "another object";
  return typeof value === "number" || value === null ? String(value) : typeof value;
}

const matrixFits = hasParts("rows", "cols", "data");
const spectrumFits = hasParts("eigenvalues", "eigenvectors");

type Kind =
  | "cloud"
  | "derivative"
  | "directions"
  | "gaussian"
  | "labelled"
  | "leastSquares"
  | "localBasis"
  | "map"
  | "maps"
  | "matrices"
  | "matrix"
  | "neighbours"
  | "regionMetrics"
  | "sampledSpectrum"
  | "source"
  | "space"
  | "spectra"
  | "spectrum"
  | "texts";

/** Requires an argument of a kind that functions of this package take. */
export const requireKind: KindCheck<Kind> = kindCheck<Kind>({
  cloud: ["a Cloud, as Cloud.of makes it", hasParts("points", "rowOf")],
  derivative: ["a JacobianAt", hasParts("map", "point")],
  directions: [
    "a set of directions { space, vectors, names, method, … }",
    hasParts("space", "vectors", "names"),
  ],
  gaussian: ["{ mean, covariance }, as gaussianOf makes it", hasParts("mean", "covariance")],
  labelled: ["{ codes, factors, kinds }", hasParts("codes", "factors", "kinds")],
  leastSquares: ["an objective { value, model }", hasParts("value", "model")],
  localBasis: ["a local basis, as localBasis finds it", hasParts("point", "inputVectors", "singularValues")],
  map: ["a map, as functionMap and OnnxMap.create make it", hasParts("from", "to")],
  maps: ["an array of maps", listOf(hasParts("from", "to"))],
  matrices: ["an array of matrices { rows, cols, data }", listOf(matrixFits)],
  matrix: ["a matrix { rows, cols, data }", matrixFits],
  neighbours: ["neighbours, as nearestNeighbours finds them", hasParts("k", "n", "distances", "indices")],
  regionMetrics: ["{ inner, outer }, as regionMetricsAt makes it", hasParts("inner", "outer")],
  sampledSpectrum: [
    "a sampled spectrum, as sampledSpectrum makes it",
    hasParts("total", "leading", "diagonal"),
  ],
  source: ["a map, as functionMap and OnnxMap.create make it", hasParts("from")],
  space: ["a space { name, dim, shape }", hasParts("name", "dim", "shape")],
  spectra: ["an array of { eigenvalues, eigenvectors }", listOf(spectrumFits)],
  spectrum: ["{ eigenvalues, eigenvectors }, as metricSpectrum finds it", spectrumFits],
  texts: ["a Map of strings", hasParts("get", "entries")],
});
