// Prints the measures of every package; fails where one exceeds its limit, for a circle of imports, and for members
// that are declared private rather than named `#name`. `--longest N` lists the longest functions.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseSync } from "vite";
import { circles, readSource, spread } from "./measures.mjs";

const { values: options } = parseArgs({ options: { longest: { type: "string", default: "0" } } });

/** The most that every package may have. */
const LIMITS = { p90: 22, max: 60, assertions: 5, atRoot: 10, names: 130 };

/** Lines of a file. */
const LONGEST_FILE = 300;

/** Files that say why they are longer. */
const LONGER = new Map([
  ["packages/core/src/jacobian/jacobian-at.ts", "one object with every route to a derivative at a point"],
]);

/** The most that all packages together may have. */
const LIMITS_OF_ALL = { median: 8, spreads: 5 };

const MEANINGS = {
  median: "the median length of functions, in lines",
  p90: "the length that nine of ten functions keep within, in lines",
  max: "the length of the longest function, in lines",
  assertions: "non-null assertions on a thousand lines",
  spreads: "conditional spreads",
  atRoot: "files at the root of src/",
  names: "names in the main entry",
};

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
    name,
    ...spread(list.flatMap(({ functions }) => functions.map((each) => each.lines))),
    files: spread(list.map((each) => each.lines)),
    assertions: (1000 * sum((each) => each.assertions)(list)) / lines,
    spreads: sum((each) => each.spreads)(list),
    atRoot: list.filter(({ path }) => path.split("/").length === 4).length,
    names: publicNames(name),
    circles: circles(list),
  };
}

const row = (measured) => ({
  package: measured.name,
  "function lines": three(measured),
  "file lines": three(measured.files),
  "! per 1000": measured.assertions.toFixed(1),
  "? spreads": measured.spreads,
  "files at src/": measured.atRoot,
  names: measured.names,
  circles: measured.circles.length,
});

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

const measured = packages.map((name) =>
  measure(
    name,
    sources.filter(({ path }) => path.startsWith(`packages/${name}/`)),
  ),
);
const all = measure("all", sources);
console.table([...measured, all].map(row));
for (const group of all.circles) {
  console.log(`circle: ${group.join(" → ")}`);
  process.exitCode = 1;
}
function requireWithin(limits, measures) {
  for (const [limit, most] of Object.entries(limits)) {
    if (measures[limit] <= most) continue;
    console.log(`${measures.name}: ${MEANINGS[limit]}: at most ${most}, got ${measures[limit]}`);
    process.exitCode = 1;
  }
}
for (const each of measured) requireWithin(LIMITS, each);
requireWithin(LIMITS_OF_ALL, all);
for (const { path, privates } of sources) {
  for (const { name, line } of privates) {
    console.log(`${path}:${line}: the member ${name} is declared private: name it #${name}`);
    process.exitCode = 1;
  }
}
for (const { path, lines } of sources) {
  if (lines <= LONGEST_FILE || LONGER.has(path)) continue;
  console.log(`${path}: lines: at most ${LONGEST_FILE}, got ${lines}: split it by concept`);
  process.exitCode = 1;
}
const functions = sources.flatMap(({ path, functions: list }) => list.map((each) => ({ path, ...each })));
for (const { path, name, lines } of functions
  .sort((a, b) => b.lines - a.lines)
  .slice(0, Number(options.longest))) {
  console.log(`${String(lines).padStart(5)}  ${path} ${name}`);
}
