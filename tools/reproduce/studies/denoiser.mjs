// The dimension of data behind a denoiser (Kamkari et al., "A Geometric View of Data Complexity", NeurIPS 2024), on
// pictures whose numbers of varying factors are known, beside estimators of clouds on the same pictures and untrained
// networks; and whether pictures that training saw again and again stand out.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { flipd } from "@vielbein/core/dimension";
import { Cloud, ESTIMATOR_NAMES, ESTIMATORS, estimateDimension } from "@vielbein/core/intrinsic-dimension";
import { matrix } from "@vielbein/linalg";
import { readNpz } from "@vielbein/linalg/npy";
import { decodeModel, redrawWeights } from "@vielbein/onnx";
import { readModelFile } from "@vielbein/runtime-node";
import { sampleDenoiserUrl } from "@vielbein/sample";
import { curvePlot } from "@vielbein/viz";
import { allOf, isAbove, isPositive, meanOf } from "../common/verdict.mjs";
import { row } from "../common/world.mjs";
import { denoiserMap, edgeText, passed, spectra } from "./denoiser-spectrum.mjs";

const PICTURES = fileURLToPath(new URL("../data/shapes.npz", import.meta.url));
const SEED = 7;
/** The families of tools/train/pictures.py, by the number of factors that vary in them. */
const FAMILIES = [
  { name: "disc", factors: 2 },
  { name: "ring", factors: 3 },
  { name: "bar", factors: 4 },
  { name: "oval", factors: 5 },
  { name: "pair", factors: 6 },
];
/** The level that claims are made at: fixed before estimates at it were seen, but not those at smaller ones. */
const LEVEL = 0.5;
/** A point without any direction, to the nearest whole number. */
const isFlagged = (dimension) => dimension < 0.5;
/** Pictures of each family that every untrained network is asked about. */
const NULL_PICTURES = 2;

export async function denoiser(world, { points, sigmas, untrained }) {
  const { bytes, name } = await readModelFile(fileURLToPath(sampleDenoiserUrl));
  const model = decodeModel(bytes, name);
  const { families, planted } = await pictures();
  const shown = families.map((family) => family.slice(0, points));
  const levels = [];
  for (const sigma of sigmas) {
    const at = (network, lists) => estimates(world, network, sigma, lists);
    const [again, ...found] = await at(model, [planted, ...shown]);
    const [plantedSpectra, ...ofFamilies] = await spectra(world, model, sigma, [planted, ...shown]);
    levels.push({ sigma, families: found, planted: again, spectra: ofFamilies, plantedSpectra });
  }
  const nulls = [];
  const nullSpectra = [];
  for (let net = 0; net < untrained; net++) {
    const network = redrawWeights(model, { kind: "redrawn", seed: SEED + net });
    const few = shown.map((family) => family.slice(0, NULL_PICTURES));
    nulls.push(await estimates(world, network, LEVEL, few));
    nullSpectra.push(await spectra(world, network, LEVEL, few));
  }
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return report({
    model: { file: name, digest },
    levels,
    nulls,
    nullSpectra,
    classical: classical(families, points),
    points,
    size: families[0].length,
  });
}

/** Pictures as they come in float32, family by family, and the planted ones. */
async function pictures() {
  const { pictures, planted } = readNpz(await readFile(PICTURES));
  const dim = pictures.shape.at(-1);
  const rows = (data) =>
    Array.from({ length: data.length / dim }, (_, i) =>
      Float32Array.from(row(data, i, dim), (x) => x / 127.5 - 1),
    );
  const all = rows(pictures.data);
  const size = pictures.shape[1];
  return {
    families: FAMILIES.map((_, f) => all.slice(f * size, (f + 1) * size)),
    planted: rows(planted.data),
  };
}

/** The estimate at every picture of every list. */
async function estimates(world, network, sigma, lists) {
  const map = await denoiserMap(world, network, sigma, "noise");
  const found = [];
  for (const list of lists) {
    const values = [];
    for (const picture of list) values.push((await flipd(map, picture, sigma)).dimension);
    found.push(values);
  }
  await map.dispose();
  return found;
}

