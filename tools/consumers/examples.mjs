// The projects of examples/: each by its own start command, with what it prints, writes and shows looked at.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpz } from "@vielbein/linalg/npy";
import { decodePng } from "@vielbein/viz";
import { LONG, noBrowser, visit } from "./browser.mjs";
import { root, run } from "./project.mjs";

const folder = join(root, "examples");
const manifests = Object.fromEntries(
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => [name, JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8"))]),
);

/** What all of them install; an example that imports more than its own manifest lists is found out. */
export const packages = Object.values(manifests).flatMap(({ dependencies, devDependencies = {} }) =>
  Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) =>
    name.startsWith("@vielbein/") ? name : `${name}@${version}`,
  ),
);

/** Checks by name of the example's folder. */
const CHECKS = {
  "pca-of-a-csv": async (place) => {
    // numpy.linalg.svd of the same table.
    requireLines(await start(place), ["variance: 78.2 %, 13.4 %, 4.9 %", "Jupiter   -2.30   1.58"]);
    const { scores } = await readNpz(readFileSync(join(place, "pca.npz")));
    requireEqual(scores.shape.join(), "8,8", "the shape of the scores");
  },
  "local-basis": async (place) => {
    const [values, speed] = (await start(place)).trim().split("\n");
    const [first] = values.replace("σ: ", "").split(" ").map(Number);
    const measured = Number(speed.split(": ")[1]);
    // Over a finite step, the picture moves by σ up to curvature.
    if (!(Math.abs(measured / first - 1) < 0.2)) throw new Error(`σ is ${first}, the speed ${measured}.`);
  },
  "map-of-your-own": async (place) =>
    // (R + r)², (R − r)² and r² of a torus with R = 2, r = 1; the straight line is 2·R long.
    requireLines(await start(place), [
      "outer equator: metric 9.000 0.000 0.000 1.000",
      "inner equator: metric 1.000 0.000 0.000 1.000",
      "straight 4.000, geodesic 3.455",
      "Clairaut: from 1.329 to 1.329",
    ]),
  pictures: async (place) => {
    await start(place);
    for (const name of ["spectrum.png", "sheet.png"]) {
      const { width, height, data } = decodePng(readFileSync(join(place, name)));
      if (width < 800 || height < 600) throw new Error(`${name} is ${width} × ${height}.`);
      requireColours(data, name === "sheet.png" ? 1000 : 20, name);
    }
  },
  "vite-page": async (place, project) => {
    await run(place, join(project, "node_modules", ".bin", "vite"), ["build"]);
    await visit(join(place, "dist"), "index.html?provider=wasm", async (page) => {
      await page.locator("#there:enabled").waitFor({ timeout: LONG });
      const before = await pixelsOf(page, "vielbein-explorer #canvas");
      requireColours(before, 200, "the explorer's picture");
      const speed = await page.locator("#speed").textContent();
      if (!(Number(speed.split("= ")[1]) > 0)) throw new Error(`The page says ${speed}.`);
      await page.locator("#there").click();
      await page.waitForFunction((old) => document.querySelector("#speed").textContent !== old, speed);
      requireMoved(before, await pixelsOf(page, "vielbein-explorer #canvas"));
      await keep(page, "vite-page");
    });
  },
  "plain-page": async (place) => {
    await start(place);
    await visit(join(place, "public"), "index.html?provider=wasm", async (page) => {
      await page.locator("vielbein-explorer #slider-basis-0").waitFor({ timeout: LONG });
      requireColours(await pixelsOf(page, "vielbein-explorer #canvas"), 200, "the explorer's picture");
      await keep(page, "plain-page");
    });
  },
  sketch: async (place) => {
    await start(place);
    await visit(join(place, "public"), "index.html?provider=wasm", async (page) => {
      await page.evaluate(() => {
        globalThis.walked = 0;
        const count = () => globalThis.walked++;
        document.querySelector("vielbein-explorer").addEventListener("frame", count);
      });
      await page.waitForFunction("globalThis.walked >= 3", undefined, { timeout: LONG });
      const before = await pixelsOf(page, "main canvas");
      requireColours(before, 200, "the sketch");
      await page.waitForFunction("globalThis.walked >= 8", undefined, { timeout: LONG });
      requireMoved(before, await pixelsOf(page, "main canvas"));
      await keep(page, "sketch");
    });
  },
  notebook: async (place) => {
    const python = process.env.VIELBEIN_PYTHON;
    if (!python)
      return "VIELBEIN_PYTHON names no Python with nbclient, ipykernel and what the notebook imports";
    await start(place);
    const program = [
      "import nbformat, nbclient, sys",
      "notebook = nbformat.read('results.ipynb', 4)",
      "nbclient.NotebookClient(notebook, timeout=120, kernel_name='python3').execute()",
      "nbformat.write(notebook, 'executed.ipynb')",
    ];
    await run(place, python, ["-c", program.join("\n")]);
    const { cells } = JSON.parse(readFileSync(join(place, "executed.ipynb"), "utf8"));
    const pictures = cells.flatMap(({ outputs = [] }) => outputs).filter(({ data }) => data?.["image/png"]);
    requireEqual(pictures.length, 2, "the number of its pictures");
  },
};

