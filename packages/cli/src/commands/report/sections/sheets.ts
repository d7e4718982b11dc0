// Sheets of images along the directions of four methods, from the same code, over the same range.

import { DRAWN } from "../budgets.ts";
import {
  FILES,
  fromCode,
  localBasis,
  metricSpectra,
  principalDirections,
  rangeOf,
  sefaDirections,
} from "../directions.ts";
import { derivativeProblem } from "../problems.ts";
import { type AnySection, type Finding, NotApplicable, section } from "../section.ts";
import { about, counted, percents } from "../words.ts";
import { type Run, type Workbench, work } from "../workbench.ts";

interface SheetNumbers {
  /** How fast each direction moves the output at the code: ‖J·v‖. */
  readonly speeds: readonly number[];
  /** Of the squares of these for directions at random; undefined where the spectrum is not known whole. */
  readonly random: { readonly mean: number; readonly std: number } | undefined;
  /** Part of what the method maximises that the directions drawn have together. */
  readonly share: number | undefined;
}

interface TraverseDocument {
  readonly singularValues: readonly number[];
}

interface Sheet {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly reading: string;
  /** The directions file, and the part that the first of them have; undefined for the local basis itself. */
  readonly find:
    | ((
        bench: Workbench,
      ) => Promise<{ readonly run: Run<unknown>; readonly file: string; readonly share?: number }>)
    | undefined;
  /** What the share is of. */
  readonly whole?: string;
}

const partOf = (share: readonly number[]) => share.slice(0, DRAWN).reduce((sum, part) => sum + part, 0);

const SHEETS: readonly Sheet[] = [
  {
    id: "local-basis",
    title: "The directions that move this sample most (Local Basis)",
    question: "Which changes does one sample follow most readily?",
    reading:
      "A row for each direction, the sample itself in the middle. These are the leading singular vectors of the derivative at this one code.",
    find: undefined,
  },
  {
    id: "sefa",
    title: "Directions from the weights alone (SeFa)",
    question: "Which directions do the first layers amplify, whatever the sample?",
    reading:
      "Directions that the weights behind the code stretch most, found without drawing a single sample; walked along from the same sample.",
    find: async (bench) => {
      const run = await sefaDirections(bench);
      return { run, file: FILES.sefa, share: partOf(run.document.share) };
    },
    whole: "of what the weights pass on",
  },
  {
    id: "pca",
    title: "Directions in which samples vary (PCA)",
    question: "Along which directions do codes, or the first features, differ most from sample to sample?",
    reading:
      "Principal components of many samples, as GANSpace takes them: of the codes behind a mapping network, else of the first layer, brought back to the code by regression.",
    find: async (bench) => {
      const run = await principalDirections(bench);
      return { run, file: FILES.pca, share: partOf(run.document.share) };
    },
    whole: "of the variance of the samples",
  },
  {
    id: "metric-axes",
    title: "Directions that move samples on average (axes of the metric)",
    question: "Which directions move the output most, taken over several samples?",
    reading: "Eigenvectors of the metric averaged over several codes, walked along from the same sample.",
    find: async (bench) => ({ run: await metricSpectra(bench), file: FILES.metric }),
  },
];

export const sheetSections: readonly AnySection[] = SHEETS.map(
  ({ id, title, question, reading, find, whole }) =>
    section<SheetNumbers>({
      ...{ id, title, question, reading },
      share: 4,
      absence: derivativeProblem,
      compute: (bench) => drawSheet(bench, id, find),
      sentence: (numbers) => sheetSentence(numbers, whole),
    }),
);

async function drawSheet(bench: Workbench, id: string, find: Sheet["find"]): Promise<Finding<SheetNumbers>> {
  const [local, found] = [await localBasis(bench), await find?.(bench)];
  const { columns } = bench.budget;
  const available = found ? bench.subject.code.dim : (local.document.points[0]?.singularValues.length ?? 1);
  const last = Math.min(DRAWN, available) - 1;
  const svg = work(`${id}.svg`);
  const args = [
    ...["--directions", last === 0 ? 0 : `0-${last}`, "--range", await rangeOf(bench)],
    ...["--columns", columns, "--out", svg],
  ];
  const own = found ? ["--directions-in", work(found.file)] : [];
  const run = await bench
    .run<TraverseDocument>("traverse", [...own, ...args], fromCode(bench))
    .catch(noPicture);
  return {
    numbers: { speeds: run.document.singularValues, random: randomSpeeds(local), share: found?.share },
    figures: Object.values(run.figures),
    runs: found ? [found.run, run] : [run],
  };
}

/** What cannot be drawn has no sheet. */
function noPicture(error: unknown): never {
  const isNoPicture = error instanceof Error && "code" in error && error.code === "SHAPE_MISMATCH";
  throw isNoPicture ? new NotApplicable(`There is no sheet of images: ${error.message}`) : error;
}

/** Mean and deviation of ‖J·v‖² over directions v uniform on the sphere, from the singular values of J. */
function randomSpeeds({
  document: { from, to, points },
}: Run<{
  readonly from: { readonly dim: number };
  readonly to: { readonly dim: number };
  readonly points: readonly { readonly singularValues: readonly number[] }[];
}>): SheetNumbers["random"] {
  const n = from.dim;
  const squares = (points[0]?.singularValues ?? []).map((x) => x ** 2);
  if (squares.length < Math.min(n, to.dim)) return undefined;
  const sum = squares.reduce((total, x) => total + x, 0);
  const fourth = squares.reduce((total, x) => total + x ** 2, 0);
  // E v⁴ = 3/(n(n+2)) and E vᵢ²vⱼ² = 1/(n(n+2)) on the sphere.
  const variance = (2 * fourth + sum ** 2) / (n * (n + 2)) - (sum / n) ** 2;
  return { mean: sum / n, std: Math.sqrt(Math.max(0, variance)) };
}

/** Deviations beyond which a direction moves the output more than one at random. */
const FAR = 2;

export function sheetSentence({ speeds, random, share }: SheetNumbers, whole?: string): string {
  const part =
    share === undefined || whole === undefined ? "" : ` Together they have ${percents(share)} ${whole}.`;
  if (speeds.every((speed) => speed === 0)) {
    return `None of these directions moves the output at this sample.${part}`;
  }
  const [first = 0] = speeds;
  const shown = counted(speeds.length, "direction");
  if (!random || random.mean === 0) {
    const least = Math.min(...speeds);
    const ratio =
      least > 0
        ? `${about(Math.max(...speeds) / least)} times as far as the weakest`
        : "while others do not move it at all";
    return `Of ${shown}, the strongest moves the output ${ratio}; too large to be decomposed whole, the derivative gives no random directions to compare with.${part}`;
  }
  const ratio = first / Math.sqrt(random.mean);
  const count = speeds.filter((speed) => speed ** 2 > random.mean + FAR * random.std).length;
  const verdict =
    count === 0
      ? "none of them is distinguishable from a random direction by how far it moves this sample"
      : `${count} of ${shown} ${count === 1 ? "moves" : "move"} it farther than random directions do (beyond ${FAR} standard deviations)`;
  return `At this sample, a step along the first moves the output ${about(ratio)} times as far as one along a random direction does on average; ${verdict}.${part}`;
}