/** Estimators of clouds: of each family as a whole, and at the first pictures where they are defined at a point. */
function classical(families, points) {
  const clouds = families.map((family) =>
    Cloud.of(
      matrix(
        family.length,
        family[0].length,
        family.flatMap((x) => [...x]),
      ),
    ),
  );
  return ESTIMATOR_NAMES.map((name) => {
    const found = clouds.map((cloud) => estimateDimension(cloud, name));
    const local = found.map(({ local }) => local && Array.from(local.subarray(0, points)));
    return {
      title: ESTIMATORS[name].title,
      global: found.map(({ dimension }) => dimension),
      local: local.every(Boolean) ? local : undefined,
    };
  });
}

/** Whether each estimate lies within 1 of the number of factors. */
const hits = (families) =>
  families.flatMap((values, f) => values.map((x) => Number(Math.abs(x - FAMILIES[f].factors) <= 1)));

function report({ model, levels, nulls, nullSpectra, classical: estimators, points, size }) {
  const at = levels.find(({ sigma }) => sigma === LEVEL);
  return {
    title: "A denoiser, and the dimension of its data",
    model,
    source:
      "Kamkari et al., “A Geometric View of Data Complexity: Efficient Local Intrinsic Dimension Estimation with Diffusion Models”, NeurIPS 2024; the denoiser is the other embedded sample (`packages/sample/DENOISER_CARD.md`)",
    settings: `${points} pictures of each of five families that training did not see, and the 10 planted ones; exact traces (256 products); σ = ${levels.map(({ sigma }) => sigma).join(", ")}, claims at ${LEVEL}; estimators of clouds on ${size} pictures of each family; ${nulls.length} untrained networks at ${NULL_PICTURES} pictures of each family`,
    claims: claimsOf(at, nulls),
    tables: [
      {
        title: "FLIPD: medians, and the share of pictures within 1 of the number of factors",
        rows: levelTable(levels, nulls),
      },
      {
        title:
          "Singular values of ∂x̂₀/∂x_t above ½, at the same pictures with noise: medians; in brackets the medians of the value that belongs to the last factor and of the next one",
        rows: spectrumTable(levels, nullSpectra),
      },
      { title: `Estimators of clouds on ${size} pictures of each family`, rows: cloudTable(estimators) },
    ],
    figures: [figureOf(levels, points)],
    notes: [
      "A flagged picture is one whose estimate is below ½, so that its nearest whole number of dimensions is 0. The estimates of untrained networks are far from any dimension: they do not take noise away, and the equation counts what is left of it. Estimators of clouds see pictures and no network; where a column of shares is empty they are not defined at a point. Of the singular values no claim was made before they were seen.",
    ],
    data: [{ name: "denoiser", rows: dataRows(levels) }],
  };
}

