// Whether the methods find the same directions: overlaps of their leading subspaces beside those of uniform ones.

import { VielbeinError } from "@vielbein/core";
import { COMPARED } from "../budgets.ts";
import { FILES, localBasis, metricSpectra, principalDirections, sefaDirections } from "../directions.ts";
import { tooFewDirections } from "../problems.ts";
import { NotApplicable, section } from "../section.ts";
import { counted, listed, named } from "../words.ts";
import { type Run, type Workbench, work } from "../workbench.ts";

interface CompareDocument {
  readonly k: number;
  readonly space: { readonly name: string; readonly dim: number };
  readonly pairs: readonly { readonly first: number; readonly second: number; readonly overlap: number }[];
  readonly haar: { readonly overlap: { readonly mean: number; readonly std: number } };
}

export interface AgreementNumbers {
  readonly space: string;
  readonly k: number;
  readonly pairs: readonly { readonly first: string; readonly second: string; readonly overlap: number }[];
  /** Methods that broke off and are not compared. */
  readonly failed: readonly string[];
  /** Overlap of uniform subspaces. */
  readonly haar: { readonly mean: number; readonly std: number };
}

type Method = keyof typeof FILES;

const NAMES: Readonly<Record<Method, string>> = {
  basis: "Local Basis",
  sefa: "SeFa",
  pca: "PCA",
  metric: "axes of the metric",
};

export const agreementSection = section<AgreementNumbers>({
  id: "agreement",
  title: "Whether the methods agree",
  question: "Do Local Basis, SeFa, PCA and the metric point to the same directions, more than by chance?",
  reading:
    "Distances between the subspaces that the leading directions of two methods span, from their principal angles: 0 for the same subspace, the largest for unrelated ones. The subtitle has what uniform subspaces are apart.",
  share: 2,
  absence: tooFewDirections,
  async compute(bench) {
    const { methods, failed, runs } = await findDirections(bench);
    if (methods.length < 2) throw new NotApplicable(tooFewMethods(methods, failed));
    const files = methods.map((method) => work(FILES[method]));
    const k = Math.min(COMPARED, Math.floor(bench.subject.code.dim / 2));
    const run = await bench.runOn<CompareDocument>("compare", files, [
      "--k",
      k,
      "--plot",
      work("agreement.svg"),
    ]);
    return {
      numbers: agreementNumbers(run.document, methods, failed),
      figures: Object.values(run.figures),
      runs: [...runs, run],
    };
  },
  sentence: agreementSentence,
});

/** What became of each method; there are none of a model for which a method has no meaning. */
interface Found {
  /** Those that found directions. */
  readonly methods: Method[];
  /** Those that could have and broke off. */
  readonly failed: Method[];
  readonly runs: Run<unknown>[];
}

async function findDirections(bench: Workbench): Promise<Found> {
  const finders: Readonly<Record<Method, () => Promise<Run<unknown>>>> = {
    basis: async () => moving(await localBasis(bench), ({ points: [one] }) => one?.singularValues),
    sefa: () => sefaDirections(bench),
    pca: () => principalDirections(bench),
    metric: async () => moving(await metricSpectra(bench), ({ layers: [one] }) => one?.meanEigenvalues),
  };
  const { methods, failed, runs }: Found = { methods: [], failed: [], runs: [] };
  for (const method of Object.keys(finders) as Method[]) {
    try {
      runs.push(await finders[method]());
      methods.push(method);
    } catch (error) {
      // Its own section says why.
      if (error instanceof VielbeinError) failed.push(method);
      else if (!(error instanceof NotApplicable)) throw error;
    }
  }
  return { methods, failed, runs };
}

function tooFewMethods(methods: readonly Method[], failed: readonly Method[]): string {
  const found = methods.length === 0 ? "No method" : `Only ${NAMES[methods[0] ?? "basis"]}`;
  const because = failed.length === 0 ? "" : ` (${failuresOf(failed.map((method) => NAMES[method]))})`;
  return `${found} finds directions here${because}, so there is nothing to compare.`;
}

function failuresOf(names: readonly string[]): string {
  const reason =
    names.length === 1 ? "the reason that its own section gives" : "reasons that their own sections give";
  return `${listed(names)} failed, for ${reason}`;
}

/** Where the output does not move at all, every direction is as good as any other, and methods agree on none. */
function moving<D>(run: Run<D>, valuesOf: (document: D) => readonly number[] | undefined): Run<D> {
  if (valuesOf(run.document)?.[0] === 0) throw new NotApplicable("The output does not move.");
  return run;
}

function agreementNumbers(
  { k, space, pairs, haar }: CompareDocument,
  methods: readonly Method[],
  failed: readonly Method[],
): AgreementNumbers {
  const nameOf = (index: number) => NAMES[methods[index] ?? "basis"];
  return {
    space: space.name,
    k,
    failed: failed.map((method) => NAMES[method]),
    haar: { mean: haar.overlap.mean, std: haar.overlap.std },
    pairs: pairs.map(({ first, second, overlap }) => ({
      first: nameOf(first),
      second: nameOf(second),
      overlap,
    })),
  };
}

/** Deviations beyond which an overlap is not chance: of up to six pairs none is expected. */
const FAR = 3;

export function agreementSentence(numbers: AgreementNumbers): string {
  const missing = numbers.failed.length === 0 ? "" : ` Not compared: ${failuresOf(numbers.failed)}.`;
  return comparedSentence(numbers) + missing;
}

function comparedSentence({ space, k, pairs, haar }: AgreementNumbers): string {
  const [closest] = pairs.toSorted((a, b) => b.overlap - a.overlap);
  if (!closest) return "There is no pair of methods to compare.";
  const chance = `uniform subspaces: ${haar.mean.toFixed(2)} ± ${haar.std.toFixed(2)}`;
  const best = `closest are ${closest.first} and ${closest.second}, with an overlap of ${closest.overlap.toFixed(2)} between their leading ${k === 1 ? "direction" : `${k} directions`} of ${named(space)} (${chance})`;
  const limit = haar.mean + FAR * haar.std;
  if (limit >= 1) return `In so small a space no overlap is distinguishable from chance: ${best}.`;
  const count = pairs.filter(({ overlap }) => overlap > limit).length;
  return count === 0
    ? `No two methods are distinguishable from chance: ${best}.`
    : `${count} of ${counted(pairs.length, "pair")} of methods agree beyond chance: ${best}.`;
}
