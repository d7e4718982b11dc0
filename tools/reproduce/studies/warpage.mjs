// Warpage of W: distances of local bases at independent points, to global bases, and at neighbours, for every k (Choi
// et al., "Do Not Escape From the Manifold", ICLR 2022), beside the same network with redrawn weights.

import { sefa, selectMaps } from "@vielbein/core";
import { haarProfile } from "@vielbein/core/grassmann";
import { summarizeProfiles, warpagePair, warpageSample } from "@vielbein/core/tangent-spaces";
import { firstAffineMaps, prepare } from "@vielbein/onnx";
import { curvePlot } from "@vielbein/viz";
import { allOf, isPositive, tally, tested, withInterval } from "../common/verdict.mjs";

const SEED = 1;
const EPSILON = 0.1;
const DISTANCE = "geodesic";
const MORE = 2;
/** A near pair whose tangent spaces differ by less lies in one linear piece of the network, but for rounding. */
const KINK = 1e-3;

export async function warpage(world, { pairs, untrained: networks, samples }) {
  const { mapping } = world;
  const k = Math.min(50, mapping.from.dim, mapping.to.dim);
  const references = {
    sefa: await sefaDirections(world),
    pca: await world.principalComponents(SEED, samples, k),
  };
  const options = { k, epsilons: [EPSILON], distances: [DISTANCE] };
  const profiles = {
    haar: [],
    random: [],
    sefa: [],
    pca: [],
    near: [],
    untrainedRandom: [],
    untrainedNear: [],
  };
  const nulls = [];
  for (let n = 0; n < networks; n++) nulls.push(await world.map({ to: "w" }, world.untrained(SEED + n)));
  for (let i = 0; i < pairs; i++) {
    const pair = warpagePair(mapping.from, SEED, i);
    const own = await warpageSample(mapping, pair, { ...options, references });
    const redrawn = await warpageSample(nulls[i % networks], pair, options);
    const found = {
      haar: haarProfile(SEED, i, mapping.to.dim, k, { distances: [DISTANCE] }),
      random: own.randomPair,
      sefa: own.references.sefa,
      pca: own.references.pca,
      near: own.nearPairs[0],
      untrainedRandom: redrawn.randomPair,
      untrainedNear: redrawn.nearPairs[0],
    };
    for (const [name, profile] of Object.entries(found)) profiles[name].push(profile[DISTANCE]);
  }
  for (const map of nulls) await map.dispose();
  return report(world, profiles, k, { pairs, networks, samples });
}

export async function sefaDirections(world) {
  const graph = await prepare(world.model, world.runtime, { from: "w", to: "image" });
  return sefa(selectMaps(firstAffineMaps(graph)).map(({ weight }) => weight)).directions;
}

/** At every k, whether the distances `larger` exceed `factor` times the distances `smaller`, pair by pair. */
function comparison(profiles, ks, larger, smaller, factor = 1) {
  return ks.map((k) =>
    isPositive(profiles[larger].map((profile, i) => profile[k - 1] - factor * profiles[smaller][i][k - 1])),
  );
}

/**
 * The ratio of mean random and mean near distances at k, trained over untrained. Pairs of one untrained network are
 * drawn together, and the trained network's distances for the same pairs with them.
 */
function ratioOfRatios(profiles, k, networks) {
  const clusters = profiles.random.map((_, i) => i % networks);
  const statistic = (members) => {
    const mean = (name) => members.reduce((sum, i) => sum + profiles[name][i][k - 1], 0) / members.length;
    return mean("random") / mean("near") / (mean("untrainedRandom") / mean("untrainedNear"));
  };
  return tested(clusters.length, statistic, { bound: 1, seed: SEED, clusters });
}

