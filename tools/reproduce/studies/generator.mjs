// What the generator draws, beside faces that the project drew: distances of their features, and how far each factor
// varies. The other studies are about a generator, and their worth depends on how good it is.

import { readFile } from "node:fs/promises";
import { densityCoverage, frechetDistance, gaussianOf, precisionRecall } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { readNpz } from "@vielbein/linalg/npy";
import { deviations, readFactors } from "../common/factors.mjs";
import { allOf, FAILS, HOLDS, tally } from "../common/verdict.mjs";

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
  const factors = spreads(world, faces, drawn);
  const varies = factors.map(({ share }) => (share >= VARIES ? HOLDS : FAILS));
  return {
    title: "The generator",
    source:
      "Fréchet distance: Heusel et al., arXiv:1706.08500; precision and recall: Kynkäänniemi et al., arXiv:1904.06991; density and coverage: Naeem et al., arXiv:2002.09797",
    settings: `${samples / 2} samples and two sets of as many drawn faces, none of which was trained on, in the 64 features; seed ${SEED}`,
    claims: [
      {
        claim: "Control: every factor varies in the samples",
        criterion: `standard deviation, or odds of the rarest choice, at least ${VARIES} of that of faces`,
        verdict: allOf(varies),
        evidence: `${tally(varies)}${varies.includes(FAILS) ? `: ${factors.flatMap(({ name }, j) => (varies[j] === FAILS ? [name] : [])).join(", ")}` : ""}`,
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
          ["factor", "measure", "share"],
          ...factors.map(({ name, measure, share }) => [name, measure, share.toFixed(2)]),
        ],
      },
    ],
    figures: [],
    data: [
      {
        name: "generator",
        rows: [["factor", "share"], ...factors.map(({ name, share }) => [name, share])],
      },
    ],
    notes: ["Features of the regressor see factors and little else; look at the samples, too."],
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

function spreads(world, faces, drawn) {
  const [own, theirs] = [deviations(drawn.factors), deviations(faces.factors)];
  return world.outputs.map(({ name, kind, columns }, j) => {
    if (kind === "continuous") return { name, measure: "standard deviation", share: own[j] / theirs[j] };
    const odds = columns.map((_, level) => oddsOf(drawn.factors, j, level) / oddsOf(faces.factors, j, level));
    return { name, measure: "odds, of the choice that is rarest beside faces", share: Math.min(...odds) };
  });
}

function oddsOf({ rows, cols, data }, j, level) {
  let count = 0;
  for (let i = 0; i < rows; i++) if (data[i * cols + j] === level) count++;
  return count / rows;
}

function part({ cols, data }, first, end) {
  return matrix(end - first, cols, data.slice(first * cols, end * cols));
}
