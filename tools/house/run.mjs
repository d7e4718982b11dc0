// Prints the measures of every package; fails where one of all packages together exceeds its limit, for a circle of imports
// that is not allowed below, and for members that are declared private rather than named `#name`. `--longest N` lists the
// longest functions.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseSync } from "vite";
import { circles, readSource, spread } from "./measures.mjs";

const { values: options } = parseArgs({ options: { longest: { type: "string", default: "0" } } });

/** The most that all packages together may have. */
const LIMITS = { median: 8, p90: 22, max: 60, assertions: 5, spreads: 5 };

const MEANINGS = {
  median: "the median length of functions, in lines",
  p90: "the length that nine of ten functions keep within, in lines",
  max: "the length of the longest function, in lines",
  assertions: "non-null assertions on a thousand lines",
  spreads: "conditional spreads",
};

/** Circles that read better than what would undo them, types included, by their files. */
const allowedCircles = [
  {
    reason:
      "a prepared graph holds rules of its user's, a rule is handed an emitter, an emitter reads a prepared graph",
    files: ["emitter", "prepared-graph", "rule", "signs"].map(
      (name) => `packages/onnx/src/derive/${name}.ts`,
    ),
  },
];

const files = execFileSync("git", ["ls-files", "packages/*/src/*.ts"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((path) => !path.includes("/generated/"));
const sources = files.map(readSource);
const packages = [...new Set(sources.map(({ path }) => path.split("/")[1]))];
const sum = (of) => (list) => list.reduce((total, each) => total + of(each), 0);
const three = ({ median, p90, max }) => `${median} / ${p90} / ${max}`;

function measure(name, list) {
  const lines = sum((each) => each.lines)(list);
  return {
    package: name,
    "function lines": three(spread(list.flatMap(({ functions }) => functions.map((each) => each.lines)))),
    "file lines": three(spread(list.map((each) => each.lines))),
    "! per 1000": ((1000 * sum((each) => each.assertions)(list)) / lines).toFixed(1),
    "? spreads": sum((each) => each.spreads)(list),
    "files at src/": list.filter(({ path }) => path.split("/").length === 4).length,
    names: publicNames(name),
    circles: circles(list).length,
  };
}

/** What is measured of all packages, by the names of the limits. */
function total() {
  const lines = sum((each) => each.lines)(sources);
  return {
    ...spread(sources.flatMap(({ functions: list }) => list.map((each) => each.lines))),
    assertions: (1000 * sum((each) => each.assertions)(sources)) / lines,
    spreads: sum((each) => each.spreads)(sources),
  };
}

/** Why a circle may stay; undefined where nothing says so. */
function reasonFor(group) {
  return allowedCircles.find(({ files: allowed }) => group.every((path) => allowed.includes(path)))?.reason;
}

/** Names in the main entry of a package. */
function publicNames(name) {
  if (name === "all") return "";
  const path = `packages/${name}/src/index.ts`;
  const { program } = parseSync(path, readFileSync(path, "utf8"));
  return program.body.reduce(
    (total, { specifiers, declaration }) => total + (specifiers?.length || (declaration ? 1 : 0)),
    0,
  );
}

console.table([
  ...packages.map((name) =>
    measure(
      name,
      sources.filter(({ path }) => path.startsWith(`packages/${name}/`)),
    ),
  ),
  measure("all", sources),
]);
for (const group of circles(sources)) {
  const reason = reasonFor(group);
  console.log(`circle${reason ? `, allowed (${reason})` : ""}: ${group.join(" → ")}`);
  if (!reason) process.exitCode = 1;
}
for (const [name, value] of Object.entries(total())) {
  if (value <= LIMITS[name]) continue;
  console.log(`${MEANINGS[name]}: at most ${LIMITS[name]}, got ${value}`);
  process.exitCode = 1;
}
for (const { path, privates } of sources) {
  for (const { name, line } of privates) {
    console.log(`${path}:${line}: the member ${name} is declared private: name it #${name}`);
    process.exitCode = 1;
  }
}
const functions = sources.flatMap(({ path, functions: list }) => list.map((each) => ({ path, ...each })));
for (const { path, name, lines } of functions
  .sort((a, b) => b.lines - a.lines)
  .slice(0, Number(options.longest))) {
  console.log(`${String(lines).padStart(5)}  ${path} ${name}`);
}
