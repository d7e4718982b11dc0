// The directions that a report draws and compares: of each method a file, found once for all sections that need it.

import { type Provenance, VielbeinError } from "@vielbein/core";
import { COMPARED } from "./budgets.ts";
import { NotApplicable } from "./section.ts";
import { type Argument, type Run, type Workbench, work } from "./workbench.ts";

export interface BasisDocument {
  readonly from: Provenance["from"];
  readonly to: Provenance["to"];
  readonly points: readonly { readonly singularValues: readonly number[] }[];
}

export interface PcaDocument {
  readonly stdev: readonly number[];
  readonly share: readonly number[];
}

export interface SefaDocument {
  readonly share: readonly number[];
}

/** As the document of `metric` has them; null where there is none. */
export interface MetricDocument {
  readonly points: readonly {
    readonly eigenvalues: readonly number[];
    readonly shuffledEigenvalues?: readonly number[] | undefined;
  }[];
  readonly layers: readonly {
    readonly meanEigenvalues: readonly number[];
    readonly anisotropy: {
      readonly axes: Readonly<Record<string, number>>;
    } | null;
    readonly homogeneity: HomogeneityDocument | null;
    readonly haar: HomogeneityDocument | null;
    readonly shuffled: HomogeneityDocument | null;
  }[];
}

export interface HomogeneityDocument {
  readonly logarithmic: {
    readonly mean: number | null;
    readonly standardDeviation: number | null;
    readonly reason: string | null;
  };
}

export const FILES = {
  basis: "local-basis.safetensors",
  sefa: "sefa.safetensors",
  pca: "pca.safetensors",
  metric: "metric-axes.safetensors",
} as const;

/** Local basis of the first code. */
export function localBasis(bench: Workbench): Promise<Run<BasisDocument>> {
  const args = ["--samples", 1, "--directions-out", work(FILES.basis)];
  return bench.once("basis", () => bench.run<BasisDocument>("basis", args, fromCode(bench)));
}

export function sefaDirections(bench: Workbench): Promise<Run<SefaDocument>> {
  const args = ["--out", work(FILES.sefa)];
  const find = () => bench.run<SefaDocument>("sefa", args, { ...fromCode(bench), draws: false });
  return bench.once("sefa", () => whereThereAre("SeFa has no directions here", find));
}

/** Of the codes behind a mapping network; else, as GANSpace does, of the codes by way of the first layer. */
export function principalDirections(bench: Workbench): Promise<Run<PcaDocument>> {
  const { budget, subject } = bench;
  const k = Math.min(COMPARED, subject.code.dim);
  const args = ["--samples", budget.samples, "--k", k, "--out", work(FILES.pca)];
  const find = () =>
    subject.hasMapping
      ? bench.run<PcaDocument>("pca", args, { to: [subject.code.name] })
      : bench.run<PcaDocument>("pca", [...args, "--latent"], { to: subject.layers.slice(0, 1) });
  return bench.once("pca", () => whereThereAre("PCA has no directions here", find));
}

/** Spectra of the metric at several codes, beside shuffled weights, and the axes of their mean. */
export function metricSpectra(bench: Workbench): Promise<Run<MetricDocument>> {
  const files = [
    "--directions-out",
    work(FILES.metric),
    "--plot",
    work("metric.svg"),
    "--heat-map",
    work("homogeneity.svg"),
  ];
  const args = ["--samples", bench.budget.points, ...files];
  const find = (more: readonly Argument[]) =>
    bench.run<MetricDocument>("metric", [...args, ...more], { ...fromCode(bench), draws: false });
  return bench.once("metric", () =>
    find(["--shuffled"]).catch((error: unknown) => {
      // Where no weights are left to shuffle there is no control.
      if (error instanceof VielbeinError && error.code === "INVALID_MODEL") return find([]);
      throw error;
    }),
  );
}

/** How far to walk either way: over most of where codes lie. */
export function rangeOf(bench: Workbench): Promise<number> {
  return bench.once("range", async () => {
    const deviation = bench.subject.hasMapping
      ? ((await principalDirections(bench)).document.stdev[0] ?? 1)
      : deviationOf((await localBasis(bench)).document.from);
    return Number((DEVIATIONS * deviation).toPrecision(2));
  });
}

const DEVIATIONS = 2.5;

function deviationOf({ prior }: Provenance["from"]): number {
  return prior?.kind === "uniform" ? (prior.high - prior.low) / Math.sqrt(12) : 1;
}

/** The option that starts maps at the code. */
export function fromCode({ subject: { code, hasMapping } }: Workbench): { readonly from?: string } {
  return hasMapping ? { from: code.name } : {};
}

async function whereThereAre<T>(what: string, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    const isAbsent =
      error instanceof VielbeinError && ["INVALID_SPACE", "NUMERICAL_FAILURE"].includes(error.code);
    throw isAbsent ? new NotApplicable(`${what}: ${error.message}`) : error;
  }
}
