// Do the tests notice? Makes seeded random small changes to the code, one at a time, runs the tests that can see each,
// and prints the share that was noticed. See README.md.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutationsOf } from "./mutations.mjs";
import { git, openSandbox, runTests } from "./sandbox.mjs";
import { packageOf, Traces } from "./tests.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: "0" },
    first: { type: "string", default: "0" },
    packages: { type: "string", default: "linalg,core,onnx,runtime-node,viz,cli" },
    only: { type: "string" },
    workers: { type: "string", default: "2" },
    without: { type: "string", default: "" },
    own: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

const list = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

/** Changes that no test could notice, and changes after which a test never ends: `file`, `after`, `reason`. */
const [equivalents, endless] = [list("equivalents.json"), list("endless.json")];

/** The sources with their texts, in the order of their names. */
function sourceFiles() {
  const patterns = options.packages.split(",").map((name) => `packages/${name}/src/*.ts`);
  return git(root, "ls-files", ...patterns)
    .split("\n")
    .filter((file) => file && !/\/(generated|index\.ts)/.test(file))
    .map((file) => [file, git(root, "show", `HEAD:${file}`)]);
}

/** A number in [0, 1) for each index, the same in every run with the seed. */
function uniform(index) {
  const hash = createHash("sha256").update(`${options.seed}:${index}`).digest();
  return hash.readUInt32LE(0) / 2 ** 32;
}

function chosenMutants(sources) {
  const all = sources.flatMap(([file, text]) =>
    mutationsOf(file, text).map((mutation) => ({ file, text, ...mutation })),
  );
  const first = Number(options.first);
  return Array.from(
    { length: Number(options.count) },
    (_, i) => all[Math.floor(uniform(first + i) * all.length)],
  );
}

const mutated = ({ text, start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end);

/** The first line of the change, before and after. */
function lines(mutant) {
  const line = mutant.text.slice(0, mutant.start).split("\n").length;
  const at = (text) => text.split("\n")[line - 1].trim();
  return { line, before: at(mutant.text), after: at(mutated(mutant)) };
}

const isNamed = (changes, { file }, { after }) =>
  changes.find((each) => each.file === file && each.after === after);

/** The tests of its own package see a change first; with `--own` no others do. */
async function outcome(sandbox, traces, mutant) {
  const own = packageOf(mutant.file);
  const first = await outcomeIn(
    sandbox,
    mutant,
    traces.seeing(mutant, (name) => name === own),
  );
  if (options.own || first.verdict !== "not noticed") return first;
  const second = await outcomeIn(
    sandbox,
    mutant,
    traces.seeing(mutant, (name) => name !== own),
  );
  return { ...second, by: [first.by, second.by].join(", ") };
}

/**
 * `noticed`, with the test that did; `not noticed`; or `too late`. A test that merely takes longer proves nothing, so
 * what is too late counts as noticed only if it is known to be endless.
 */
async function outcomeIn(sandbox, mutant, tests) {
  if (tests.length === 0) return { verdict: "not noticed", by: "run by no test" };
  const usual = tests.reduce((sum, { seconds }) => sum + seconds, 0);
  const path = join(sandbox.folder, mutant.file);
  writeFileSync(path, mutated(mutant));
  try {
    const files = tests.map(({ test }) => test);
    const { late, code, failures } = await runTests(sandbox, { files, seconds: 60 + 10 * usual });
    const [failure] = failures;
    if (late || /(Test|Hook) timed out/.test(failure?.message))
      return { verdict: "too late", by: failure?.file };
    if (code === 0) return { verdict: "not noticed", by: `run by ${files.length} test files` };
    return { verdict: "noticed", by: failure ? `${failure.file}: ${failure.name}` : "the run broke off" };
  } finally {
    writeFileSync(path, mutant.text);
  }
}

async function judge(sandbox, traces, mutant, place) {
  const equivalent = isNamed(equivalents, mutant, place);
  if (equivalent) return { verdict: "equivalent", by: equivalent.reason };
  const result = await outcome(sandbox, traces, mutant);
  const isEndless = result.verdict === "too late" && isNamed(endless, mutant, place);
  return isEndless ? { verdict: "noticed", by: "a test that never ends" } : result;
}

/** Counts of a verdict by package. */
class Tally {
  #counts = new Map();

  add(file, verdict) {
    const name = packageOf(file);
    const own = this.#counts.get(name) ?? { noticed: 0, "not noticed": 0, "too late": 0, equivalent: 0 };
    own[verdict]++;
    this.#counts.set(name, own);
  }

  print() {
    const total = { noticed: 0, sound: 0, equivalent: 0 };
    for (const [name, own] of this.#counts) {
      const sound = own.noticed + own["not noticed"] + own["too late"];
      console.log(summary(name, { ...own, sound }));
      total.noticed += own.noticed;
      total.sound += sound;
      total.equivalent += own.equivalent;
    }
    console.log(summary("all", total));
    return total.noticed / total.sound;
  }
}

const summary = (name, { noticed, sound, equivalent }) =>
  `${name}: ${noticed} of ${sound} changes noticed (${((100 * noticed) / sound).toFixed(0)} %), ${equivalent} equivalent left out`;

/** Judges the mutants of a package, several at a time, each in a copy of its own. */
async function judgePackage(name, mutants, sandboxes, traces, tally) {
  const waiting = [...mutants.entries()].filter(([, { file }]) => packageOf(file) === name);
  if (waiting.length === 0) return;
  await traces.make((test) => !options.own || test === name);
  const work = async (sandbox) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, mutant] = next;
      const place = lines(mutant);
      const { verdict, by } = await judge(sandbox, traces, mutant, place);
      tally.add(mutant.file, verdict);
      console.log(
        `${i + 1}/${mutants.length} ${verdict}: ${mutant.file}:${place.line} (${mutant.kind}; ${by})`,
      );
      if (verdict !== "noticed") console.log(`  - ${place.before}\n  + ${place.after}`);
    }
  };
  await Promise.all(sandboxes.map(work));
}

async function main() {
  const sources = sourceFiles();
  const mutants = chosenMutants(sources);
  if (options.list) {
    for (const mutant of mutants) console.log(`${mutant.file}:${lines(mutant).line}  ${lines(mutant).after}`);
    return;
  }
  const workers = Number(options.workers);
  const without = options.without.split(",").filter(Boolean);
  const sandboxes = Array.from({ length: workers }, () => openSandbox(root));
  const tally = new Tally();
  try {
    const traces = new Traces(root, sandboxes[0], sources, { workers, without });
    for (const name of (options.only ?? options.packages).split(",")) {
      await judgePackage(name, mutants, sandboxes, traces, tally);
    }
  } finally {
    for (const sandbox of sandboxes) sandbox.remove();
  }
  process.exitCode = tally.print() < 0.9 ? 1 : 0;
}

await main();
