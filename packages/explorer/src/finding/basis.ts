// The Local Basis at a code: the first few directions before the others, so that one can move along them.

import { deadRows, type InputBasis, InputBasisSearch, inputBasisAt, JacobianAt } from "@vielbein/core";
import { type LocalDimension, localDimension } from "@vielbein/core/dimension";
import { type Matrix, matrix } from "@vielbein/linalg";
import type { ExplorerSpectrum } from "@vielbein/viz/explorer";
import type { Spaces } from "../opening/spaces.ts";
import { MEMORY_BUDGET } from "../opening/survey.ts";
import { type Derivative, LEADING } from "./derivative.ts";
import { constant, FEW, type Found, isLarge, keepLeading, type Search } from "./found.ts";

/**
 * How many leading directions are found first, and to which residual, as a fraction of σ₁: before the whole Jacobian
 * the first few, roughly; where there is no whole one, in two steps.
 */
const BEFORE_WHOLE = [
  { k: 4, tolerance: 1e-2 },
  { k: FEW, tolerance: 1e-2 },
] as const;
const STEPS = [
  { k: 4, tolerance: 1e-3 },
  { k: FEW, tolerance: 1e-4 },
] as const;
/** Codes so short that their whole Jacobian takes no longer than the first few directions. */
const SHORT = 48;
/** The share of the work that the directions before the whole Jacobian are. */
const FIRST_SHARE = 0.2;

export interface LocalFound extends Found {
  readonly spectrum: ExplorerSpectrum;
}

/** Local Basis at `point`. `progress` is handed the first directions before the rest. */
export async function findBasis(
  spaces: Spaces,
  point: Float32Array,
  derivative: Derivative,
  search: Search<LocalFound>,
): Promise<LocalFound> {
  const at = derivative.at(search.signal);
  const found = (basis: InputBasis): LocalFound => basisFound(spaces, point, basis);
  if (!at.prefersLeading(LEADING)) return found(await wholeBasis(at, derivative, found, search));
  const wanted = at.isIterated(LEADING) && isLarge(spaces) ? FEW : LEADING;
  const most = Math.min(spaces.map.to.dim, wanted, at.tripletsThatFit);
  const steps = STEPS.filter(({ k }) => k < most);
  const leading = new InputBasisSearch(at);
  for (const [i, { k, tolerance }] of steps.entries()) {
    const basis = await leading.find(k, tolerance);
    search.progress({ share: (i + 1) / (steps.length + 2), found: found(basis) });
  }
  return found(await leading.find(most));
}

async function wholeBasis(
  at: JacobianAt,
  derivative: Derivative,
  found: (basis: InputBasis) => LocalFound,
  { signal, progress }: Search<LocalFound>,
): Promise<InputBasis> {
  if (!derivative.isHeld()) return inputBasisAt(at);
  if (at.inputs > SHORT && at.outputs > SHORT) {
    const leading = new InputBasisSearch(at);
    for (const { k, tolerance } of BEFORE_WHOLE) {
      progress({ share: FIRST_SHARE, found: found(await leading.find(k, tolerance)) });
    }
  }
  const held = await derivative.held({
    signal,
    progress: (share) => progress({ share: FIRST_SHARE + (0.9 - FIRST_SHARE) * share }),
  });
  return inputBasisAt(JacobianAt.of(held, at.point, { signal, memoryBudget: MEMORY_BUDGET }));
}

function basisFound(
  spaces: Spaces,
  point: Float32Array,
  { singularValues, inputVectors, route }: InputBasis,
): LocalFound {
  const { map } = spaces;
  const isWhole = singularValues.length === Math.min(map.from.dim, map.to.dim);
  const set = keepLeading(spaces, {
    space: map.from,
    vectors: inputVectors,
    names: [],
    values: { kind: "singular value", values: singularValues },
    method: "local basis",
    point,
  });
  return {
    set,
    deviations: constant(spaces, set),
    samples: 0,
    options: { k: set.vectors.cols, routes: [route] },
    route,
    spectrum: {
      singularValues,
      dimension: isWhole ? dimensionOf(map, singularValues, inputVectors) : undefined,
      route,
    },
  };
}

function dimensionOf(
  { from, to }: Spaces["map"],
  singularValues: Float64Array,
  inputVectors: Matrix,
): LocalDimension {
  // An input is dead where its row of V·diag(σ), as long as its column of J, is zero.
  const { rows, cols, data } = inputVectors;
  const lengths = matrix(
    rows,
    cols,
    data.map((x, at) => x * singularValues[at % cols]),
  );
  return localDimension(singularValues, {
    inputDim: from.dim,
    outputDim: to.dim,
    deadInputs: deadRows(lengths),
  });
}