/** Checks by name. */
export function checks({ project }) {
  const untried = Object.keys(manifests).filter((name) => !(name in CHECKS));
  if (untried.length > 0) throw new Error(`No check for examples/${untried.join(", examples/")}.`);
  return Object.entries(CHECKS).map(([name, check]) => [
    `examples/${name}`,
    () => {
      const needsBrowser = existsSync(join(folder, name, "index.html"));
      if (needsBrowser && noBrowser) return noBrowser;
      requireListed(name);
      const place = join(project, name);
      mkdirSync(place);
      cpSync(join(folder, name), place, { recursive: true });
      return check(place, project);
    },
  ]);
}

const start = (place) => run(place, "npm", ["start", "--silent"]);

/** What it imports is among its own dependencies: others are installed beside them here. */
function requireListed(name) {
  const { dependencies, devDependencies } = manifests[name];
  const listed = Object.keys({ ...dependencies, ...devDependencies });
  for (const file of readdirSync(join(folder, name)).filter((each) => each.endsWith(".js"))) {
    const code = readFileSync(join(folder, name, file), "utf8");
    for (const [, wanted] of code.matchAll(/(?:from|resolve\(|^ {2}) ?["']((?:@[\w-]+\/)?[a-z][\w.-]*)/gm)) {
      if (!wanted.startsWith("node") && !listed.includes(wanted)) {
        throw new Error(`examples/${name}/${file} imports ${wanted}, which its package.json does not list.`);
      }
    }
  }
}

function requireLines(printed, lines) {
  for (const line of lines) {
    if (!printed.split("\n").includes(line))
      throw new Error(`"${line}" is not in what it printed:\n${printed}`);
  }
}

function requireEqual(found, expected, what) {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}.`);
}

/** @param data RGBA */
function requireColours(data, least, what) {
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  if (colours.size < least) throw new Error(`${what} has ${colours.size} colours, fewer than ${least}.`);
}

/** By more than a level on average: the same picture twice is no walk. */
function requireMoved(before, after) {
  const change = before.reduce((sum, x, i) => sum + Math.abs(x - after[i]), 0) / before.length;
  if (!(change > 1)) throw new Error(`The picture changed by ${change.toFixed(3)} levels on average.`);
}

function pixelsOf(page, canvas) {
  return page.locator(canvas).evaluate((element) => {
    const { width, height } = element;
    return Array.from(element.getContext("2d").getImageData(0, 0, width, height).data);
  });
}

/** Screenshots for a person, where a folder for them is named. */
async function keep(page, name) {
  const shots = process.env.VIELBEIN_SCREENSHOTS;
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}
