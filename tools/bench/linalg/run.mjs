// Dense linear algebra in npm against NumPy/OpenBLAS on one thread.
//
//   PYTHON=path/to/python node tools/bench/linalg/run.mjs [--rounds 7] [--only "SVD 512,QR 512"] [--sides wasm,js]
//
// Every side is a child process that answers one line per turn with the CPU time of its own thread; in each round every
// side has a turn at every case, so that all see the same load. Reported are the medians in ms and, in brackets, the
// smallest and the median ratio to NumPy of the same round.
//
// PYTHON interpreter with NumPy (default python3) NODE24 path of a Node ≥ 24, which has relaxed SIMD (the npm package
// node@24 carries one); else that side is left out RIVALS folder in whose node_modules ml-matrix, mathjs, svd-js and
// numeric are looked up; what is absent is left out

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { cases, fill, inputs } from "./cases.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, only: { type: "string" }, sides: { type: "string" } },
});
const rounds = Number(options.rounds);
const only = options.only?.split(",");
const names = Object.keys(cases).filter((name) => !only || only.includes(name));

// Sides slower than this multiple of NumPy have one turn in all.
const SLOW = 12;

const folder = mkdtempSync(join(tmpdir(), "bench-linalg-"));
for (const name of new Set(names.map((name) => cases[name].input)))
  writeFileSync(join(folder, `${name}.f64`), fill(inputs[name]));

const here = (file) => join(import.meta.dirname, file);
const node24 = process.env.NODE24;
const commands = {
  numpy: [process.env.PYTHON ?? "python3", here("numpy_side.py"), folder],
  wasm: [process.execPath, here("kernel-side.mjs"), "lapack.wasm", folder],
  relaxed: node24 && [node24, here("kernel-side.mjs"), "lapack-relaxed.wasm", folder],
  js: [process.execPath, here("kernel-side.mjs"), "lapack.js", folder],
  api: [process.execPath, here("api-side.mjs"), "wasm", folder],
  "api-relaxed": node24 && [node24, here("api-side.mjs"), "wasm-relaxed", folder],
  ...Object.fromEntries(
    ["ml-matrix", "mathjs", "svd-js", "numeric"].map((name) => [
      name,
      process.env.RIVALS && [process.execPath, here("rival-side.mjs"), name, folder],
    ]),
  ),
};

/** A child and its answers, one promise per line. */
async function start(name, command) {
  if (!command) return console.error(`${name}: left out (see NODE24, RIVALS).`);
  const child = spawn(command[0], command.slice(1), {
    stdio: ["pipe", "pipe", process.env.VERBOSE ? "inherit" : "ignore"],
    env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the process ended");
    return JSON.parse(value);
  };
  try {
    const info = await next();
    return {
      name,
      info,
      ask(line) {
        child.stdin.write(`${line}\n`);
        return next();
      },
      stop: () => child.stdin.end(),
    };
  } catch (error) {
    console.error(`${name}: left out (${error.message}).`);
  }
}

const wanted = options.sides?.split(",");
const sides = [];
for (const [name, command] of Object.entries(commands)) {
  if (name !== "numpy" && wanted && !wanted.includes(name)) continue;
  const side = await start(name, command);
  if (side) sides.push(side);
}
console.error(
  `${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}; ${sides.map(({ info }) => JSON.stringify(info)).join(" ")}`,
);

/** times.get(case).get(side) = ms per round, undefined where it had no turn. */
const times = new Map(names.map((name) => [name, new Map(sides.map((side) => [side.name, []]))]));
const failed = new Set();
for (let round = 0; round < rounds; round++)
  for (const name of names) {
    let reference;
    for (const side of sides) {
      const row = times.get(name).get(side.name);
      if (
        failed.has(`${side.name} ${name}`) ||
        (row.length > 0 && row[0] > SLOW * times.get(name).get("numpy")[0])
      )
        continue;
      const answer = await side.ask(`${name}\t${cases[name].calls}`);
      if (side.name === "numpy") reference = answer.check;
      const agrees = answer && Math.abs(answer.check - reference) <= 1e-9 * Math.abs(reference);
      if (!agrees) {
        failed.add(`${side.name} ${name}`);
        if (answer)
          console.error(
            `${side.name}, ${name}: ${answer.error ?? `result ${answer.check}, NumPy ${reference}`}`,
          );
        continue;
      }
      row.push(answer.ms);
    }
    if (process.stderr.isTTY) process.stderr.write(".");
  }
for (const side of sides) side.stop();
rmSync(folder, { recursive: true, force: true });

// ---- Table
// --------------------------------------------------------------------------------------------------------------

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const digits = (x) => (x >= 100 ? x.toFixed(0) : x >= 9.95 ? x.toFixed(1) : x.toFixed(2));

console.log(`| | ${sides.map(({ name }) => name).join(" | ")} | target |`);
console.log(`|---|${sides.map(() => "---").join("|")}|---|`);
for (const name of names) {
  const numpy = times.get(name).get("numpy");
  const scale = cases[name].micro ? 1000 : 1;
  const cells = sides.map((side) => {
    const row = times.get(name).get(side.name);
    if (row.length === 0) return "–";
    const text = `${digits(median(row) * scale)}${cases[name].micro ? " µs" : ""}`;
    if (side.name === "numpy") return text;
    const ratios = row.map((ms, i) => ms / numpy[i]);
    return `${text} (${digits(Math.min(...ratios))}–${digits(median(ratios))})`;
  });
  const targets = Object.entries(cases[name].targets).map(([side, ratio]) => `${side} ${ratio}`);
  console.log(`| ${name} | ${cells.join(" | ")} | ${targets.join(", ")} |`);
}