function report(world, profiles, k, { pairs, networks, samples }) {
  const ks = [1, 2, 5, 10, 20, 30, 40, 50].filter((one) => one <= k);
  const means = Object.fromEntries(
    Object.entries(profiles).map(([name, list]) => [name, summarizeProfiles(list).mean]),
  );
  const labels = {
    haar: "Haar",
    random: "random pair",
    sefa: "to SeFa",
    pca: "to PCA",
    near: "near pair",
    untrainedRandom: "untrained random pair",
    untrainedNear: "untrained near pair",
  };
  const orderings = [
    ["haar", "random"],
    ["random", "sefa"],
    ["sefa", "pca"],
    ["pca", "near", MORE],
  ].map(([larger, smaller, factor = 1]) => ({
    name: `${labels[larger]} > ${factor > 1 ? `${factor} × ` : ""}${labels[smaller]}`,
    parts: comparison(profiles, ks, larger, smaller, factor),
  }));
  const curved = comparison(profiles, ks, "random", "near", MORE);
  const learnt = ratioOfRatios(profiles, k, networks);
  const settings = `${pairs} pairs (seed ${SEED}), k up to ${k}, ε = ${EPSILON}, PCA of ${samples} codes, ${networks} untrained networks that share the pairs evenly`;
  return {
    title: "Warpage of W",
    source:
      "Choi, Lee, Yoon, Park, Hwang & Kang, “Do Not Escape From the Manifold”, ICLR 2022; SeFa: Shen & Zhou, CVPR 2021",
    settings,
    claims: [
      {
        claim:
          "W is curved: tangent spaces at independent points differ far more than at neighbouring points",
        criterion: `random pair > ${MORE} × near pair at every k = ${ks.join(", ")} (95 % interval of the mean difference)`,
        ...allOf(curved),
        evidence: tally(curved),
      },
      ...orderings.map(({ name, parts }) => ({
        claim: `Order of the mean distances: ${name}`,
        criterion: "the same at every k",
        ...allOf(parts),
        evidence: tally(parts),
      })),
      {
        claim:
          "Control: the curvature is learnt, the ratio of random to near distances is larger than in untrained networks",
        criterion: `at k = ${k}, (mean random / mean near) trained over the same untrained, 95 % interval above 1; networks, each with its pairs, are resampled`,
        ...learnt,
        evidence: `trained / untrained = ${withInterval(learnt, 2)}`,
      },
    ],
    tables: [
      {
        title: "Mean geodesic distance (rad) by k",
        rows: [
          ["k", ...Object.values(labels)],
          ...ks.map((one) => [one, ...Object.keys(labels).map((name) => means[name][one - 1].toFixed(3))]),
        ],
      },
      {
        title: "Orderings by k, each k by itself",
        rows: [
          ["k", ...orderings.map(({ name }) => name)],
          ...ks.map((one, i) => [one, ...orderings.map(({ parts }) => parts[i].verdict)]),
        ],
      },
      {
        title: `Share of the near pairs below ${KINK} rad by k: their two points lie in one linear piece`,
        rows: [
          ["k", "trained", "untrained"],
          ...ks.map((one) => [
            one,
            ...["near", "untrainedNear"].map((name) => {
              const below = profiles[name].filter((profile) => profile[one - 1] < KINK).length;
              return `${((100 * below) / pairs).toFixed(1)} %`;
            }),
          ]),
        ],
      },
    ],
    notes: [
      "The ratio is that of means. A mean of ratios, pair by pair, would be driven by the near pairs that cross no kink of the network: their distances are rounding, and their ratios as large as rounding is small.",
    ],
    figures: [
      {
        name: "warpage",
        alt: "mean distance of local bases by k",
        svg: curvePlot({
          title: "How far tangent spaces of W turn",
          subtitle: `${world.file} · z → w · means of ${pairs} pairs`,
          x: { title: "leading directions k", scale: "index" },
          y: { title: "geodesic distance (rad)" },
          curves: Object.entries(labels).map(([name, label]) => ({
            label,
            x: Array.from({ length: k }, (_, i) => i + 1),
            y: means[name],
          })),
        }),
      },
    ],
    data: [
      {
        name: "warpage",
        rows: [
          ["k", ...Object.keys(labels)],
          ...Array.from({ length: k }, (_, i) => [
            i + 1,
            ...Object.keys(labels).map((name) => means[name][i]),
          ]),
        ],
      },
    ],
  };
}
