// What it takes to open a checkpoint in the explorer: a file is dropped on the page in Chromium. Seconds from the drop to
// the model and to its picture; how long the page's own thread was taken at most meanwhile, and the longest time between
// two of its frames; how far the memory of its process, workers included, rose above that of the page with the sample.
// Linux only.
//
//     python tools/reference/checkpoints/large.py LARGE.pkl NVIDIA
//     node tools/bench/checkpoints/browser.mjs LARGE.pkl [seconds to wait, 300], once everything is built

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [, , file, wait = "300"] = process.argv;
const timeout = 1000 * Number(wait);
/** Ticks of the processor's clock a second, as Linux counts them for programs. */
const TICKS = 100;

const vielbein = fileURLToPath(new URL("../../../packages/cli/bin/vielbein.js", import.meta.url));
const server = spawn(process.execPath, [vielbein, "explore", "sample", "--no-open"], {
  stdio: ["ignore", "pipe", "ignore"],
});
const [address] = await once(createInterface(server.stdout), "line");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  await page.goto(address);
  const isReady = () => document.querySelector("vielbein-explorer")?.directions?.has("basis");
  await page.waitForFunction(isReady, undefined, { timeout });
  await page.evaluate(prepare, basename(file));
  // Chromium hands the page a reference to the file, as it does for one that a person drops.
  await page.locator("#given").setInputFiles(resolve(file));
  const renderer = rendererOf();
  const [memory, processor] = [resetPeak(renderer), processorSeconds(renderer)];
  await browser.startTracing(page, { categories: ["toplevel"] });
  await page.evaluate(drop);
  await page.waitForFunction(() => globalThis.seen.picture ?? globalThis.seen.error, undefined, { timeout });
  print({
    seen: await page.evaluate(() => globalThis.seen),
    task: longestTask(JSON.parse(String(await browser.stopTracing()))),
    processor: processorSeconds(renderer) - processor,
    memory: peak(renderer) - memory,
  });
} finally {
  await browser.close();
  server.kill();
}

function print({ seen, task, processor, memory }) {
  const { size } = statSync(file);
  if (seen.error) console.log(`error: ${seen.error}`);
  const since = (what) => `${((seen[what] - seen.start) / 1000).toFixed(1)} s`;
  console.log(
    [
      `${basename(file)}, ${(size / 1e6).toFixed(0)} MB, load average ${loadavg()[0].toFixed(1)}`,
      `model after ${since("model")}, picture after ${since("picture")}: ${processor.toFixed(1)} s of the processor`,
      `longest task of the page's own thread: ${task.toFixed(0)} ms of the processor; longest time between frames: ${seen.longest.toFixed(0)} ms`,
      `memory of its process: ${(memory / 1e6).toFixed(0)} MB above the page before, ${(memory / size).toFixed(2)} × the file`,
    ].join("\n"),
  );
}

/** In the page: a field for the file, and notes of when the model and its picture are there. */
function prepare(name) {
  const input = document.createElement("input");
  input.type = "file";
  input.id = "given";
  document.body.append(input);
  const seen = { longest: 0 };
  globalThis.seen = seen;
  const element = document.querySelector("vielbein-explorer");
  const note = (what) => {
    if (element.model?.name === name) seen[what] ??= performance.now();
  };
  element.addEventListener("model", () => note("model"));
  element.addEventListener("change", () => note("picture"));
  element.addEventListener("error", ({ detail }) => {
    seen.error ??= String(detail.error);
  });
  let last;
  const frame = () => {
    const now = performance.now();
    if (seen.start && !seen.picture) seen.longest = Math.max(seen.longest, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  frame();
}

/** In the page: drops the file of the field on the picture. */
function drop() {
  const input = document.querySelector("#given");
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(input.files[0]);
  input.remove();
  globalThis.seen.start = performance.now();
  const canvas = document.querySelector("vielbein-explorer").shadowRoot.querySelector("#canvas");
  canvas.dispatchEvent(
    new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true, composed: true }),
  );
}

/** The process of the page: of the renderers that were started from here, the one that has used the most memory. */
function rendererOf() {
  const renderers = readdirSync("/proc").filter((id) => /^\d+$/.test(id) && isRendererOfOurs(id));
  return renderers.toSorted((a, b) => peak(b) - peak(a))[0];
}

function isRendererOfOurs(id) {
  try {
    const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
    return command.includes("--type=renderer") && isDescendant(id);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function isDescendant(id) {
  const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, "utf8"));
  return parent === String(process.pid) || (parent !== "0" && isDescendant(parent));
}

/** The most memory that a process had, in bytes. */
function peak(id) {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]);
}

/** Forgets the peak, and returns what is in use. */
function resetPeak(id) {
  writeFileSync(`/proc/${id}/clear_refs`, "5");
  return peak(id);
}

/** Of all threads of a process. */
function processorSeconds(id) {
  const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Milliseconds of the processor that the longest task of the page's own thread took; other programs do not count. */
function longestTask({ traceEvents }) {
  const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
  const main = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const threads = new Set(main.map(threadOf));
  const tasks = traceEvents.filter((event) => event.tdur !== undefined && threads.has(threadOf(event)));
  return tasks.reduce((longest, { tdur }) => Math.max(longest, tdur / 1000), 0);
}
