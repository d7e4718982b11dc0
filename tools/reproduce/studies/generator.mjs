// What the generator draws, beside faces that the project drew: distances of their features, and how far each factor
// varies. The other studies are about a generator, and their worth depends on how good it is.

import { readFile } from "node:fs/promises";
import {
  densityCoverage,
  frechetDistance,
  gaussianOf,
  precisionRecall,
} from "@vielbein/core/disentanglement";
import { matrix } from "@vielbein/linalg";
import { readNpz } from "@vielbein/linalg/npy";
import { readFactors } from "../common/factors.mjs";
import { allOf, FAILS, tally, tested } from "../common/verdict.mjs";

const SEED = 6;
const FACES = new URL("../data/real-features.npz", import.meta.url);
/** A continuous factor varies when its standard deviation is this share of that of faces, a discrete one when every
 * choice has this share of its odds among faces. */
const VARIES = 0.5;

export async function generator(world, { samples }) {
  const faces = await readFaces(world, samples);
  const drawn = await world.measure(await world.codes(SEED, 0, samples), samples);
  const halves = [part(faces.features, 0, samples / 2), part(faces.features, samples / 2, samples)];
  const own = compare(halves[0], part(drawn.features, 0, samples / 2));
  const floor = compare(halves[0], halves[1]);
  const factors = world.outputs.map((output, j) => spread(output, j, faces, drawn));
  const varies = factors.map(({ part }) => part);
  const failing = factors.filter(({ part }) => part.verdict === FAILS);
  return {
    title: "The generator",
    source:
      "Fréchet distance: Heusel et al., arXiv:1706.08500; precision and recall: Kynkäänniemi et al., arXiv:1904.06991; density and coverage: Naeem et al., arXiv:2002.09797",
    settings: `${samples} samples and as many drawn faces, none of which was trained on, for the factors; half of the samples and the halves of the faces for the distances, in the 64 features; seed ${SEED}`,
    claims: [
      {
        claim: "Control: every factor varies in the samples",
        criterion: `standard deviation, or odds of the rarest choice, above ${VARIES} of that of faces, 95 % interval over samples and faces`,
        ...allOf(varies),
        evidence: `${tally(varies)}${failing.length > 0 ? `: ${failing.map(({ name }) => name).join(", ")}` : ""}`,
      },
    ],
    tables: [
      {
        title: "Beside drawn faces",
        rows: [
          ["", "Fréchet distance", "precision", "recall", "density", "coverage"],
          ["samples", ...own.map((x, i) => x.toFixed(i ? 2 : 3))],
          ["other faces", ...floor.map((x, i) => x.toFixed(i ? 2 : 3))],
        ],
      },
      {
        title: "How far the factors vary (1: as in drawn faces)",
        rows: [
          ["factor", "measure", "share", "95 %"],
          ...factors.map(({ name, measure, part: { value, interval } }) => [
            name,
            measure,
            value.toFixed(2),
            interval.map((x) => x.toFixed(2)).join(" to "),
          ]),
        ],
      },
    ],
    figures: [],
    data: [
      {
        name: "generator",
        rows: [
          ["factor", "share", "low", "high"],
          ...factors.map(({ name, part: { value, interval } }) => [name, value, ...interval]),
        ],
      },
    ],
    notes: [
      "Features of the regressor see factors and little else; look at the samples, too. A sample on the edge of a ball counts as inside (≤) for all four scores, as in the definition of precision and recall; the published code of density and coverage leaves it out (<), which matters only where distances are equal.",
    ],
  };
}

async function readFaces(world, count) {
  const { features: kept } = readNpz(await readFile(FACES));
  const features = matrix(
    count,
    kept.shape[1],
    Float64Array.from(kept.data.subarray(0, count * kept.shape[1])),
  );
  const outputs = await world.head.evaluate(Float32Array.from(features.data), count);
  const raw = matrix(count, world.head.to.dim, Float64Array.from(outputs));
  return { features, raw, factors: readFactors(raw, world.outputs) };
}

function compare(faces, others) {
  const { precision, recall } = precisionRecall(faces, others);
  const { density, coverage } = densityCoverage(faces, others);
  return [frechetDistance(gaussianOf(faces), gaussianOf(others)), precision, recall, density, coverage];
}

/** How far factor j varies, as a share of how far it does among faces; samples and faces are resampled alike. */
function spread({ name, kind, columns }, j, faces, drawn) {
  const [own, theirs] = [drawn, faces].map(({ factors: { rows, cols, data } }) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]),
  );
  const test = (statistic) => tested(own.length, statistic, { bound: VARIES, seed: SEED + j });
  if (kind === "continuous") {
    const ratio = (members) => deviationOf(own, members) / deviationOf(theirs, members);
    return { name, measure: "standard deviation", part: test(ratio) };
  }
  const rarest = (members) =>
    Math.min(...columns.map((_, level) => countOf(own, level, members) / countOf(theirs, level, members)));
  return { name, measure: "odds, of the choice that is rarest beside faces", part: test(rarest) };
}

function deviationOf(values, members) {
  let [sum, squares] = [0, 0];
  for (const i of members) sum += values[i];
  const mean = sum / members.length;
  for (const i of members) squares += (values[i] - mean) ** 2;
  return Math.sqrt(squares / members.length);
}

function countOf(values, level, members) {
  let count = 0;
  for (const i of members) if (values[i] === level) count++;
  return count;
}

function part({ cols, data }, first, end) {
  return matrix(end - first, cols, data.slice(first * cols, end * cols));
}