function claimsOf({ families, planted }, nulls) {
  const found = hits(families);
  const most = isPositive(found.map((hit) => hit - 0.5));
  const growing = allOf(
    families.slice(1).map((values, f) => isPositive(values.map((x, i) => x - families[f][i]))),
  );
  const fresh = families.flat();
  const flags = (values) => values.map((x) => Number(isFlagged(x)));
  const told = allOf([
    isPositive(flags(planted).map((flag) => flag - 0.5)),
    isPositive(flags(fresh).map((flag) => 0.05 - flag)),
  ]);
  const shares = nulls.map((network) => meanOf(hits(network)));
  return [
    {
      claim: "The estimate is within 1 of the number of factors",
      criterion: `at more than half of the ${found.length} pictures, σ = ${LEVEL}, 95 % interval`,
      ...most,
      evidence: `${percent(meanOf(found))} of the pictures`,
    },
    {
      claim: "Families with more factors have larger estimates",
      criterion: `σ = ${LEVEL}: each family above the one before on average, 95 % intervals`,
      ...growing,
      evidence: families.map((values) => meanOf(values).toFixed(1)).join(", "),
    },
    {
      claim: "Pictures that training saw again and again are flagged, others are not",
      criterion: `σ = ${LEVEL}, estimates below ½: more than half of the planted, fewer than 5 % of the others, 95 % intervals`,
      ...told,
      evidence: `${flags(planted).filter(Boolean).length} of ${planted.length} and ${flags(fresh).filter(Boolean).length} of ${fresh.length}`,
    },
    {
      claim: "Control: the dimension is learnt, untrained networks do not have it",
      criterion: `a larger share within 1 than in each of ${nulls.length} untrained networks, p < 0.05 by rank`,
      ...isAbove(meanOf(found), shares),
      evidence: `${percent(meanOf(found))} against ${percent(Math.max(...shares))} at most`,
    },
  ];
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;
const medianOf = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

function levelTable(levels, nulls) {
  const line = (name, families, planted) => [
    name,
    ...families.map((values) => medianOf(values).toFixed(1)),
    percent(meanOf(hits(families))),
    planted ? `${planted.filter(isFlagged).length} of ${planted.length}` : "–",
    `${families.flat().filter(isFlagged).length} of ${families.flat().length}`,
  ];
  return [
    [
      "σ",
      ...FAMILIES.map(({ name, factors }) => `${name}, ${factors}`),
      "within 1",
      "planted flagged",
      "others flagged",
    ],
    ...levels.map(({ sigma, families, planted }) => line(String(sigma), families, planted)),
    line(
      `${LEVEL}, untrained`,
      FAMILIES.map((_, f) => nulls.flatMap((network) => network[f])),
    ),
  ];
}

function spectrumTable(levels, nulls) {
  const line = (name, families, planted) => [
    name,
    ...families.map((list, f) => {
      const count = medianOf(list.map(passed));
      return `${count} (${edgeText(list, FAMILIES[f].factors, medianOf)})`;
    }),
    percent(meanOf(hits(families.map((list) => list.map(passed))))),
    planted ? String(medianOf(planted.map(passed))) : "–",
  ];
  return [
    ["σ", ...FAMILIES.map(({ name, factors }) => `${name}, ${factors}`), "within 1", "planted"],
    ...levels.map(({ sigma, spectra, plantedSpectra }) => line(String(sigma), spectra, plantedSpectra)),
    line(
      `${LEVEL}, untrained`,
      FAMILIES.map((_, f) => nulls.flatMap((network) => network[f])),
    ),
  ];
}

function cloudTable(estimators) {
  return [
    ["estimator", ...FAMILIES.map(({ name, factors }) => `${name}, ${factors}`), "pictures within 1"],
    ...estimators.map(({ title, global, local }) => [
      title,
      ...global.map((x) => (x === undefined ? "–" : x.toFixed(1))),
      local ? percent(meanOf(hits(local))) : "–",
    ]),
  ];
}

function figureOf(levels, points) {
  const x = levels.map(({ sigma }) => sigma);
  return {
    name: "denoiser-dimension",
    alt: "estimates over the level of noise",
    svg: curvePlot({
      title: "The dimension of data behind a denoiser (FLIPD)",
      subtitle: `shapes-denoiser.onnx · medians over ${points} pictures of each family, and over the 10 planted`,
      x: { title: "σ, the deviation of the noise", scale: "log" },
      y: { title: "dimension" },
      curves: [
        ...FAMILIES.map(({ name, factors }, f) => ({
          label: `${name}, ${factors} factors`,
          x,
          y: levels.map(({ families }) => medianOf(families[f])),
        })),
        { label: "planted", x, y: levels.map(({ planted }) => medianOf(planted)) },
      ],
    }),
  };
}

function dataRows(levels) {
  const rows = levels.flatMap(({ sigma, families, planted }) => [
    ...families.flatMap((values, f) =>
      values.map((x, i) => [sigma, FAMILIES[f].name, FAMILIES[f].factors, i, x]),
    ),
    ...planted.map((x, i) => [sigma, "planted", 0, i, x]),
  ]);
  return [["sigma", "family", "factors", "picture", "dimension"], ...rows];
}
