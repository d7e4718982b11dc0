// The Fréchet basis: does it fit tangent spaces at unseen points better than principal components and SeFa do, and do
// its directions, or theirs refined by local bases, change single factors more selectively (Choi, Hwang, Cho & Kang,
// "Finding the Global Semantic Representation in GAN through Fréchet Mean", ICLR 2023).

import { randomDirections } from "@vielbein/core";
import { agreedBasis, grassmannDistance, haarBand, subspaceAngles } from "@vielbein/core/grassmann";
import { leadingColumns, matrix, orthonormalize } from "@vielbein/linalg";
import { deviations } from "../common/factors.mjs";
import { meanDifference, perturb } from "../common/perturb.mjs";
import { localBases, meanBasis } from "../common/tangents.mjs";
import { allOf, isPositive, meanOf, withInterval } from "../common/verdict.mjs";
import { effectsOf } from "./directions.mjs";
import { sharesOf } from "./directions-report.mjs";
import { sefaDirections } from "./warpage.mjs";

const SEED = 6;
const LEADING = [5, 10, 20];
/** Directions whose factors are measured. */
const KEPT = 10;
/** Change of the image, in units of the mean difference of independent images. */
const SIZE = 0.25;
/** Codes that the deviations of the factors are taken of. */
const MEASURED = 1000;

export async function frechet(world, counts) {
  const { points, held, samples, components, untrained: networks } = counts;
  const trained = await fitsOf(world, world.mapping, counts, await sefaDirections(world));
  const untrained = [];
  for (let n = 0; n < networks; n++) {
    const map = await world.map({ to: "w" }, world.untrained(SEED + n));
    untrained.push(await fitsOf(world, map, counts));
    await map.dispose();
  }
  const selectivity = await selectivityOf(world, trained, counts);
  return report(trained, untrained, selectivity, {
    settings: `${points} points for the mean and ${held} others for the fit (seed ${SEED}), k = ${LEADING.join(", ")}, principal components of ${components} codes, ${networks} untrained networks; factors at ${samples} codes (code i takes direction i mod ${KEPT} of each method, both ways), images changed by ${SIZE} of the mean difference of independent ones`,
  });
}

/** Bases of every method, by k, and their distances from held-out tangent spaces, `[held]`. */
async function fitsOf(world, map, { points, held, components }, sefa) {
  const most = Math.max(...LEADING);
  const local = await localBases(map, world.latents(SEED, 0, points), points, most);
  const unseen = await localBases(map, world.latents(SEED, points, held), held, most);
  const codes = await map.evaluate(world.latents(SEED + 1, 0, components), components);
  const principal = world.principalComponentsOf(codes, most);
  return LEADING.map((k) => {
    const first = (basis) => leadingColumns(basis, k);
    const found = meanBasis(local.map(first));
    const bases = { "Fréchet basis": found.basis, PCA: first(principal), ...(sefa && { SeFa: first(sefa) }) };
    const distances = Object.fromEntries(
      Object.entries(bases).map(([name, basis]) => [
        name,
        unseen.map((tangent) =>
          grassmannDistance(subspaceAngles(basis, first(tangent)), "normalizedGeodesic"),
        ),
      ]),
    );
    return { k, bases, distances, found, local, haar: haarBand(map.to.dim, k, { seed: SEED }).mean };
  });
}

/** Largest share of one factor in what each direction changes, code by code, of every method. */
async function selectivityOf(world, fits, { samples, components }) {
  const { bases, local } = fits.find(({ k }) => k === KEPT);
  const first = local.map((basis) => leadingColumns(basis, KEPT));
  const refined = (basis) => agreedBasis(orthonormalize(basis), first).basis;
  const methods = {
    ...bases,
    "PCA, refined": refined(bases.PCA),
    "SeFa, refined": refined(bases.SeFa),
    random: randomDirections(world.mapping.to.dim, KEPT, SEED),
  };
  const codes = await world.codes(SEED + 2, 0, samples);
  const reference = await world.codes(SEED + 3, 0, components);
  const unit = await meanDifference(world, reference, Math.min(200, components));
  const spread = deviations(matrix(components, world.mapping.to.dim, Float64Array.from(reference)));
  const measured = Math.min(components, MEASURED);
  const scale = deviations((await world.measure(reference, measured)).raw);
  const result = {};
  for (const [method, { rows, cols, data }] of Object.entries(methods)) {
    const directionOf = (i) => Float64Array.from({ length: rows }, (_, r) => data[r * cols + (i % KEPT)]);
    const found = await perturb(world, codes, samples, directionOf, {
      target: SIZE * unit,
      start: SIZE * Math.hypot(...spread),
    });
    const achieved = found.changes.map((change) => change / (SIZE * unit));
    const effects = effectsOf({ ...found, size: SIZE, achieved }, samples, scale, world.outputs);
    result[method] = effects.map((effect) => Math.max(...sharesOf(effect)));
  }
  return result;
}

