// Distortion: warpage in one number, layer by layer, beside networks that were never trained.

import { COMPARED } from "../budgets.ts";
import { compareRanges, FEWEST } from "../evidence.ts";
import { tooFewDirections } from "../problems.ts";
import { section } from "../section.ts";
import { counted, named } from "../words.ts";
import { type Run, type Workbench, work } from "../workbench.ts";

interface Result {
  readonly distortion: number | null;
  readonly interval: readonly [number, number] | null;
  readonly problem?: string | undefined;
  readonly pairs: number;
}

interface DistortionDocument {
  readonly layers: readonly (Result & {
    readonly to: { readonly name: string };
    readonly untrained: (Result & { readonly networks: readonly Result[] }) | null;
  })[];
}

export interface DistortionNumbers {
  readonly layers: readonly {
    readonly name: string;
    readonly distortion: number | null;
    readonly interval: readonly [number, number] | null;
    readonly problem: string | null;
    readonly pairs: number;
    /** Untrained networks, and the Distortions of those that have one. */
    readonly tried: number;
    readonly networks: readonly number[];
  }[];
}

export const distortionSection = section<DistortionNumbers>({
  id: "distortion",
  title: "How uneven the space is, in one number (Distortion)",
  question: "How much more do directions differ between far places than between near ones?",
  reading:
    "The ratio of the mean distance of tangent spaces at independent points to that at neighbours: 1 in a space whose directions are the same everywhere. The bar is the 95 % interval, the grey box the range of networks with random weights.",
  share: 14,
  absence: tooFewDirections,
  async compute(bench) {
    const run = await distortionOf(bench);
    return { numbers: distortionNumbers(run.document), figures: Object.values(run.figures), runs: [run] };
  },
  sentence: distortionSentence,
  facts: ({ layers }) =>
    layers.map(({ distortion: value, interval }) => [
      "Distortion",
      value === null
        ? "–"
        : `${value.toFixed(2)}${interval ? ` (${interval.map((x) => x.toFixed(2)).join(" to ")})` : ""}`,
    ]),
});

/** Where few spectra have a local dimension, of as many directions as warpage is told of. */
async function distortionOf(bench: Workbench): Promise<Run<DistortionDocument>> {
  const { budget, subject } = bench;
  const { code, from, to, hasMapping } = subject;
  const args = ["--pairs", budget.pairs, "--untrained", budget.untrained, "--plot", work("distortion.svg")];
  const ends = hasMapping ? { to: [code.name] } : undefined;
  const run = await bench.run<DistortionDocument>("distortion", args, ends);
  if (run.document.layers.some(({ problem, pairs }) => problem !== "flat" && pairs >= FEWEST)) return run;
  const k = Math.min(COMPARED, Math.ceil(Math.min(from.dim, (hasMapping ? code : to).dim) / 2));
  return bench.run<DistortionDocument>("distortion", [...args, "--k", k], ends);
}

function distortionNumbers({ layers }: DistortionDocument): DistortionNumbers {
  return {
    layers: layers.map(({ to, untrained, ...result }) => ({
      name: to.name,
      distortion: result.distortion,
      interval: result.interval,
      problem: result.problem ?? null,
      pairs: result.pairs,
      tried: untrained?.networks.length ?? 0,
      networks: (untrained?.networks ?? []).flatMap((network) => network.distortion ?? []),
    })),
  };
}

const PROBLEMS: Readonly<Record<string, string>> = {
  flat: "its spectra are flat, so there are no leading directions to compare",
  affine: "its tangent spaces do not turn at all, as those of an affine map",
  "too-near": "neighbours share their tangent space to within rounding",
};

export function distortionSentence({ layers }: DistortionNumbers): string {
  return layers.map((layer) => `${sentenceOf(layer)}.`).join(" ");
}

function sentenceOf({
  name,
  distortion: value,
  interval,
  problem,
  pairs,
  tried,
  networks,
}: DistortionNumbers["layers"][number]): string {
  if (value === null) {
    return `${named(name)} has no Distortion: ${PROBLEMS[problem ?? ""] ?? "too few pairs have directions"}`;
  }
  const found = `At ${named(name)}, directions differ ${value.toFixed(1)} times as much between independent points as between neighbours`;
  if (!interval || pairs < FEWEST) {
    return `${found}, of ${counted(pairs, "pair")}: too few to tell it from an untrained network`;
  }
  const ends = `95 %: ${interval[0].toFixed(1)} to ${interval[1].toFixed(1)}`;
  if (tried === 0) {
    return `${found} (${ends}); there are no weights to redraw, so nothing to compare that with`;
  }
  if (networks.length === 0) {
    return `${found} (${ends}); untrained networks have none to compare it with, their spectra being flat`;
  }
  const range = [Math.min(...networks), Math.max(...networks)] as const;
  const others = `${counted(networks.length, "untrained network")} ${networks.length === 1 ? "has" : "have"} ${range.map((x) => x.toFixed(1)).join(" to ")}`;
  return `${found} (${ends}); ${others}: ${VERDICTS[compareRanges(interval, range)]}`;
}

const VERDICTS = {
  more: "the trained model is more uneven than these",
  less: "the trained model is more even than these",
  indistinct: "not distinguishable from an untrained network",
  few: "too few to tell",
} as const;
