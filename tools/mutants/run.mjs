// Do the tests notice? Makes seeded random small changes to the code, one at a time, runs the tests that can see each,
// and prints the share that was noticed. See README.md.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutationsOf } from "./mutations.mjs";
import { openSandbox, runTests } from "./sandbox.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: "0" },
    first: { type: "string", default: "0" },
    packages: { type: "string", default: "linalg,core,onnx,runtime-node,viz,cli" },
    list: { type: "boolean", default: false },
  },
});

/** Minutes of browsers and of whole studies, and what needs a build: what they see, quicker tests see too. */
const SLOW = ["**/engines.test.ts", "packages/{explorer,runtime-web}/**", "**/*browser.test.ts", "tools/**"];
const SECONDS = 300;

/** Changes that no test could notice, with the reason: `file`, the changed line as it then reads. */
const equivalents = JSON.parse(readFileSync(new URL("equivalents.json", import.meta.url), "utf8"));

function sourceFiles() {
  const patterns = options.packages.split(",").map((name) => `packages/${name}/src/*.ts`);
  return execFileSync("git", ["ls-files", ...patterns], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((file) => file && !/\/(generated|index\.ts)/.test(file));
}

/** A number in [0, 1) for each index, the same in every run with the seed. */
function uniform(index) {
  const hash = createHash("sha256").update(`${options.seed}:${index}`).digest();
  return hash.readUInt32LE(0) / 2 ** 32;
}

function chosenMutants() {
  const all = sourceFiles().flatMap((file) => {
    const text = execFileSync("git", ["show", `HEAD:${file}`], { cwd: root, encoding: "utf8" });
    return mutationsOf(file, text).map((mutation) => ({ file, text, ...mutation }));
  });
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

/** How the change was noticed: the tests of its own package first, then all others. */
async function outcome(sandbox, mutant) {
  const path = join(sandbox.folder, mutant.file);
  writeFileSync(path, mutated(mutant));
  try {
    const own = mutant.file.split("/")[1];
    for (const others of [`packages/!(${own})/**`, `packages/${own}/**`]) {
      const excluded = [...SLOW, others];
      const result = await runTests(sandbox, { file: mutant.file, excluded, seconds: SECONDS });
      if (result !== "passed") return result;
    }
    return "passed";
  } finally {
    writeFileSync(path, mutant.text);
  }
}

function reasonFor({ file }, { after }) {
  return equivalents.find((each) => each.file === file && each.after === after)?.reason;
}

async function main() {
  const mutants = chosenMutants();
  if (options.list) {
    for (const mutant of mutants) console.log(`${mutant.file}:${lines(mutant).line}  ${lines(mutant).after}`);
    return;
  }
  const sandbox = openSandbox(root);
  const counts = new Map();
  try {
    console.log("the tests without a change …");
    const before = await runTests(sandbox, { excluded: SLOW, seconds: 10 * SECONDS });
    // A test that fails already would notice every change.
    if (before !== "passed") throw new Error(`The tests have ${before} before anything was changed.`);
    for (const [i, mutant] of mutants.entries()) {
      const place = lines(mutant);
      const reason = reasonFor(mutant, place);
      const result = reason ? "equivalent" : await outcome(sandbox, mutant);
      counts.set(result, (counts.get(result) ?? 0) + 1);
      console.log(
        `${i + 1}/${mutants.length} ${result === "passed" ? "NOT NOTICED" : result}: ${mutant.file}:${place.line} (${mutant.kind})`,
      );
      if (result === "passed") console.log(`  - ${place.before}\n  + ${place.after}`);
      if (reason) console.log(`  + ${place.after}\n  ${reason}`);
    }
  } finally {
    sandbox.remove();
  }
  const equivalent = counts.get("equivalent") ?? 0;
  const missed = counts.get("passed") ?? 0;
  const sound = mutants.length - equivalent;
  const share = ((100 * (sound - missed)) / sound).toFixed(0);
  console.log(
    `${sound - missed} of ${sound} changes noticed (${share} %), ${equivalent} equivalent left out`,
  );
  process.exitCode = missed > 0.1 * sound ? 1 : 0;
}

await main();