function report(trained, untrained, selectivity, { settings }) {
  const methods = Object.keys(trained[0].distances);
  return {
    title: "The Fréchet basis",
    source:
      "Choi, Hwang, Cho & Kang, “Finding the Global Semantic Representation in GAN through Fréchet Mean”, ICLR 2023",
    settings,
    claims: [...fitClaims(trained), ...selectivityClaims(selectivity)],
    tables: [
      {
        title:
          "Distance from tangent spaces at unseen points, √(Σθ²/k) in radians: mean over the points, 95 % interval; in brackets the least and the most of untrained networks",
        rows: [
          ["k", ...methods, "uniform (Haar)", "agreement", "radius"],
          ...trained.map(({ k, distances, haar, found }, i) => [
            k,
            ...methods.map((name) =>
              fitCell(
                distances[name],
                untrained.map((fits) => fits[i].distances[name]),
              ),
            ),
            haar.toFixed(3),
            meanOf(found.agreement).toFixed(2),
            found.subspace.radius.toFixed(2),
          ]),
        ],
      },
      {
        title:
          "Share of the most changed factor, at equal change of the image: mean over codes, 95 % interval",
        rows: [
          ["method", "selectivity"],
          ...Object.entries(selectivity).map(([name, values]) => [name, withInterval(isPositive(values), 3)]),
        ],
      },
    ],
    figures: [],
    notes: [
      "Agreement is the mean |cos| of the directions with their matches among the local ones; radius is the largest arc length from the mean to a tangent space that it was made from, in radians. Beyond π/4 the mean need not be unique; the descent starts at the chordal mean. Untrained networks are fitted by the same number of points, their principal components those of their own codes; SeFa is of the synthesis network, which they do not have.",
      "To fit tangent spaces better than principal components do is what the mean minimises; that it does so at unseen points shows that it has not fitted its own points only. The distances stay far from 0: no few global directions are close to all tangent spaces.",
    ],
    data: [
      { name: "frechet-fit", rows: fitRows(trained, methods) },
      {
        name: "frechet-selectivity",
        rows: [
          ["code", ...Object.keys(selectivity)],
          ...Object.values(selectivity)[0].map((_, i) => [
            i,
            ...Object.values(selectivity).map((values) => values[i]),
          ]),
        ],
      },
    ],
  };
}

function fitClaims(trained) {
  return ["PCA", "SeFa"].map((rival) => {
    const parts = trained.map(({ distances }) =>
      isPositive(distances[rival].map((distance, i) => distance - distances["Fréchet basis"][i])),
    );
    return {
      claim: `The Fréchet basis is nearer to tangent spaces at unseen points than ${rival}`,
      criterion: `mean difference of distances, point by point, above 0 at every k = ${LEADING.join(", ")}, 95 % interval`,
      ...allOf(parts),
      evidence: parts.map((part, i) => `k = ${LEADING[i]}: ${withInterval(part, 3)}`).join("; "),
    };
  });
}

function selectivityClaims(selectivity) {
  const compared = (a, b) => ({
    name: b,
    ...isPositive(selectivity[a].map((x, i) => x - selectivity[b][i])),
  });
  const claim = (text, parts) => ({
    claim: text,
    criterion: "mean difference of selectivity, code by code, above 0 in both, 95 % interval",
    ...allOf(parts),
    evidence: parts.map((part) => `${part.name} ${withInterval(part, 3)}`).join("; "),
  });
  return [
    claim(
      "Directions of the Fréchet basis change single factors more selectively than those of PCA and SeFa",
      [compared("Fréchet basis", "PCA"), compared("Fréchet basis", "SeFa")],
    ),
    claim("Refined by local bases, directions of PCA and SeFa change single factors more selectively", [
      compared("PCA, refined", "PCA"),
      compared("SeFa, refined", "SeFa"),
    ]),
  ];
}

function fitCell(distances, others) {
  const means = others.filter(Boolean).map(meanOf);
  const range =
    means.length > 0 ? ` (${Math.min(...means).toFixed(3)} to ${Math.max(...means).toFixed(3)})` : "";
  const { value, interval } = isPositive(distances);
  return `${value.toFixed(3)}, ${interval.map((x) => x.toFixed(3)).join(" to ")}${range}`;
}

function fitRows(trained, methods) {
  return [
    ["k", "point", ...methods],
    ...trained.flatMap(({ k, distances }) =>
      distances[methods[0]].map((_, i) => [k, i, ...methods.map((name) => distances[name][i])]),
    ),
  ];
}
