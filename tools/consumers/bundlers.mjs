// The explorer and the linear algebra with its workers, built by five bundlers, and run in Chromium.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { LONG, noBrowser, visit } from "./browser.mjs";
import { run } from "./project.mjs";

export const packages = [
  "@vielbein/explorer",
  "@vielbein/linalg",
  "@vielbein/sample",
  "onnxruntime-web",
  "vite@8",
  "webpack@5",
  "esbuild@0.28",
  "rollup@4",
  "@rollup/plugin-node-resolve@16",
  "parcel@2",
];

/** Parcel reads this in the manifest of the project. */
export const manifest = { "@parcel/resolver-default": { packageExports: true } };

/** The page of all of them. The singular values of [[3, 0], [4, 5]] are √45 and √5. */
const app = ({ entry, options = {} }) => `
import { defineExplorer } from "${entry}";
import { fromRows } from "@vielbein/linalg";
import { LinalgPool } from "@vielbein/linalg/pool";

const pool = new LinalgPool({ workers: 1 });
const { s } = await pool.svd(fromRows([[3, 0], [4, 5]]));
await pool.close();

defineExplorer(${JSON.stringify({ provider: "wasm", ...options })});
const explorer = document.createElement("vielbein-explorer");
explorer.addEventListener("basis", ({ detail }) => {
  globalThis.result = {
    s: Array.from(s),
    sigma: Array.from(detail.spectrum.singularValues.slice(0, 4)),
    runtime: explorer.model.runtime,
  };
});
explorer.src = "faces.onnx";
document.body.append(explorer);
`;

const INDEX = '<!doctype html><body><script type="module" src="app.js"></script>';

/** The engine's WebAssembly, where a bundler does not take it along. */
const ENGINE = "onnxruntime-web/ort-wasm-simd-threaded.wasm";

const WHOLE = { entry: "@vielbein/explorer" };
const ONE_FILE = { entry: "@vielbein/explorer/standalone" };

/** What READMEs say of each: what to import, what to run in the folder, and what to copy into `dist`. */
const BUNDLERS = {
  Vite: {
    app: WHOLE,
    files: { "vite.config.js": 'export default { worker: { format: "es" }, build: { target: "es2022" } };' },
    command: ["vite", "build"],
  },
  webpack: {
    app: WHOLE,
    files: {
      "build.mjs": `import webpack from "webpack";
        const entry = { app: "./app.js" };
        const optimization = { minimize: false };
        webpack({ mode: "production", entry, output: { filename: "[name].js" }, optimization }).run((error, stats) => {
          if (error || stats.hasErrors()) throw error ?? new Error(stats.toString("errors-only"));
        });`,
    },
    command: ["node", "build.mjs"],
    page: INDEX,
  },
  esbuild: {
    app: ONE_FILE,
    command: [
      ...["esbuild", "app.js", "@vielbein/linalg/pool-worker"],
      ...["--bundle", "--format=esm", "--splitting", "--outdir=dist", "--entry-names=[name]"],
    ],
    page: INDEX,
    copied: [ENGINE],
  },
  Rollup: {
    app: ONE_FILE,
    files: {
      "rollup.config.js": `import resolve from "@rollup/plugin-node-resolve";
        export default {
          input: ["app.js", "@vielbein/linalg/pool-worker"],
          output: { dir: "dist" },
          plugins: [resolve({ browser: true })],
        };`,
    },
    command: ["rollup", "--config", "--silent"],
    page: INDEX,
    copied: [ENGINE],
  },
  Parcel: {
    app: { ...ONE_FILE, options: { assets: "." } },
    command: [
      "parcel",
      "build",
      "index.html",
      "--dist-dir",
      "dist",
      "--public-url",
      "./",
      "--no-cache",
      "--no-source-maps",
    ],
    copied: [ENGINE],
  },
};

/** Checks by name. */
export function checks({ project }) {
  return Object.entries(BUNDLERS).map(([name, bundler]) => [
    `${name} builds the explorer and a pool, and they run`,
    () => noBrowser ?? tryOut(join(project, name.toLowerCase()), project, bundler),
  ]);
}

async function tryOut(folder, project, { app: parts, files = {}, command, page, copied = [] }) {
  mkdirSync(join(folder, "dist"), { recursive: true });
  const sources = { "index.html": INDEX, "app.js": app(parts), ...files };
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
  const bin = join(project, "node_modules", ".bin");
  await run(folder, command[0] === "node" ? "node" : join(bin, command[0]), command.slice(1));
  if (page) writeFileSync(join(folder, "dist", "index.html"), page);
  const { resolve } = createRequire(join(project, "package.json"));
  for (const name of ["@vielbein/sample/faces.onnx", ...copied]) {
    copyFileSync(resolve(name), join(folder, "dist", name.split("/").at(-1)));
  }
  await visit(join(folder, "dist"), "index.html", async (page) => {
    await page.waitForFunction("globalThis.result", undefined, { timeout: LONG });
    requireResult(await page.evaluate("globalThis.result"));
  });
}

/** `vielbein basis sample --seed 0 --k 4` */
const SIGMA = [58.931, 55.705, 45.797, 20.538];

function requireResult({ s, sigma, runtime }) {
  const isRight = Math.abs(s[0] - Math.sqrt(45)) < 1e-12 && Math.abs(s[1] - Math.sqrt(5)) < 1e-12;
  if (!isRight) throw new Error(`The pool found singular values ${s}.`);
  if (!runtime.includes("wasm")) throw new Error(`The explorer ran on ${runtime}.`);
  if (!SIGMA.every((x, k) => Math.abs(sigma[k] / x - 1) < 1e-3)) {
    throw new Error(`The explorer found singular values ${sigma}.`);
  }
}
