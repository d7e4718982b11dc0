// How long the explorer's page takes, as `vielbein explore sample` serves it: milliseconds from opening the address to
// the first picture and to the first directions that can be moved, from a press to principal components, and of one
// frame while a slider is dragged. The rival is the floor: a page that does nothing but start the same engine and run the
// same model once.
// Usage: node tools/bench/explorer/run.mjs [--rounds 5] [--provider wasm] [--label before], once everything is built

import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { markdownTable, median, quartiles } from "../common/table.mjs";
import { serveFloor } from "./floor.mjs";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    provider: { type: "string", default: "wasm" },
    label: { type: "string", default: "ms" },
  },
});

/** Frames of a drag. */
const FRAMES = 40;

const vielbein = fileURLToPath(new URL("../../../packages/cli/bin/vielbein.js", import.meta.url));
const server = spawn(process.execPath, [vielbein, "explore", "sample", "--no-open"], {
  stdio: ["ignore", "pipe", "ignore"],
});
const [address] = await once(createInterface(server.stdout), "line");
const floor = await serveFloor();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
try {
  const rounds = [];
  // The first one warms the disk, not the browser: every round is a context of its own.
  for (let i = 0; i <= Number(flags.rounds); i++) {
    rounds.push({ ...(await round()), "engine alone, one run": await floorRound() });
  }
  rounds.shift();
  const medians = new Map(
    Object.keys(rounds[0]).map((what) => [what, median(rounds.map((each) => each[what]))]),
  );
  console.log(`load average ${loadavg()[0].toFixed(2)}, ${flags.rounds} rounds\n`);
  console.log(
    markdownTable([
      ["", flags.label, "fastest", "quartiles"],
      ...[...medians].map(([what, time]) => {
        const times = rounds.map((each) => each[what]);
        return [what, Math.round(time), Math.round(Math.min(...times)), quartiles(times)];
      }),
    ]),
  );
  const ratio = medians.get("first picture") / medians.get("engine alone, one run");
  console.log(`\nfirst picture: ${ratio.toFixed(2)} times the engine alone`);
} finally {
  await browser.close();
  server.kill();
  floor.close();
}

async function round() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(`${address}&provider=${flags.provider}`);
  await page.waitForFunction(() => globalThis.seen?.settled, undefined, { timeout: 120_000 });
  const opened = await page.evaluate(() => globalThis.seen);
  const frame = await page.evaluate(dragged, FRAMES);
  const components = await page.evaluate(pressed);
  await context.close();
  return {
    "first picture": opened.picture,
    "four directions": opened.four,
    "twelve directions": opened.twelve,
    "all directions": opened.settled,
    "PCA after its button": components,
    "frame of a drag": frame,
  };
}

async function floorRound() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(floor.url);
  await page.waitForFunction(() => globalThis.ran, undefined, { timeout: 120_000 });
  const time = await page.evaluate(() => globalThis.ran);
  await context.close();
  return time;
}

/** In the page, before anything else: notes when things are there for the first time. */
function watch() {
  const seen = {};
  globalThis.seen = seen;
  const note = (what) => {
    seen[what] ??= performance.now();
  };
  const look = () => {
    const element = document.querySelector("vielbein-explorer");
    const count = element?.directions?.get("basis")?.set.names.length ?? 0;
    if (count >= 4) note("four");
    if (count >= 12) note("twelve");
    if (!seen.settled) requestAnimationFrame(look);
  };
  document.addEventListener("DOMContentLoaded", () => {
    const element = document.querySelector("vielbein-explorer");
    element.addEventListener("change", () => note("picture"));
    element.addEventListener("basis", () => note("settled"));
    look();
  });
}

/** In the page: milliseconds of a frame, when each waits for the one before. */
async function dragged(frames) {
  const element = document.querySelector("vielbein-explorer");
  const slider = element.shadowRoot.querySelector("#slider-basis-0");
  const times = [];
  for (let i = 0; i < frames; i++) {
    const start = performance.now();
    const changed = new Promise((resolve) => element.addEventListener("change", resolve, { once: true }));
    // Another code each time: what is shown already is not drawn again.
    slider.value = String(((7 * i) % 50) / 10 - 2.4);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await changed;
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** In the page: milliseconds until the column of principal components can be moved. */
async function pressed() {
  const element = document.querySelector("vielbein-explorer");
  const start = performance.now();
  const button = [...element.shadowRoot.querySelectorAll("#kinds button")].find((each) =>
    each.textContent.startsWith("PCA"),
  );
  button.click();
  while (!element.directions.has("pca")) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
