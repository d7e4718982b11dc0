// What it takes to open a checkpoint: seconds from the path of the file to a model, and the peak of resident memory above
// an empty process, relative to the size of the file. Each round in a process of its own; the peak on Linux only.
//
//     python tools/reference/checkpoints/large.py LARGE.pkl NVIDIA
//     node tools/bench/checkpoints/run.mjs LARGE.pkl [rounds]

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromCheckpoint } from "@vielbein/checkpoints";
import { readModelFile } from "@vielbein/runtime-node";
import { median } from "../common/table.mjs";

const ONE = "--one";

const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;

async function measure(path) {
  const [empty, start] = [peak(), performance.now()];
  const { name, bytes, readExternal } = await readModelFile(path);
  const [read, before] = [performance.now(), process.cpuUsage()];
  const { architecture } = await fromCheckpoint({ name, bytes, readBeside: readExternal });
  const built = performance.now();
  const { user, system } = process.cpuUsage(before);
  return {
    name: architecture.name,
    size: bytes.length,
    read: (read - start) / 1000,
    built: (built - read) / 1000,
    cpu: (user + system) / 1e6,
    above: peak() - empty,
  };
}

const [, , first, second = "5"] = process.argv;
if (first === ONE) console.log(JSON.stringify(await measure(second)));
else {
  const one = () =>
    JSON.parse(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), ONE, first], {
        encoding: "utf8",
      }),
    );
  const rounds = Array.from({ length: Number(second) }, one);
  const of = (what) => median(rounds.map((round) => round[what]));
  const [{ name, size }] = rounds;
  console.log(
    `${name}, ${(size / 1e6).toFixed(0)} MB: read in ${of("read").toFixed(2)} s, built in ${of("built").toFixed(2)} s (${of("cpu").toFixed(2)} s of processor time), ${(of("above") / size).toFixed(2)} × the file in memory`,
  );
}
