// Mutated checkpoints through reading, recognition and conversion: each must end in a model or in a typed error.
// Usage: node tools/fuzz/checkpoints.mjs [--count N] [--seed S] [--first I] [--keep FOLDER]

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromCheckpoint } from "@vielbein/checkpoints";
import { VielbeinError } from "@vielbein/core";
import { encodeModel } from "@vielbein/onnx";
import { byteChanges } from "./mutate.mjs";
import { Choices } from "./random.mjs";

const FOLDER = fileURLToPath(new URL("../../packages/checkpoints/test/fixtures/", import.meta.url));
const CHECKPOINT = /\.(pkl|pt|pth|ckpt|safetensors|json|bin|npz|h5|keras)$/;
const GOLDEN = /^(?!views).*\.npz$|^tfjs\w*\.json$|config\.json$|shard\dof\d/;

/** What some of them need. */
const OPTIONS = [
  [/^(dcgan|decoder)/, { activation: "relu,tanh" }],
  [/taesd|ldm/, { size: 8 }],
  [/conditional\.pkl|_r\.pt/, { label: 1 }],
];

/** Seconds that a small file may take, and megabytes of arrays. */
const [SLOWEST, LARGEST] = [5, 1000];

/** Outcomes that are faults of ours. */
export const CHECKPOINT_FAULTS = ["untyped", "too slow", "too large"];

let seeds;

/** Files by name, those of folders too; the golden values beside them are no checkpoints. */
function seedFiles() {
  seeds ??= readdirSync(FOLDER, { recursive: true })
    .filter((name) => CHECKPOINT.test(name) && !GOLDEN.test(name))
    .map((name) => [name, new Uint8Array(readFileSync(join(FOLDER, name)))]);
  return seeds;
}

/** Mutant `index` of a seed. The beginning of a file, where its structure is, is changed as often as the rest. */
function mutantOf(seed, index) {
  const choices = new Choices(seed * 1_000_003 + index);
  const [name, whole] = choices.of(seedFiles());
  const what = [];
  let bytes = whole;
  for (let round = choices.of([1, 1, 2, 4]); round > 0; round--) {
    const [label, change] = choices.of(byteChanges);
    const start = choices.next() < 0.5 ? 0 : choices.below(bytes.length);
    const end = Math.min(bytes.length, start + 2048);
    const [, part] = change(bytes.subarray(start, end), choices);
    bytes = new Uint8Array(Buffer.concat([bytes.subarray(0, start), part, bytes.subarray(end)]));
    what.push(label);
  }
  return { name, index, what, bytes };
}

async function attempt({ name, bytes }) {
  const readBeside = async (location) => {
    const path = join(FOLDER, dirname(name), location);
    if (existsSync(path)) return new Uint8Array(readFileSync(path));
    throw new VielbeinError("MISSING_FILE", `${location} is not there.`);
  };
  const start = performance.now();
  let result;
  try {
    const options = OPTIONS.find(([pattern]) => pattern.test(name))?.[1] ?? {};
    encodeModel((await fromCheckpoint({ name, bytes, readBeside }, options)).model);
    result = { outcome: "converted", detail: "" };
  } catch (error) {
    result =
      error instanceof VielbeinError
        ? { outcome: error.code, detail: error.message }
        : { outcome: "untyped", detail: error?.stack ?? String(error) };
  }
  const seconds = (performance.now() - start) / 1000;
  const megabytes = process.memoryUsage().arrayBuffers / 2 ** 20;
  if (seconds > SLOWEST) return { outcome: "too slow", detail: `${seconds} s` };
  return megabytes > LARGEST ? { outcome: "too large", detail: `${megabytes} MB` } : result;
}

/** Tries `count` mutants from `first` on and hands each result to `onResult`. */
export async function fuzzCheckpoints({ count, seed, first = 0 }, onResult) {
  for (let index = first; index < first + count; index++) {
    const one = mutantOf(seed, index);
    onResult({ ...one, ...(await attempt(one)) });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      first: { type: "string", default: "0" },
      keep: { type: "string" },
    },
  });
  const { keep, ...numbers } = values;
  const options = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)]));
  if (keep) mkdirSync(keep, { recursive: true });
  const counts = new Map();
  await fuzzCheckpoints(options, ({ name, index, what, bytes, outcome, detail }) => {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    if (!CHECKPOINT_FAULTS.includes(outcome)) return;
    console.log(
      `${outcome}: mutant ${index} of ${name} (${what.join("; ")})\n  ${detail.split("\n").slice(0, 6).join("\n  ")}`,
    );
    if (keep) writeFileSync(join(keep, `${index}_${basename(name)}`), bytes);
  });
  const total = [...counts].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`${options.count} mutated checkpoints of seed ${options.seed}: ${total.join(", ")}`);
  process.exitCode = CHECKPOINT_FAULTS.some((fault) => counts.has(fault)) ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
