// All studies in their order, with their numbers of samples.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { initialize } from "@vielbein/linalg";
import { writeReport } from "./common/report.mjs";
import { corrected } from "./common/verdict.mjs";
import { World } from "./common/world.mjs";
import { denoiser } from "./studies/denoiser.mjs";
import { directions } from "./studies/directions.mjs";
import { frechet } from "./studies/frechet.mjs";
import { generator } from "./studies/generator.mjs";
import { layerStudy } from "./studies/layers.mjs";
import { metric } from "./studies/metric.mjs";
import { regions } from "./studies/regions.mjs";
import { warpage } from "./studies/warpage.mjs";

const FULL = {
  generator: { samples: 4000 },
  warpage: { pairs: 200, untrained: 20, samples: 10_000 },
  layers: { pairs: 160, points: 60, samples: 5000, held: 1000, votes: 5000, untrained: 20 },
  metric: { points: 24, shuffled: 20, draws: 999, spaces: ["pixels", "features"] },
  directions: { samples: 240, points: 24, reference: 4000, directions: 10, resamples: 200 },
  regions: { samples: 48, shuffled: 5, reference: 200 },
  frechet: { points: 60, held: 100, samples: 60, components: 10_000, untrained: 3 },
  denoiser: { points: 24, sigmas: [0.2, 0.3, 0.5, 0.7], untrained: 20 },
};
/** Enough to run every line, not enough to conclude anything. */
const QUICK = {
  generator: { samples: 200 },
  warpage: { pairs: 4, untrained: 2, samples: 200 },
  layers: { pairs: 2, points: 2, samples: 120, held: 40, votes: 20, untrained: 2 },
  metric: { points: 3, shuffled: 1, draws: 20, spaces: ["features"] },
  directions: { samples: 6, points: 1, reference: 80, directions: 3, resamples: 20 },
  regions: { samples: 1, shuffled: 1, reference: 6 },
  frechet: { points: 4, held: 4, samples: 4, components: 60, untrained: 1 },
  denoiser: { points: 2, sigmas: [0.5], untrained: 1 },
};
const STUDIES = { generator, warpage, layers: layerStudy, metric, directions, regions, frechet, denoiser };

/** Claims of all sections together, since every one is a chance to be wrong. */
function correctClaims(sections) {
  const claims = corrected(sections.flatMap((section) => section.claims));
  for (const section of sections) section.claims = claims.splice(0, section.claims.length);
}

/**
 * What a study found: what an earlier run of it kept in the folder `keep`, of the same model and numbers, or else by
 * computing and keeping it.
 */
async function sectionOf(world, name, counts, keep) {
  if (keep === undefined) return STUDIES[name](world, counts);
  const path = join(keep, `${name}.json`);
  const made = { model: world.digest, counts };
  const kept = existsSync(path) ? JSON.parse(await readFile(path, "utf8")) : undefined;
  if (isDeepStrictEqual(kept?.made, made)) return kept.section;
  const section = await STUDIES[name](world, counts);
  await mkdir(keep, { recursive: true });
  await writeFile(path, JSON.stringify({ made, section }));
  return section;
}

/** The names of the studies. */
export const NAMES = Object.keys(STUDIES);

/**
 * Runs the studies, or `only` one of them, on the generator in file `model` and writes the report to the folder `out`;
 * returns its sections. With a folder to `keep` what is found in, a run that was cut off goes on from there.
 */
export async function reproduce({ model, out, quick, only, keep, log }) {
  await initialize();
  const world = await World.open(model);
  const sections = [];
  for (const name of only ? [only] : NAMES) {
    const start = performance.now();
    sections.push(await sectionOf(world, name, (quick ? QUICK : FULL)[name], keep));
    log(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    for (const { verdict, claim, evidence } of sections.at(-1).claims) {
      log(`  ${verdict}: ${claim} (${evidence})`);
    }
  }
  correctClaims(sections);
  await writeReport(out, world, sections, { quick, only });
  await world.dispose();
  return sections;
}
