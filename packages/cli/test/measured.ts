// The command, or what commands start from, in a process of its own that writes in the end how much memory it had resident at
// most: bytes, into the file that the environment names PEAK. What commands start from, `open MODEL`: all is loaded, the model
// open and evaluated once.

import { readFileSync, writeFileSync } from "node:fs";
import { samplePoints } from "@vielbein/core";
import { loadModel, openMap } from "../src/inputs/model.ts";
import { run } from "../src/program.ts";

process.on("exit", () => {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))!;
  writeFileSync(process.env.PEAK!, String(1024 * Number(kibibytes)));
});

if (process.argv[2] === "open") {
  const map = await openMap(await loadModel(process.argv[3]!, {}), {});
  await map.evaluate(samplePoints(map.from, 0, 0, 1), 1);
} else {
  const { signal } = new AbortController();
  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
  });
}
