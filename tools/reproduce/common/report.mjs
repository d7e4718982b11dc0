// The report: a page with every claim and its verdict, figures beside it, and the numbers behind them as CSV.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdownTable } from "../../bench/common/table.mjs";
import { CHANGES } from "./changes.mjs";
import { OPEN, probability } from "./verdict.mjs";

export async function writeReport(folder, world, sections, quick) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "README.md"), page(world, sections, quick));
  for (const { figures, data } of sections) {
    for (const { name, svg } of figures) await writeFile(join(folder, `${name}.svg`), svg);
    for (const { name, rows } of data) await writeFile(join(folder, `${name}.csv`), csv(rows));
  }
}

function page(world, sections, quick) {
  const summary = sections.flatMap(({ title, claims }, i) =>
    claims.map(({ claim, verdict, pValue, holmValue, survives }) => [
      `[${i + 1}](#${anchor(i, title)})`,
      claim,
      `**${verdict}**`,
      probability(pValue),
      probability(holmValue),
      verdict === OPEN ? "–" : survives ? "yes" : "no",
    ]),
  );
  const claims = sections.flatMap((section) => section.claims);
  const decided = claims.filter(({ verdict }) => verdict !== OPEN);
  return `# Reproduction

What four papers say about the latent spaces of generators, tested on \`${world.file}\` (SHA-256 ${world.digest}…), a small style-based generator (${world.mapping.from.dim}-dimensional z and w, ${world.synthesis.to.shape.slice(-2).join(" × ")} pixels) of faces whose factors of variation are known. A claim that holds here holds for this generator; one that does not may hold for larger ones. All numbers come from \`npm run reproduce\`, which writes this page; they depend on the seeds given and on nothing else, up to the last digits of the engine's float32. The papers' own numbers belong to other models and are not repeated.

${quick ? "**Quick run: the samples are far too few to conclude anything.**\n\n" : ""}Verdicts are computed. *Holds* and *does not hold* mean that the criterion is met, or its opposite, with p < 0.05; all else is *inconclusive*. p is two-sided and comes from a bootstrap (then the 95 % interval lies beyond the bound, but for rounding), from permutations of networks, or, one-sided, from the rank among draws of a null, of which 20 give 1/21 = 0.048 at best. Members that are not independent, the samples of one network or the images of one code, are resampled together. A claim in several parts holds if every part does (the largest p counts) and does not hold if one part does not (the least p counts, times the number of parts). Claims marked *control* are not of the papers: they ask whether the same is found without training.

${claims.filter(({ pValue }) => pValue !== undefined).length} claims are tested together, so that one or two verdicts may be chance: the last columns correct for their number (Holm, 1979). ${decided.filter(({ survives }) => survives).length} of the ${decided.length} verdicts other than *inconclusive* survive. A rank among 20 networks or draws cannot, however good it is: that would take 20 more of them for every claim tested.

How the embedded sample was trained is in [its model card](../../packages/sample/MODEL_CARD.md): its mapping was first fitted to the codes of an autoencoder, so its layers are not those that adversarial training alone would find. A perceptual distance of its training came from a network that had learnt to read the factors (another than the one that measures them here), as LPIPS comes from one that has learnt to name objects: the factors may lie more plainly in W than in a generator trained on pixels alone. Methods are compared on the same W, so this favours none of them; how well they find factors in absolute terms may be flattered.

Factors are measured on images by a regressor (\`tools/reproduce/data\`, trained on drawn faces; its scores on held-out ones are in \`regressor.json\`), and so are the features, its 64 last hidden values, in which images are compared beside pixels.

## Verdicts

${markdownTable([["study", "claim", "verdict", "p", "p (Holm)", "survives"], ...summary])}

${CHANGES}

${sections.map(section).join("\n")}`;
}

function section({ title, source, settings, claims, tables, figures, data, notes = [] }, i) {
  const parts = [
    `## ${i + 1}. ${title}`,
    `${source}.`,
    `*Settings:* ${settings}.`,
    markdownTable([
      ["claim", "criterion", "found", "p", "verdict"],
      ...claims.map(({ claim, criterion, evidence, pValue, verdict }) => [
        claim,
        criterion,
        evidence,
        probability(pValue),
        `**${verdict}**`,
      ]),
    ]),
    ...figures.map(({ name, alt }) => `![${alt}](${name}.svg)`),
    ...tables.map(({ title: caption, rows }) => `**${caption}**\n\n${markdownTable(rows)}`),
    ...notes,
    `Numbers: ${data.map(({ name }) => `[${name}.csv](${name}.csv)`).join(", ")}.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function anchor(i, title) {
  return `${i + 1}-${title
    .toLowerCase()
    .replace(/[^\p{L}\d -]/gu, "")
    .replaceAll(" ", "-")}`;
}

/** Numbers to seven digits, the precision of the engine; nothing where there is none. */
function csv(rows) {
  const cell = (value) => {
    if (typeof value !== "number") return value ?? "";
    return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "";
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}
