// What the comparison of directions found: claims, tables and figures.

import { heatMap, layerPlot } from "@vielbein/viz";
import { allOf, isPositive, meanOf, tally, withInterval } from "../common/verdict.mjs";

export function directionReport(world, results, found) {
  const { kept, taken, resamples, baseline, distances, differences, settings } = found;
  const names = world.outputs.map(({ name }) => name);
  const methods = Object.keys(results);
  const selectivity = Object.fromEntries(
    methods.map((method) => [method, results[method].effects.map((effect) => Math.max(...sharesOf(effect)))]),
  );
  const pooled = Object.fromEntries(
    methods.map((method) => [method, pooledShares(results[method].effects, kept, taken)]),
  );
  const sizes = results[methods[0]].sizes.map(({ size }) => size);
  const subtitle = `${world.file} · ${results[methods[0]].effects.length} codes · images changed equally by every method`;
  return {
    title: "Directions",
    source:
      "Choi et al., ICLR 2022 (Local Basis); Shen & Zhou, CVPR 2021 (SeFa); Härkönen et al., NeurIPS 2020 (principal components of w); Wang & Ponce, ICLR 2021 (axes of the averaged metric of pixels); Choi et al., ICLR 2023 (Fréchet basis)",
    settings,
    claims: claimsOf(selectivity, differences, sizes, taken),
    tables: [
      {
        title: "Methods at equal change of the image",
        rows: methodTable(results, { selectivity, pooled, distances, sizes, baseline }),
      },
      {
        title: "The factor that each direction changes most, with its share (pooled over codes)",
        rows: bestTable(pooled, names, kept),
      },
    ],
    figures: [
      {
        name: "directions-selectivity",
        alt: "selectivity by method",
        svg: selectivityFigure(selectivity, subtitle),
      },
      {
        name: "directions-frechet",
        alt: "Fréchet distance by method",
        svg: frechetFigure(distances, baseline, sizes, subtitle),
      },
      {
        name: "directions-factors",
        alt: "shares of factors by direction",
        svg: factorFigure(pooled, names, kept, subtitle),
      },
    ],
    data: [
      { name: "directions", rows: dataRows(pooled, names) },
      {
        name: "directions-methods",
        rows: numberRows(results, { selectivity, distances, differences, sizes }),
      },
    ],
    notes: [
      `A discrete factor changes by its logits. Of ${names.length} factors, one share is at least ${(1 / names.length).toFixed(2)}. “Pooled” selectivity first averages the squared changes of a direction over codes: it is high only where the direction changes the same factor everywhere, which directions that are local, sorted by singular value at every code, need not. Fréchet distances of changed images come from ${2 * results[methods[0]].effects.length} images in pairs, the unperturbed one from as many independent ones; being biased upwards alike they are to be compared with each other only. Intervals are over codes: a code's images both ways are drawn together, and the same codes for both methods. Random directions are a sample of all directions: beside them the codes that took the same one are drawn together, of which there are ${kept} only. The leading directions of a method are all that it names.`,
      `Fréchet distances take long and are resampled ${resamples} times only, so p is ${(2 / (resamples + 1)).toFixed(3)} at best for each, which a correction for many claims hardly ever leaves standing.`,
    ],
  };
}

export function sharesOf(effect) {
  const total = effect.reduce((sum, x) => sum + x, 0);
  return effect.map((x) => x / total);
}

/** Shares `[kept][factors]` of the squared changes of each direction, averaged over the codes it was tried on. */
function pooledShares(effects, kept, taken) {
  return Array.from({ length: kept }, (_, k) => {
    const own = effects.filter((_, i) => taken[i] === k);
    return sharesOf(own[0].map((_, j) => meanOf(own.map((effect) => effect[j]))));
  });
}

function claimsOf(selectivity, differences, sizes, taken) {
  const compared = (a, b) => {
    const clusters = b === "random" ? taken : undefined;
    return isPositive(
      selectivity[a].map((x, i) => x - selectivity[b][i]),
      { clusters },
    );
  };
  const global = ["SeFa", "PCA"].map((method) => ({ method, ...compared("Local Basis", method) }));
  return [
    ...["random", "SeFa", "PCA", "metric", "Fréchet"].map((method) => {
      const parts = differences[method];
      return {
        claim: `Images stay nearer to the generator's distribution along the Local Basis than along ${nameOf(method)}`,
        criterion: `larger Fréchet distance of features along ${nameOf(method)} at changes of ${sizes.join(" and ")}, 95 % interval`,
        ...allOf(parts),
        evidence: `${tally(parts)}: ${parts.map(({ interval }) => interval.map((x) => x.toFixed(2)).join(" to ")).join("; ")}`,
      };
    }),
    ...["Local Basis", "SeFa", "PCA", "metric", "Fréchet"].map((method) => {
      const found = compared(method, "random");
      return {
        claim: `The directions of ${nameOf(method)} change single factors more selectively than random ones`,
        criterion:
          "mean difference of selectivity, code by code, above 0, 95 % interval; random directions are resampled",
        ...found,
        evidence: withInterval(found, 3),
      };
    }),
    {
      claim: "The Local Basis is more selective than the global directions of SeFa and PCA",
      criterion: "mean difference of selectivity, code by code, above 0 for both, 95 % interval",
      ...allOf(global),
      evidence: global.map((one) => `${one.method} ${withInterval(one, 3)}`).join("; "),
    },
  ];
}

