// The report: a page with every claim and its verdict, figures beside it, and the numbers behind them as CSV.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdownTable } from "../../bench/common/table.mjs";
import { CHANGES } from "./changes.mjs";
import { FAILS, HOLDS, OPEN, probability, RESAMPLES } from "./verdict.mjs";

export async function writeReport(folder, world, sections, { quick, only }) {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "README.md"),
    only ? pageOfOne(world, sections, quick) : page(world, sections, quick),
  );
  for (const { figures, data } of sections) {
    for (const { name, svg } of figures) await writeFile(join(folder, `${name}.svg`), svg);
    for (const { name, rows } of data) await writeFile(join(folder, `${name}.csv`), csv(rows));
  }
}

const QUICK = "**Quick run: the samples are far too few to conclude anything.**\n\n";

/** A study alone. */
function pageOfOne(world, sections, quick) {
  const [{ title, claims, model = world }] = sections;
  return `# ${title}: a study alone

${quick ? QUICK : ""}Measured on \`${model.file}\` (SHA-256 ${model.digest}…) as the [reproduction](../README.md) is, which says how to read it; the same study is part of it. Here p is corrected for the ${claims.length} claims of this study only.

${sections.map(section).join("\n")}`;
}

function page(world, sections, quick) {
  const summary = sections.flatMap(({ title, claims }, i) =>
    claims.map(({ claim, verdict, pValue, holmValue, alone }) => [
      `[${i + 1}](#${anchor(i, title)})`,
      claim,
      `**${verdict}**`,
      probability(pValue),
      probability(holmValue),
      alone === verdict ? "–" : alone,
    ]),
  );
  const claims = sections.flatMap((section) => section.claims);
  const count = (of) => claims.filter(of).length;
  return `# Reproduction

What seven papers say about the latent spaces of generators, tested on \`${world.file}\` (SHA-256 ${world.digest}…), a small style-based generator (${world.mapping.from.dim}-dimensional z and w, ${world.synthesis.to.shape.slice(-2).join(" × ")} pixels) of faces whose factors of variation are known. A claim that holds here holds for this generator; one that does not may hold for larger ones. All numbers come from \`npm run reproduce\`, which writes this page; they depend on the seeds given and on nothing else, up to the last digits of the engine's float32. The papers' own numbers belong to other models and are not repeated.

${quick ? QUICK : ""}Verdicts are computed. *Holds* and *does not hold* mean that the criterion is met, or its opposite, with p < 0.05 once p is corrected for the number of claims; all else is *inconclusive*. p is two-sided and comes from a bootstrap (it is below 0.05 before the correction where the 95 % interval lies beyond the bound, but for rounding), from permutations of networks, or from the rank among draws of a null, one-sided toward the side that is found, so that of such claims one in ten would be decided by chance. Members that are not independent, the samples of one network or the images of one code, are resampled together. A claim in several parts holds if every part does (the largest p counts) and does not hold if one part does not (the least p counts, times the number of parts). Claims marked *control* are not of the papers: they ask whether the same is found without training.

${count(({ pValue }) => pValue !== undefined)} claims are tested together, so that one to three would be decided by chance: p is corrected for their number (Holm, 1979). ${count(({ alone }) => alone !== OPEN)} have p < 0.05 alone, and ${count(({ verdict }) => verdict !== OPEN)} still have it after the correction: ${count(({ verdict }) => verdict === HOLDS)} hold, ${count(({ verdict }) => verdict === FAILS)} do not. The last column says what the others would be without it. Bootstraps and permutations have ${RESAMPLES.toLocaleString("en")} draws, so that the data decide and not the number of draws; where so many take too long, the section says so.

How the embedded sample was trained is in [its model card](../../packages/sample/MODEL_CARD.md): its mapping was first fitted to the codes of an autoencoder, so its layers are not those that adversarial training alone would find. A perceptual distance of its training came from a network that had learnt to read the factors (another than the one that measures them here), as LPIPS comes from one that has learnt to name objects: the factors may lie more plainly in W than in a generator trained on pixels alone. Methods are compared on the same W, so this favours none of them; how well they find factors in absolute terms may be flattered.

Factors are measured on images by a regressor (\`tools/reproduce/data\`, trained on drawn faces; its scores on held-out ones are in \`regressor.json\`), and so are the features, its 64 last hidden values, in which images are compared beside pixels.

## Verdicts

${markdownTable([["study", "claim", "verdict", "p", "p (Holm)", "by p alone"], ...summary])}

${CHANGES}

${sections.map(section).join("\n")}`;
}

function section({ title, source, settings, claims, tables, figures, data, notes = [] }, i) {
  const parts = [
    `## ${i + 1}. ${title}`,
    `${source}.`,
    `*Settings:* ${settings}.`,
    markdownTable([
      ["claim", "criterion", "found", "p", "p (Holm)", "verdict"],
      ...claims.map(({ claim, criterion, evidence, pValue, holmValue, verdict }) => [
        claim,
        criterion,
        evidence,
        probability(pValue),
        probability(holmValue),
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

/** Numbers to seven digits, the precision of the engine; nothing where there is none. Text with commas is quoted. */
function csv(rows) {
  const cell = (value) => {
    if (typeof value === "string" && value.includes(",")) return `"${value}"`;
    if (typeof value !== "number") return value ?? "";
    return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "";
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}
