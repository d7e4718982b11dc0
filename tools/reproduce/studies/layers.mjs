// The layers of the mapping network: local dimension, Distortion, global-basis compatibility and the disentanglement
// that is measured (Choi, Hwang, Cho & Kang, "Analyzing the Latent Space of GAN through Local Dimension Estimation for
// Disentanglement Evaluation", arXiv:2205.13182), beside networks with redrawn weights.

import { localBasisAt } from "@vielbein/core";
import { localDimension } from "@vielbein/core/dimension";
import { chordalMean, grassmannDistance, subspaceAngles } from "@vielbein/core/grassmann";
import { rankCorrelation } from "@vielbein/core/statistics";
import { distortion, distortionSample, warpagePair } from "@vielbein/core/tangent-spaces";
import { leadingColumns, matrix } from "@vielbein/linalg";
import { median } from "../../bench/common/table.mjs";
import { selectColumns, usableFactors } from "../common/factors.mjs";
import { correlationAtEqualDepth } from "../common/permutation.mjs";
import { dciScores, SCORES, scoresOf } from "../common/scores.mjs";
import { meanOf } from "../common/verdict.mjs";
import { row } from "../common/world.mjs";
import { layerReport } from "./layers-report.mjs";

const SEED = 2;
const EPSILON = 0.1;

export async function layerStudy(world, counts) {
  const { pairs, points, samples, held, votes, untrained: networks } = counts;
  const names = await world.mappingLayers();
  const latents = world.latents(SEED, 0, samples);
  const measured = await world.measure(await world.mapping.evaluate(latents, samples), samples);
  const chosen = usableFactors(measured.factors, world.outputs);
  const factors = selectColumns(measured.factors, chosen);
  const kinds = chosen.map((j) => world.outputs[j].kind);
  const codesOf = (values, dim) => matrix(samples, dim, Float64Array.from(values));
  const score = (values, dim) => scoresOf(codesOf(values, dim), factors, kinds, { held, votes, seed: SEED });

  const nulls = Array.from({ length: networks }, (_, n) => world.untrained(SEED + n));
  const layers = [];
  for (const name of names) {
    const map = await world.map({ to: name });
    const redrawn = [];
    for (const model of nulls) redrawn.push(await world.map({ to: name }, model));
    const untrainedScores = [];
    for (const [n, other] of redrawn.entries()) {
      const values = await other.evaluate(latents, samples);
      // All scores of one network, which take long, and DCI of all.
      const scores =
        n === 0
          ? await score(values, map.to.dim)
          : dciScores(codesOf(values, map.to.dim), factors, kinds, held);
      untrainedScores.push(scores);
    }
    layers.push({
      name,
      ...(await geometryOf(() => map, { pairs, points, networks })),
      scores: await score(await map.evaluate(latents, samples), map.to.dim),
      untrained: {
        ...(await geometryOf((i) => redrawn[i % networks], { pairs, points, networks })),
        scores: untrainedScores,
      },
    });
    for (const one of [map, ...redrawn]) await one.dispose();
  }
  const ofInput = await score(latents, world.mapping.from.dim);
  const excluded = world.outputs.filter((_, j) => !chosen.includes(j)).map(({ name }) => name);
  return layerReport(world, layers, {
    ofInput,
    excluded,
    networks,
    factors: chosen.map((j) => world.outputs[j].name),
    correlations: { trained: correlationsOf(layers), untrained: atEqualDepth(layers, networks) },
    settings: `${pairs} pairs for Distortion with ε = ${EPSILON}, ${points} points for local dimension and compatibility, ${samples} samples (the last ${held} to test on) for the scores, ${votes} votes, ${networks} untrained networks that share pairs and points evenly, seed ${SEED}`,
  });
}

/** Distortion, local dimensions and compatibility; `mapAt` gives the map for pair or point i. */
async function geometryOf(mapAt, { pairs, points, networks }) {
  const distances = [];
  for (let i = 0; i < pairs; i++) {
    const map = mapAt(i);
    distances.push(await distortionSample(map, warpagePair(map.from, SEED, i), { epsilon: EPSILON }));
  }
  const [bases, dimensions] = [[], []];
  for (let i = 0; i < points; i++) {
    const map = mapAt(i);
    const { point } = warpagePair(map.from, SEED, i);
    const { outputVectors, singularValues } = await localBasisAt(map, row(point, 0, map.from.dim));
    const found = localDimension(singularValues, { inputDim: map.from.dim, outputDim: map.to.dim });
    bases.push(outputVectors);
    dimensions.push(found.dimension ?? Number.NaN);
  }
  const isOne = mapAt(0) === mapAt(1);
  const clusters = isOne ? undefined : distances.map((_, i) => i % networks);
  return {
    distances,
    distortion: distortion(distances, { seed: SEED, clusters }),
    dimensions,
    // Bases of different networks have no common one.
    incompatibility: isOne ? distanceFromMean(bases, dimensions) : Number.NaN,
  };
}

/** Mean distance of local spans, of the median local dimension, from the global one that is nearest to all of them. */
function distanceFromMean(bases, dimensions) {
  const known = dimensions.filter((x) => !Number.isNaN(x));
  if (known.length === 0) return Number.NaN;
  const k = Math.floor(median(known));
  const spans = bases.map((basis) => leadingColumns(basis, k));
  const { mean } = chordalMean(spans, k);
  return meanOf(spans.map((span) => grassmannDistance(subspaceAngles(span, mean), "normalizedGeodesic")));
}

/** ρ of Distortion, and of depth, over the layers with every score and with the distance from a global basis. */
function correlationsOf(layers) {
  const values = {
    depth: layers.map((_, i) => i),
    ...Object.fromEntries(Object.keys(SCORES).map((key) => [key, layers.map(({ scores }) => scores[key])])),
    incompatibility: layers.map(({ incompatibility }) => incompatibility),
  };
  const distortions = layers.map((layer) => layer.distortion.distortion ?? Number.NaN);
  return Object.fromEntries(
    Object.entries(values).map(([key, list]) => {
      const usable = (i) => Number.isFinite(list[i]) && Number.isFinite(distortions[i]);
      const indices = [...list.keys()].filter(usable);
      if (indices.length < 4) return [key, undefined];
      const rho = (x) =>
        rankCorrelation(
          indices.map((i) => x[i]),
          indices.map((i) => list[i]),
        ).rho;
      return [key, { rho: rho(distortions), ofDepth: rho(values.depth), layers: indices.length }];
    }),
  );
}

/** Of Distortion with DCI between untrained networks at equal depth, over the layers where each has a Distortion. */
function atEqualDepth(layers, networks) {
  const ofNetworks = layers.map(({ untrained: { distances } }) =>
    Array.from(
      { length: networks },
      (_, n) => distortion(distances.filter((_, i) => i % networks === n)).distortion,
    ),
  );
  const usable = [...layers.keys()].filter((i) => ofNetworks[i].every((d) => d !== undefined));
  return Object.fromEntries(
    ["disentanglement", "completeness", "informativeness"].map((key) => {
      if (usable.length === 0) return [key, undefined];
      const scores = usable.map((i) => layers[i].untrained.scores.map((found) => found[key]));
      const distortions = usable.map((i) => ofNetworks[i]);
      return [key, correlationAtEqualDepth(distortions, scores, { seed: SEED })];
    }),
  );
}
