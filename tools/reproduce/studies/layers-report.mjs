// What the study of the mapping layers found, in tables and figures.

import { curvePlot, layerPlot } from "@vielbein/viz";
import { median } from "../../bench/common/table.mjs";
import { SCORES } from "../common/scores.mjs";
import { meanOf, probability } from "../common/verdict.mjs";
import { layerClaims } from "./layers-claims.mjs";

export function layerReport(world, layers, found) {
  const { ofInput, excluded, factors, correlations, networks, settings } = found;
  const labels = layers.map((_, i) => String(i + 1));
  const subtitle = `${world.file} · z → layer 1 … ${layers.length}, the last of which is w`;
  return {
    title: "Layers of the mapping network",
    source:
      "Choi, Hwang, Cho & Kang, “Analyzing the Latent Space of GAN through Local Dimension Estimation for Disentanglement Evaluation”, arXiv:2205.13182",
    settings,
    claims: layerClaims(world, layers, correlations, networks),
    tables: [
      { title: "Geometry by layer (untrained in brackets)", rows: geometryTable(layers) },
      {
        title: `Disentanglement by layer (codes of untrained mappings, for the same images, in brackets: DCI by lasso is the mean of ${networks}, the others are of one)`,
        rows: scoreTable(layers, ofInput),
      },
      {
        title: `Spearman's ρ of Distortion: over the layers of the trained network, beside that of depth, and between ${networks} untrained networks at equal depth`,
        rows: correlationTable(correlations),
      },
    ],
    figures: [
      {
        name: "layers-distortion",
        alt: "Distortion by layer",
        svg: distortionFigure(layers, labels, subtitle),
      },
      {
        name: "layers-dimension",
        alt: "local dimension by layer",
        svg: dimensionFigure(layers, labels, subtitle),
      },
      { name: "layers-disentanglement", alt: "scores by layer", svg: scoreFigure(layers, subtitle) },
    ],
    data: [{ name: "layers", rows: dataRows(layers) }],
    notes: [
      `Factors: ${factors.join(", ")}${excluded.length > 0 ? `; left out, because the generator hardly varies them or some level is too rare: ${excluded.join(", ")}` : ""}. FactorVAE votes with neighbours in a factor, not with the factor fixed; its chance level is ${(1 / factors.length).toFixed(2)}.`,
      `Where ρ of Distortion and depth is −1, ρ of Distortion with a score is the opposite of ρ of depth with it, and nothing is left once depth is partialled out. “Incompatibility” is the mean normalised geodesic distance of local spans, of the layer's median local dimension, from the global span nearest to all of them (chordal mean). An untrained mapping is scored on the images of the trained generator, whose factors it never saw: what is left of its scores is what such a map of z gets for free. DCI disentanglement by lasso rises where informativeness falls, since a coefficient that is not needed is exactly 0 and few remain: compare it at similar informativeness only. A factor that is constant in the samples is left out of all scores. The intervals of Distortion, by which nothing is decided, have 2,000 resamples. Codes and factors correlate with nothing for SAP only where they are exactly constant; disentanglement_lib takes variances below 10⁻¹² for constant.`,
    ],
  };
}

