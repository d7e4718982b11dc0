// What a report says of its numbers, at the thresholds between distinguishable, not distinguishable and too few to tell.

import { describe, expect, it } from "vitest";
import { compareMeans, compareRanges, medianOf, summaryOf } from "../src/commands/report/evidence.ts";
import { agreementSentence } from "../src/commands/report/sections/agreement.ts";
import { distortionSentence } from "../src/commands/report/sections/distortion.ts";
import { geodesicSentence } from "../src/commands/report/sections/geodesic.ts";
import { layersSentence } from "../src/commands/report/sections/layers.ts";
import { anisotropySentence, homogeneitySentence } from "../src/commands/report/sections/metric.ts";
import { sheetSentence } from "../src/commands/report/sections/sheets.ts";
import { spectrumSentence } from "../src/commands/report/sections/spectrum.ts";
import { warpageSentence } from "../src/commands/report/sections/warpage.ts";
import { about, counted, hundredths, listed, named, percents, ranged } from "../src/commands/report/words.ts";

describe("evidence", () => {
  it("sums up with n − 1", () => {
    expect(summaryOf([1, 2, 3, 6])).toEqual({ mean: 3, std: Math.sqrt(14 / 3), count: 4 });
    expect([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });

  it("means differ beyond Welch's limit only", () => {
    // n = 5 each, deviation 1: 8 degrees of freedom, t = 2.306 (scipy.stats.t.ppf(0.975, 8)), limit 2.306·√0.4 = 1.4585.
    const group = (mean: number) => ({ mean, std: 1, count: 5 });
    expect(compareMeans(group(1.459), group(0))).toBe("more");
    expect(compareMeans(group(1.458), group(0))).toBe("indistinct");
    expect(compareMeans(group(0), group(1.459))).toBe("less");
    expect(compareMeans({ ...group(9), count: 4 }, group(0))).toBe("few");
    expect(compareMeans(group(0), { ...group(9), count: 4 })).toBe("few");
  });

  it("numbers without spread are alike or not", () => {
    const group = (mean: number) => ({ mean, std: 0, count: 6 });
    expect(compareMeans(group(1), group(1))).toBe("indistinct");
    expect(compareMeans(group(1), group(2))).toBe("less");
    expect([compareMeans(group(1), group(2), 1), compareMeans(group(1), group(2), 0.99)]).toEqual([
      "indistinct",
      "less",
    ]);
  });

  it("an interval is beyond a range where they do not meet", () => {
    expect(compareRanges([3, 4], [1, 2.9])).toBe("more");
    expect(compareRanges([3, 4], [1, 3])).toBe("indistinct");
    expect(compareRanges([1, 2], [2.1, 3])).toBe("less");
  });
});

describe("words", () => {
  it("say numbers and names", () => {
    expect([counted(1, "axis", "axes"), counted(2, "axis", "axes"), counted(0, "point")]).toEqual([
      "1 axis",
      "2 axes",
      "0 points",
    ]);
    expect([about(15.5), about(0.123456), about(128)]).toEqual(["15.5", "0.123", "128"]);
    expect([ranged(2, [1, 2, 5]), ranged(2, [2, 2])]).toEqual(["2 (1 to 5)", "2"]);
    expect([percents(0.28), percents(-0.123), percents(0.004), percents(0)]).toEqual([
      "28 %",
      "−12 %",
      "0.4 %",
      "0 %",
    ]);
    expect([hundredths(-0.021), listed(["a", "b", "c"]), listed(["a"]), listed([])]).toEqual([
      "−0.02",
      "a, b and c",
      "a",
      "",
    ]);
    expect([named("image"), named("34"), named("a b")]).toEqual(["image", '"34"', '"a b"']);
  });
});

describe("the spectrum", () => {
  const numbers = {
    from: "z",
    inputs: 8,
    points: 6,
    dimensions: [3, 4, 4, 4, 4, 5],
    untrained: [6, 7, 7, 7, 7, 8],
    effectiveRanks: [2, 2.5, 3],
    networks: 3,
  };
  it("is told from an untrained network's, or is not", () => {
    expect(spectrumSentence(numbers)).toBe(
      "Of 8 directions of z, 4 (3 to 5) move the output by more than the tail that counts as noise, at 6 points (their effective rank, which weighs each by how much it moves it: 2.5 (2 to 3)); an untrained network has 7 (6 to 8): the trained model has fewer.",
    );
    expect(spectrumSentence({ ...numbers, untrained: numbers.dimensions })).toMatch(
      /: not distinguishable from an untrained network\.$/,
    );
    expect(spectrumSentence({ ...numbers, untrained: [1, 1, 1, 1, 1, 1] })).toMatch(
      /: the trained model has more\.$/,
    );
    expect(spectrumSentence({ ...numbers, dimensions: [3, 4, 4, 5] })).toMatch(
      /at 4 of 6 points \(.*\); .*: fewer than 5 points are too few to tell them apart\.$/,
    );
  });
  it("without nulls or dimensions says so", () => {
    expect(spectrumSentence({ ...numbers, networks: 0, untrained: [] })).toMatch(
      /nothing to compare that with\.$/,
    );
    expect(spectrumSentence({ ...numbers, untrained: [] })).toMatch(
      /untrained networks have no local dimension/,
    );
    expect(spectrumSentence({ ...numbers, dimensions: [] })).toMatch(/^At none of 6 points .* flat/);
    expect(spectrumSentence({ ...numbers, dimensions: [1] })).toMatch(/, 1 moves the output/);
    expect(spectrumSentence({ ...numbers, effectiveRanks: [] })).toMatch(/at 6 points; an untrained/);
  });
});

describe("the layers", () => {
  const layer = (name: string, dimension: number, untrained: number) => ({
    name,
    dimensions: Array(6).fill(dimension) as number[],
    untrained: Array(6).fill(untrained) as number[],
  });
  const layers = [layer("a", 9, 9), layer("b", 4, 9), layer("image", 3, 3)];
  it("are described by their course and their steepest step", () => {
    expect(layersSentence({ points: 6, networks: 2, layers })).toBe(
      "From a to image the median local dimension goes from 9 to 3, most of it at b (−5), at 6 points; 1 of 3 layers differ from those of untrained networks (each tested at 5 %).",
    );
  });
  it("that lose nothing, or cannot be told apart, are said to", () => {
    const same = [layer("a", 3, 3), layer("b", 3, 3)];
    expect(layersSentence({ points: 6, networks: 2, layers: same })).toBe(
      "From a to b the median local dimension stays at 3, at 6 points; no layer is distinguishable from that of an untrained network.",
    );
    const few = same.map((one) => ({ ...one, dimensions: [3, 3] }));
    expect(layersSentence({ points: 2, networks: 2, layers: few })).toMatch(/too few to tell a layer/);
    expect(layersSentence({ points: 2, networks: 0, layers: few })).toMatch(/no weights to redraw/);
    const flat = same.map((one) => ({ ...one, dimensions: [] }));
    expect(layersSentence({ points: 2, networks: 2, layers: flat })).toMatch(
      /fewer than two of 2 layers have/,
    );
  });
});

describe("a sheet", () => {
  it("tells directions from random ones beyond two deviations of ‖J·v‖²", () => {
    const random = { mean: 4, std: 1 };
    expect(sheetSentence({ speeds: [6, 2.4], random, share: undefined })).toBe(
      "At this sample, a step along the first moves the output 3 times as far as one along a random direction does on average; 1 of 2 directions moves it farther than random directions do (beyond 2 standard deviations).",
    );
    expect(sheetSentence({ speeds: [2.44], random, share: undefined })).toMatch(
      /none of them is distinguishable from a random direction/,
    );
  });
  it("has a share, a remedy without a spectrum, and directions that do nothing", () => {
    const whole = "of the variance";
    expect(sheetSentence({ speeds: [3], random: { mean: 1, std: 0.1 }, share: 0.5 }, whole)).toMatch(
      / Together they have 50 % of the variance\.$/,
    );
    expect(sheetSentence({ speeds: [4, 2], random: undefined, share: undefined })).toMatch(
      /2 times as far as the weakest/,
    );
    expect(sheetSentence({ speeds: [4, 0], random: undefined, share: undefined })).toMatch(
      /while others do not move it at all/,
    );
    expect(sheetSentence({ speeds: [0, 0], random: undefined, share: undefined })).toBe(
      "None of these directions moves the output at this sample.",
    );
  });
});

describe("agreement", () => {
  const pair = (overlap: number) => ({ first: "SeFa", second: "PCA", overlap });
  const numbers = { space: "w", k: 10, failed: [], haar: { mean: 0.1, std: 0.02 } };
  it("is beyond chance by more than three deviations", () => {
    expect(agreementSentence({ ...numbers, pairs: [pair(0.17), pair(0.15)] })).toBe(
      "1 of 2 pairs of methods agree beyond chance: closest are SeFa and PCA, with an overlap of 0.17 between their leading 10 directions of w (uniform subspaces: 0.10 ± 0.02).",
    );
    expect(agreementSentence({ ...numbers, haar: { mean: 0.55, std: 0.15 }, pairs: [pair(1)] })).toMatch(
      /^In so small a space no overlap is distinguishable from chance/,
    );
    expect(agreementSentence({ ...numbers, pairs: [pair(0.16)] })).toMatch(
      /^No two methods are distinguishable from chance/,
    );
  });

  it("says which methods failed", () => {
    expect(agreementSentence({ ...numbers, failed: ["PCA", "SeFa"], pairs: [pair(0.17)] })).toMatch(
      /\. Not compared: PCA and SeFa failed, for reasons that their own sections give\.$/,
    );
  });
});

describe("warpage", () => {
  const summary = (mean: number, count = 12) => ({ mean, std: 0.1, count });
  const numbers = {
    to: "w",
    k: 5,
    random: summary(2),
    near: summary(0.5),
    haar: summary(3),
    untrained: summary(2.5),
  };
  it("is told from neighbours, uniform subspaces and untrained networks", () => {
    expect(warpageSentence(numbers)).toBe(
      "The leading 5 directions of w lie 2.00 rad apart at independent points and 0.50 at neighbours, so the space is warped; uniform subspaces 3.00: directions at different places still have something in common; an untrained network's 2.50: the trained model is less warped.",
    );
    expect(warpageSentence({ ...numbers, untrained: summary(2.01), haar: summary(2.02) })).toMatch(
      /not distinguishable from unrelated ones; .* not distinguishable from an untrained network\.$/,
    );
    expect(warpageSentence({ ...numbers, untrained: undefined })).toMatch(
      /no untrained network beside it\.$/,
    );
  });
  it("is not seen where near and far are alike, or pairs are few", () => {
    expect(warpageSentence({ ...numbers, near: summary(1.99) })).toMatch(/no warpage is seen\.$/);
    expect(warpageSentence({ ...numbers, random: summary(2, 4), near: summary(0.5, 4) })).toMatch(
      /fewer than 5 pairs are too few/,
    );
    expect(warpageSentence({ ...numbers, k: 1 })).toMatch(/^The leading direction of w lies/);
  });
});

describe("Distortion", () => {
  const layer = {
    name: "w",
    distortion: 8,
    interval: [6, 10] as const,
    problem: null,
    pairs: 12,
    tried: 3,
    networks: [3, 5, 5.9],
  };
  const of = (changes: Partial<typeof layer> | object) =>
    distortionSentence({ layers: [{ ...layer, ...changes }] });
  it("is told from untrained networks where its interval does not meet their range", () => {
    expect(of({})).toBe(
      "At w, directions differ 8.0 times as much between independent points as between neighbours (95 %: 6.0 to 10.0); 3 untrained networks have 3.0 to 5.9: the trained model is more uneven than these.",
    );
    expect(of({ networks: [3, 6] })).toMatch(/: not distinguishable from an untrained network\.$/);
    expect(of({ networks: [11, 12] })).toMatch(/: the trained model is more even than these\.$/);
  });
  it("has its reasons where it cannot be told, or there is none", () => {
    expect(of({ pairs: 4 })).toMatch(/of 4 pairs: too few to tell/);
    expect(of({ interval: null })).toMatch(/too few to tell/);
    expect(of({ networks: [] })).toMatch(/untrained networks have none/);
    expect(of({ networks: [], tried: 0 })).toMatch(/no weights to redraw/);
    expect(of({ distortion: null, problem: "affine" })).toMatch(
      /^w has no Distortion: its tangent spaces do not turn/,
    );
    expect(of({ distortion: null, problem: null })).toMatch(/too few pairs have directions/);
  });
});

describe("the metric", () => {
  const numbers = {
    code: "z",
    dim: 8,
    points: 6,
    axes: 1,
    effective: [1, 1.1, 1.2, 1.1, 1, 1.2],
    shuffled: [4, 5, 4, 5, 4, 5],
  };
  it("is told from shuffled weights, or is not", () => {
    expect(anisotropySentence(numbers)).toBe(
      "1 axis of 8 carries 99 % of how far the output moves, on average over 6 points; weighted by how much they move it, the metric counts 1.1 (1 to 1.2) (participation ratio), with shuffled weights 4.5 (4 to 5): directions are more unequal than in this shuffled network.",
    );
    expect(anisotropySentence({ ...numbers, shuffled: numbers.effective })).toMatch(/not distinguishable/);
    expect(anisotropySentence({ ...numbers, effective: [9, 9, 9, 9, 9, 9] })).toMatch(
      /more equal than in this shuffled network\.$/,
    );
    expect(anisotropySentence({ ...numbers, shuffled: [1, 2] })).toMatch(/fewer than 5 points are too few/);
    expect(anisotropySentence({ ...numbers, shuffled: [] })).toMatch(/no weights to shuffle/);
    expect(anisotropySentence({ ...numbers, axes: undefined })).toMatch(/0 or not known whole/);
  });
  it("is homogeneous against random axes and shuffled weights", () => {
    const own = { mean: 0.9, std: 0.1 };
    const found = {
      points: 6,
      own,
      randomAxes: { mean: -0.02, std: 0.1 },
      shuffled: { mean: 0.85, std: 0.1 },
      reason: undefined,
    };
    expect(homogeneitySentence(found)).toBe(
      "Axes found at one code predict how much they matter at another with a correlation of 0.90, over 6 codes; random axes −0.02: the same axes matter in different places; shuffled weights 0.85: not distinguishable from a network of shuffled weights.",
    );
    expect(homogeneitySentence({ ...found, shuffled: { mean: 0.2, std: 0.1 } })).toMatch(
      /more alike than in/,
    );
    expect(homogeneitySentence({ ...found, points: 4 })).toMatch(/fewer than 5 codes are too few/);
    expect(homogeneitySentence({ ...found, randomAxes: own })).toMatch(/not distinguishable from chance/);
    expect(homogeneitySentence({ ...found, own: undefined, reason: "too flat" })).toBe(
      "There is no correlation to report: too flat.",
    );
  });
});

describe("geodesics", () => {
  const way = (shortest: number, converged = true, straight = 100) => ({ straight, shortest, converged });
  it("save something beyond one percent", () => {
    expect(geodesicSentence({ ways: [way(99.1)] })).toMatch(/^Straight lines are as short as any way/);
    expect(geodesicSentence({ ways: [way(80)] })).toBe(
      "The shortest way found is 20 % shorter than the straight line, between 1 pair of codes: straight lines take detours; one pair says nothing of others.",
    );
    expect(geodesicSentence({ ways: [way(80), way(70, false), way(60)] })).toBe(
      "The shortest way found is 30 % shorter than the straight line (20 to 40 %), between 3 pairs of codes: straight lines take detours; 1 of 3 searches had not ended, so shorter ways may exist.",
    );
    expect(geodesicSentence({ ways: [way(0, true, 0)] })).toMatch(/^The output does not move/);
  });
});
