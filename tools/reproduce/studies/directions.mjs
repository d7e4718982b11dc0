// Directions of W by six methods at equal change of the image: which factor each changes, how selectively, and how far
// the images leave the distribution of the generator (Choi et al., ICLR 2022; Shen & Zhou, CVPR 2021; Wang & Ponce,
// ICLR 2021; Choi et al., ICLR 2023). Selectivity is the largest share of one factor in the squared standardised change
// of all factors.

import { averageMetric, metricSpectrum, randomDirections } from "@vielbein/core";
import { frechetDistance, gaussianOf } from "@vielbein/core/disentanglement";
import { matrix } from "@vielbein/linalg";
import { deviations } from "../common/factors.mjs";
import { meanDifference, perturb } from "../common/perturb.mjs";
import { localBases, meanBasis } from "../common/tangents.mjs";
import { tested } from "../common/verdict.mjs";
import { row } from "../common/world.mjs";
import { directionReport } from "./directions-report.mjs";
import { sefaDirections } from "./warpage.mjs";

const SEED = 4;
/** Changes of the image, in units of the mean difference of independent images. */
const SIZES = [0.25, 0.5];

export async function directions(world, counts) {
  const { samples, points, reference: referenceCount, directions: kept, resamples } = counts;
  const latents = world.latents(SEED, 0, samples);
  const codes = await world.mapping.evaluate(latents, samples);
  const referenceCodes = await world.codes(SEED + 1, 0, referenceCount);
  const reference = await world.measure(referenceCodes, referenceCount);
  const unit = await meanDifference(world, referenceCodes, Math.min(200, referenceCount));
  const spread = deviations(matrix(referenceCount, world.mapping.to.dim, Float64Array.from(referenceCodes)));
  const start = Math.hypot(...spread);
  const fresh = await world.measure(await world.codes(SEED + 2, 0, 2 * samples), 2 * samples);
  const target = gaussianOf(reference.features);

  const methods = await directionsOf(world, { latents, samples, points, kept, components: referenceCount });
  const scale = deviations(reference.raw);
  /** The number of the direction that each code takes. */
  const taken = Int32Array.from({ length: samples }, (_, i) => i % kept);
  const results = {};
  for (const [method, directionAt] of Object.entries(methods)) {
    const sizes = [];
    for (const size of SIZES) {
      const found = await perturb(world, codes, samples, (i) => directionAt(i, taken[i]), {
        target: size * unit,
        start: size * start,
      });
      sizes.push({ size, ...found, achieved: found.changes.map((change) => change / (size * unit)) });
    }
    results[method] = { sizes, effects: effectsOf(sizes[0], samples, scale, world.outputs) };
  }
  return directionReport(world, results, {
    kept,
    taken,
    resamples,
    baseline: frechetDistance(gaussianOf(fresh.features), target),
    distances: distancesOf(results, target, samples, world.reading.to.dim),
    differences: differencesOf(results, target, world.reading.to.dim, { taken, resamples }),
    settings: `${samples} codes, ${kept} leading directions per method (code i takes direction i mod ${kept}, both ways), changes of ${SIZES.join(" and ")} of the mean difference of independent images (${unit.toFixed(3)} by root mean square of pixels), averaged metric and Fréchet basis of ${points} codes, PCA and reference of ${referenceCount} codes, ${resamples} resamples for Fréchet distances, seed ${SEED}`,
  });
}

/** Direction k at code i, by method. */
async function directionsOf(world, { latents, samples, points, kept, components }) {
  const dim = world.mapping.to.dim;
  const column = ({ rows, cols, data }, k) =>
    Float64Array.from({ length: rows }, (_, r) => data[r * cols + k]);
  const globally = (vectors) => (_, k) => column(vectors, k);
  const metricCodes = await world.codes(SEED + 3, 0, points);
  const spectra = [];
  for (let i = 0; i < points; i++)
    spectra.push(await metricSpectrum(world.synthesis, row(metricCodes, i, dim)));
  const local = await localBases(world.mapping, latents, samples, kept);
  const elsewhere = await localBases(world.mapping, world.latents(SEED + 3, 0, points), points, kept);
  return {
    "Local Basis": (i, k) => column(local[i], k),
    SeFa: globally(await sefaDirections(world)),
    PCA: globally(await world.principalComponents(SEED + 1, components, kept)),
    metric: globally(averageMetric(spectra).eigenvectors),
    Fréchet: globally(meanBasis(elsewhere).basis),
    random: globally(randomDirections(dim, kept, SEED)),
  };
}

/** Squared standardised change of every factor `[samples][factors]`, per unit of the change of the image. */
export function effectsOf({ raw, size, achieved }, samples, scale, outputs) {
  const width = scale.length;
  return Array.from({ length: samples }, (_, i) => {
    const unit = (size * (achieved[2 * i] + achieved[2 * i + 1])) / 2;
    const effect = (column) =>
      (raw[2 * i * width + column] - raw[(2 * i + 1) * width + column]) / scale[column] / (2 * unit);
    return outputs.map(
      ({ columns }) => columns.reduce((sum, column) => sum + effect(column) ** 2, 0) / columns.length,
    );
  });
}

function gaussianOfMembers(features, members, dim) {
  const chosen = matrix(2 * members.length, dim);
  members.forEach((i, at) => {
    chosen.data.set(features.subarray(2 * i * dim, (2 * i + 2) * dim), 2 * at * dim);
  });
  return gaussianOf(chosen);
}

/** Fréchet distance of the changed images from the reference, `[sizes]` by method. */
function distancesOf(results, target, samples, dim) {
  const all = Int32Array.from({ length: samples }, (_, i) => i);
  return Object.fromEntries(
    Object.entries(results).map(([method, { sizes }]) => [
      method,
      sizes.map(({ features }) => frechetDistance(gaussianOfMembers(features, all, dim), target)),
    ]),
  );
}

/**
 * How much farther each method's images are than those of the Local Basis, tested, `[sizes]` by method. Codes are
 * resampled, each with its images both ways; beside random directions all codes of one direction together.
 */
function differencesOf(results, target, dim, { taken, resamples }) {
  const { "Local Basis": own, ...others } = results;
  return Object.fromEntries(
    Object.entries(others).map(([method, { sizes }]) => [
      method,
      sizes.map(({ features }, s) => {
        const distance = (values, members) =>
          frechetDistance(gaussianOfMembers(values, members, dim), target);
        const difference = (members) =>
          distance(features, members) - distance(own.sizes[s].features, members);
        const clusters = method === "random" ? taken : undefined;
        return tested(taken.length, difference, { seed: SEED, resamples, clusters });
      }),
    ]),
  );
}
