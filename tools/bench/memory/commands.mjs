// Peak of resident memory of commands on a generator whose Jacobian is far larger than --memory, above a process that
// has everything loaded and the generator open and evaluated once. Each in a process of its own; Linux only. StyleGAN2
// with random weights, from w; the file of the embedded generator is not large enough to tell. All have the settings of the
// allocator that the command gives itself where Node lets it. And what inspecting it takes beside its file, and
// above what inspecting the small one takes; the process in which the model is run on trial not counted.
//
//     node tools/bench/memory/commands.mjs [side] [budget in MiB] [command ...]

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { samplePoints } from "@vielbein/core";
import { writeNpy } from "@vielbein/linalg/npy";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { ALLOCATOR } from "../../../packages/cli/dist/kit/allocator.js";
import { projectFile } from "../common/maps.mjs";
import { stylegan2 } from "../derivatives/networks.mjs";

const w = "t28";
const commands = [
  "basis --k 1",
  "basis --k 1 --samples 4",
  "basis --k 5",
  "basis --k 32",
  "basis",
  "metric --k 1 --samples 4",
  "metric --k 5 --samples 1",
  "metric --samples 1",
  "traverse --directions 0-2 --out sheet.png",
  "axes --axes 0-1 --samples 2 --columns 5 --out axes.png",
  "basis --region 0,0,64,64 --k 1",
  "metric --region 0,0,64,64 --k 1 --samples 1",
  "traverse --region 0,0,64,64 --directions 0 --columns 3 --out sheet.png",
  "region --region 0,0,8,8 --k 1 --columns 5 --out region.png",
  "region --region 0,0,64,64 --k 1 --outside ratio",
  "region --region 0,0,64,64 --k 1 --outside keep --tolerance 0.1",
  "region --region 0,0,64,64 --k 1 --outside ignore",
  "warpage --k 2 --pairs 2 --untrained 0 --pca-samples 0",
  "distortion --k 2 --pairs 2 --untrained 0",
  "dimension --samples 1",
  "dimension --samples 1 --spectrum estimate",
  "geodesic --segments 4 --steps 2 --sheet geodesic.png",
  "curvature --k 1 --samples 1 --untrained 0",
  "curvature --k 2 --samples 1 --untrained 0",
  "frechet --k 2 --samples 2 --held-out 2 --pca-samples 0",
  "random --k 1 --out random.safetensors",
  "edit --directions-in random.safetensors --edit 2*d0 --out edit.png",
  "pca --samples 8 --k 2 --out pca.safetensors",
  "ppl --samples 2",
  "invert --target target.npy --candidates 4 --starts 2 --steps 2 --sheet inversion.png",
];

/** In this process, when it ends. */
function reportPeak(path) {
  process.on("exit", () => {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"));
    writeFileSync(path, kibibytes);
  });
}

async function open(path) {
  await import("@vielbein/cli");
  const { bytes, name } = await readModelFile(path);
  const map = await OnnxMap.create(decodeModel(bytes, name), new NodeRuntime({ threads: 1 }), { from: w });
  await map.evaluate(samplePoints({ ...map.from, prior: { kind: "normal" } }, 0, 0, 1), 1);
}

function table(side, budget, wanted) {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-memory-"));
  const [model, peak] = [join(folder, "generator.onnx"), join(folder, "peak")];
  const measured = (...args) => {
    const env = { ...process.env, ...ALLOCATOR, PEAK: peak };
    const options = { encoding: "utf8", cwd: folder, env };
    const node = ["--import", import.meta.filename, ...args];
    const { status, stderr } = spawnSync(process.execPath, node, options);
    return status === 0 ? Number(readFileSync(peak, "utf8")) / 2 ** 10 : stderr.trim().split("\n").at(-1);
  };
  try {
    writeFileSync(model, encodeModel(stylegan2(side)));
    const target = { shape: [3, side, side], data: new Float32Array(3 * side * side).fill(0.1) };
    writeFileSync(join(folder, "target.npy"), writeNpy(target));
    const opened = measured(import.meta.filename, "open", model);
    console.log(`StyleGAN2 ${side}², --memory ${budget}M, opened: ${opened.toFixed(0)} MiB`);
    const [inspected, small] = [model, "sample"].map((file) =>
      measured(projectFile("packages", "cli", "bin", "vielbein.js"), "inspect", file),
    );
    const size = statSync(model).size / 2 ** 20;
    const [times, more] = [inspected, inspected - small].map((taken) => (taken / size).toFixed(2));
    console.log(
      `inspect: ${inspected.toFixed(0)} MiB, ${times} times the file; ${more} times above what the embedded sample takes (${small.toFixed(0)} MiB)`,
    );
    for (const command of wanted) {
      const [name, ...options] = command.split(" ");
      const shared = ["--from", w, "--memory", `${budget}M`, "--threads", "1"];
      const taken = measured(
        projectFile("packages", "cli", "bin", "vielbein.js"),
        name,
        model,
        ...shared,
        ...options,
      );
      const above = taken - opened;
      const share = `${above.toFixed(0)} MiB above, ${((100 * above) / budget).toFixed(0)} % of the budget`;
      console.log(`  ${command}: ${typeof taken === "number" ? share : taken}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [, , first = "256", second = "1024", ...rest] = process.argv;
if (process.env.PEAK) reportPeak(process.env.PEAK);
if (first === "open") await open(second);
else if (!process.env.PEAK) table(Number(first), Number(second), rest.length > 0 ? rest : commands);
