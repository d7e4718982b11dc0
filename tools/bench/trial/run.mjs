// What the trial of a model costs: `prepare` in a fresh process, with the first run in a process of its own and
// without, for the embedded generator and for a perceptron of 150 MB whose weights are read from their file again or
// travel as messages. Milliseconds and seconds of processor time of both processes (Linux), median of the rounds.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { decodeModel, encodeModel, prepare } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { projectFile } from "../common/maps.mjs";
import { median } from "../common/table.mjs";

const { values: flags } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, one: { type: "string" }, path: { type: "string" } },
});

const ways = {
  "in its own process": { isolate: true },
  "in its own process, weights as messages": { isolate: true, isCopied: true },
  here: { isolate: false },
};

/** Clock ticks of a process, by /proc; a tick is 10 ms. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measure(way, path) {
  const { isolate, isCopied = false } = ways[way];
  const file = await readModelFile(path);
  const model = decodeModel(isCopied ? new Uint8Array(file.bytes) : file.bytes, file.name);
  const runtime = new NodeRuntime({ isolate });
  const [start, before] = [performance.now(), process.cpuUsage()];
  await prepare(model, runtime);
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  const cpu = (user + system) / 1000 + children.map(cpuOf).reduce((a, b) => a + b, 0);
  console.log(JSON.stringify({ wall, cpu }));
  await runtime.dispose();
}

if (flags.one) {
  await measure(flags.one, flags.path);
} else {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-trial-bench-"));
  const large = join(folder, "large.onnx");
  writeFileSync(large, encodeModel(mappingModel(mappingLayers({ width: 2200 }))));
  const sample = projectFile("packages/sample/faces.onnx");
  for (const [name, path] of Object.entries({ "embedded generator": sample, "perceptron, 150 MB": large })) {
    const results = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [way, list] of Object.entries(results)) {
        const text = execFileSync(process.execPath, [
          fileURLToPath(import.meta.url),
          "--one",
          way,
          "--path",
          path,
        ]);
        list.push(JSON.parse(text));
      }
    }
    for (const [way, list] of Object.entries(results)) {
      const [wall, cpu] = ["wall", "cpu"].map((key) => median(list.map((result) => result[key])).toFixed(0));
      console.log(`${name}, ${way}: ${wall} ms, processor ${cpu} ms`);
    }
  }
  rmSync(folder, { recursive: true });
}