function number(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

/** Of the points that have a dimension. */
function medianDimension(dimensions) {
  const known = dimensions.filter((x) => !Number.isNaN(x));
  return known.length > 0 ? median(known) : Number.NaN;
}

function geometryTable(layers) {
  const interval = ({ interval: ends }) => (ends ? ends.map((x) => x.toFixed(2)).join(" to ") : "–");
  return [
    ["layer", "tensor", "median local dimension", "Distortion", "95 %", "incompatibility"],
    ...layers.map(({ name, dimensions, distortion, incompatibility, untrained }, i) => [
      i + 1,
      `\`${name}\``,
      `${number(medianDimension(dimensions), 0)} (${number(medianDimension(untrained.dimensions), 0)})`,
      `${number(distortion.distortion)} (${number(untrained.distortion.distortion)})`,
      `${interval(distortion)} (${interval(untrained.distortion)})`,
      number(incompatibility, 3),
    ]),
  ];
}

function scoreTable(layers, ofInput) {
  const keys = Object.keys(SCORES);
  return [
    ["layer", ...Object.values(SCORES)],
    ["z", ...keys.map((key) => number(ofInput[key], 3))],
    ...layers.map(({ scores, untrained }, i) => [
      i + 1,
      ...keys.map((key) => `${number(scores[key], 3)} (${number(ofUntrained(untrained, key), 3)})`),
    ]),
  ];
}

/** Of all untrained networks that have the score. */
function ofUntrained({ scores }, key) {
  return meanOf(scores.flatMap((found) => (found[key] === undefined ? [] : [found[key]])));
}

function correlationTable({ trained, untrained }) {
  const own = (found) => (found ? [number(found.rho), number(found.ofDepth), found.layers] : ["–", "–", 0]);
  const between = (found) =>
    found ? [number(found.rho), probability(Math.min(found.pPositive, found.pNegative))] : ["–", "–"];
  return [
    ["with", "ρ", "ρ of depth", "layers", "untrained ρ", "p"],
    ...Object.keys(trained).map((key) => [
      SCORES[key] ?? key,
      ...own(trained[key]),
      ...between(untrained[key]),
    ]),
  ];
}

function distortionFigure(layers, labels, subtitle) {
  const band = (label, list) => ({
    label,
    y: list.map((one) => one.distortion ?? Number.NaN),
    low: list.map((one) => one.interval?.[0] ?? Number.NaN),
    high: list.map((one) => one.interval?.[1] ?? Number.NaN),
  });
  return layerPlot({
    title: "Distortion of the mapping layers",
    subtitle,
    layers: labels,
    y: { title: "Distortion with 95 % interval", scale: "log" },
    groups: [
      band(
        "trained",
        layers.map(({ distortion }) => distortion),
      ),
      band(
        "untrained",
        layers.map(({ untrained }) => untrained.distortion),
      ),
    ],
  });
}

function dimensionFigure(layers, labels, subtitle) {
  const known = (list) => list.map((values) => values.filter((x) => !Number.isNaN(x)));
  return layerPlot({
    title: "Local dimension of the mapping layers",
    subtitle,
    layers: labels,
    y: { title: "local dimension" },
    groups: [
      { label: "trained", samples: known(layers.map(({ dimensions }) => dimensions)) },
      { label: "untrained", samples: known(layers.map(({ untrained }) => untrained.dimensions)) },
    ],
  });
}

function scoreFigure(layers, subtitle) {
  const x = layers.map((_, i) => i + 1);
  const shown = ["disentanglement", "completeness", "mig", "sap", "factorVae"];
  const curve = (label, list) => ({ label, x, y: list.map((value) => value ?? Number.NaN) });
  return curvePlot({
    title: "Disentanglement of the mapping layers",
    subtitle,
    x: { title: "layer", scale: "index" },
    y: { title: "score" },
    curves: [
      ...shown.map((key) =>
        curve(
          SCORES[key].replace("DCI ", ""),
          layers.map(({ scores }) => scores[key]),
        ),
      ),
      curve(
        "untrained disent.",
        layers.map(({ untrained }) => ofUntrained(untrained, "disentanglement")),
      ),
    ],
  });
}

function dataRows(layers) {
  const keys = Object.keys(SCORES);
  const line = (i, network, { distortion, dimensions, incompatibility, scores }) => [
    i + 1,
    network,
    medianDimension(dimensions),
    distortion.distortion ?? Number.NaN,
    ...(distortion.interval ?? [Number.NaN, Number.NaN]),
    incompatibility,
    ...keys.map((key) => (Array.isArray(scores) ? ofUntrained({ scores }, key) : scores[key])),
  ];
  return [
    ["layer", "network", "local_dimension", "distortion", "low", "high", "incompatibility", ...keys],
    ...layers.flatMap((layer, i) => [line(i, "trained", layer), line(i, "untrained", layer.untrained)]),
  ];
}
