// All studies in their order, with their numbers of samples.

import { initialize } from "@vielbein/linalg";
import { writeReport } from "./common/report.mjs";
import { World } from "./common/world.mjs";
import { directions } from "./studies/directions.mjs";
import { generator } from "./studies/generator.mjs";
import { layerStudy } from "./studies/layers.mjs";
import { metric } from "./studies/metric.mjs";
import { warpage } from "./studies/warpage.mjs";

const FULL = {
  generator: { samples: 4000 },
  warpage: { pairs: 200, untrained: 3, samples: 10_000 },
  layers: { pairs: 100, points: 50, samples: 5000, held: 1000, votes: 5000, untrained: 3 },
  metric: { points: 24, shuffled: 3, spaces: ["pixels", "features"] },
  directions: { samples: 240, points: 24, reference: 4000, directions: 10, resamples: 200 },
};
/** Enough to run every line, not enough to conclude anything. */
const QUICK = {
  generator: { samples: 200 },
  warpage: { pairs: 4, untrained: 1, samples: 200 },
  layers: { pairs: 3, points: 3, samples: 120, held: 40, votes: 20, untrained: 1 },
  metric: { points: 2, shuffled: 1, spaces: ["features"] },
  directions: { samples: 6, points: 1, reference: 80, directions: 3, resamples: 20 },
};
const STUDIES = { generator, warpage, layers: layerStudy, metric, directions };

/** Runs the studies on the generator in file `model` and writes the report to the folder `out`; returns its sections. */
export async function reproduce({ model, out, quick, log }) {
  await initialize();
  const world = await World.open(model);
  const sections = [];
  for (const [name, study] of Object.entries(STUDIES)) {
    const start = performance.now();
    const section = await study(world, (quick ? QUICK : FULL)[name]);
    sections.push(section);
    log(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    for (const { verdict, claim, evidence } of section.claims) log(`  ${verdict}: ${claim} (${evidence})`);
  }
  await writeReport(out, world, sections, quick);
  await world.dispose();
  return sections;
}