function nameOf(method) {
  return (
    {
      random: "random directions",
      metric: "the metric",
      "Local Basis": "the Local Basis",
      Fréchet: "the Fréchet basis",
    }[method] ?? method
  );
}

function methodTable(results, { selectivity, pooled, distances, sizes, baseline }) {
  const best = (shares) => shares.indexOf(Math.max(...shares));
  return [
    [
      "method",
      "selectivity",
      "pooled",
      "factors among the best",
      "factor change per image change",
      "step in w",
      "achieved change",
      ...sizes.map((size) => `Fréchet at ${size}`),
    ],
    ...Object.entries(results).map(([method, { effects, sizes: found }]) => [
      method,
      meanOf(selectivity[method]).toFixed(3),
      meanOf(pooled[method].map((shares) => Math.max(...shares))).toFixed(3),
      new Set(pooled[method].map(best)).size,
      meanOf(effects.map((effect) => Math.sqrt(effect.reduce((sum, x) => sum + x, 0)))).toFixed(2),
      found.map(({ steps }) => meanOf(steps).toFixed(2)).join(", "),
      found.map(({ achieved }) => meanOf(achieved).toFixed(2)).join(", "),
      ...distances[method].map((x) => x.toFixed(2)),
    ]),
    ["unperturbed", "", "", "", "", "", "", ...sizes.map(() => baseline.toFixed(2))],
  ];
}

function bestTable(pooled, names, kept) {
  const cell = (shares) => {
    const most = Math.max(...shares);
    return `${names[shares.indexOf(most)].replaceAll("_", " ")} ${most.toFixed(2)}`;
  };
  return [
    ["direction", ...Object.keys(pooled)],
    ...Array.from({ length: kept }, (_, k) => [
      k + 1,
      ...Object.values(pooled).map((shares) => cell(shares[k])),
    ]),
  ];
}

function selectivityFigure(selectivity, subtitle) {
  return layerPlot({
    title: "How selectively directions change one factor",
    subtitle,
    layers: Object.keys(selectivity),
    y: { title: "share of the most changed factor", domain: [0, 1] },
    groups: [{ label: "codes", samples: Object.values(selectivity) }],
  });
}

function frechetFigure(distances, baseline, sizes, subtitle) {
  const methods = Object.keys(distances);
  return layerPlot({
    title: "How far changed images leave the generator's distribution",
    subtitle,
    layers: methods,
    y: { title: "Fréchet distance of features" },
    groups: sizes.map((size, s) => ({
      label: `change ${size}`,
      y: methods.map((method) => distances[method][s]),
    })),
    reference: { label: "unperturbed", y: methods.map(() => baseline) },
  });
}

function factorFigure(pooled, names, kept, subtitle) {
  const rows = Object.entries(pooled).flatMap(([method, list]) =>
    list.map((shares, k) => ({ label: `${method} ${k + 1}`, shares })),
  );
  return heatMap({
    title: "Which factors the directions change",
    subtitle,
    matrix: { rows: rows.length, cols: names.length, data: rows.flatMap(({ shares }) => shares) },
    rowLabels: rows.map(({ label }) => label),
    columnLabels: names.map((name) => name.replaceAll("_", " ")),
    rowTitle: `${kept} directions per method`,
    columnTitle: "factor",
    valueTitle: "share of the squared change",
    domain: [0, 1],
  });
}

function dataRows(pooled, names) {
  return [
    ["method", "direction", ...names],
    ...Object.entries(pooled).flatMap(([method, list]) =>
      list.map((shares, k) => [method, k + 1, ...shares]),
    ),
  ];
}

function numberRows(results, { selectivity, distances, differences, sizes }) {
  return [
    ["method", "size", "selectivity", "step", "achieved", "frechet", "low", "high"],
    ...Object.entries(results).flatMap(([method, { sizes: found }]) =>
      sizes.map((size, s) => [
        method,
        size,
        meanOf(selectivity[method]),
        meanOf(found[s].steps),
        meanOf(found[s].achieved),
        distances[method][s],
        ...(differences[method]?.[s].interval ?? [Number.NaN, Number.NaN]),
      ]),
    ),
  ];
}
