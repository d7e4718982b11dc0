// What the study of regions found: claims, tables and a figure.

import { layerPlot } from "@vielbein/viz";
import { allOf, isPositive, meanOf, withInterval } from "../common/verdict.mjs";

/** Methods that the directions of a region are compared with. */
const RIVALS = {
  "whole image": "those of the whole image",
  "Local Basis": "those of the Local Basis",
  SeFa: "those of SeFa",
  random: "random directions",
};

export function regionReport(world, { found, linear, settings, sizes }) {
  const names = Object.keys(found);
  const methods = Object.keys(found[names[0]]);
  const logs = Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(
        methods.map((method) => [
          method,
          found[name][method].quotients.map((all) => meanOf(all.map(Math.log))),
        ]),
      ),
    ]),
  );
  return {
    title: "Directions of a region",
    source:
      "Zhu, Shen, Xu, Zhao & Chen, “Region-Based Semantic Factorization in GANs”, ICML 2022; the map is w → image",
    settings,
    claims: claimsOf(logs, names),
    tables: [
      {
        title:
          "Change outside per change inside, by norm, where the region changes equally: geometric mean over codes, directions and both ways, 95 % interval over codes",
        rows: quotientTable(logs, names, methods),
      },
      {
        title: "Change of the region that was reached, as a share of what was to be reached",
        rows: [
          ["method", ...names],
          ...methods.map((method) => [
            method,
            ...names.map((name) => found[name][method].achieved.toFixed(2)),
          ]),
        ],
      },
      {
        title: `To first order, at the first ${sizes.codes} codes: outside per inside along directions of the region, and how many times as much along those of the whole image; in brackets the least and the most of ${sizes.networks} networks with shuffled weights`,
        rows: linearTable(linear, names),
      },
    ],
    figures: [
      {
        name: "regions",
        alt: "change outside per change inside by region and method",
        svg: layerPlot({
          title: "How far the rest of the image changes when a region does",
          subtitle: `${world.file} · ${sizes.samples} codes · regions changed equally by every method`,
          layers: names,
          y: { title: "log₁₀ of the change outside per change inside" },
          // The last one, of another region, would have the colour of the first.
          groups: methods.slice(0, -1).map((label) => ({
            label,
            y: names.map((name) => meanOf(logs[name][label]) / Math.LN10),
          })),
        }),
      },
    ],
    data: [{ name: "regions", rows: dataRows(found, names, methods) }],
    notes: [
      "At vanishing steps directions of the largest ratio leave the rest alone better than any others, by definition. What is tested is whether that survives a change that can be seen, a quarter of the difference between independent images. It says nothing about what they change: the statistic counts pixels, not meaning.",
      "“Whole image” is the local basis of w → image at the code, “Local Basis” that of the mapping network, z → w. “Of another code” are the directions that were found for the same region at the next code, “of another region” those of one of the other three at the same code: what such directions gain over random ones comes from the generator as a whole, not from the place where, or the region for which, they were found.",
      "The rectangles stay where they are while faces turn and hair grows, so that a region holds its object at most codes only, and some of what surrounds it at all of them.",
      `Shuffled networks convolve as well, so that neighbouring pixels move together in them, and distant ones apart. What they reach without training is in brackets; no claim is made of it, as a rank among ${sizes.networks} networks is 1/${sizes.networks + 1} at best.`,
    ],
  };
}

function claimsOf(logs, names) {
  return Object.entries(RIVALS).map(([rival, text]) => {
    const parts = names.map((name) => isPositive(logs[name][rival].map((x, i) => x - logs[name].region[i])));
    return {
      claim: `Directions of a region change the rest of the image less than ${text} do, where the region changes equally`,
      criterion: `mean log of the quotient of the changes outside above 0 in each of ${names.length} regions, 95 % interval`,
      ...allOf(parts),
      evidence: parts
        .map(
          ({ value, interval }, i) =>
            `${names[i]} × ${withInterval({ value: Math.exp(value), interval: interval.map(Math.exp) }, 2)}`,
        )
        .join("; "),
    };
  });
}

function quotientTable(logs, names, methods) {
  const cell = (values) => {
    const { value, interval } = isPositive(values);
    return withInterval({ value: Math.exp(value), interval: interval.map(Math.exp) }, 2);
  };
  return [
    ["method", ...names],
    ...methods.map((method) => [method, ...names.map((name) => cell(logs[name][method]))]),
  ];
}

function linearTable({ trained, shuffled }, names) {
  const cells = (key) =>
    names.map((name) => {
      const all = shuffled.map((one) => Math.exp(one[name][key]));
      const range = `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
      return `${Math.exp(trained[name][key]).toFixed(2)} (${range})`;
    });
  return [
    ["", ...names],
    ["outside per inside", ...cells("own")],
    ["times as much along the whole image's", ...cells("gain")],
  ];
}

/** Direction and way by column. */
function dataRows(found, names, methods) {
  const [{ quotients }] = Object.values(found[names[0]]);
  const columns = quotients[0].map((_, at) => `d${at >> 1}${at % 2 ? "-" : "+"}`);
  return [
    ["region", "method", "code", ...columns],
    ...names.flatMap((name) =>
      methods.flatMap((method) =>
        found[name][method].quotients.map((all, code) => [name, method, code, ...all]),
      ),
    ),
  ];
}
