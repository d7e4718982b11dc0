// The main job on the embedded sample, as a person at a terminal would run it: inspect the generator,
// compute local bases at a few points, draw the leading directions.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = `${root}packages/cli/dist/bin.js`;
mkdirSync(`${root}demo`, { recursive: true });

function vielbein(...args) {
  console.log(`\n$ vielbein ${args.join(" ")}`);
  execFileSync(process.execPath, [cli, ...args], { stdio: "inherit", cwd: root });
}

vielbein("inspect", "sample");
vielbein("basis", "sample", "--samples", "4", "--out", "demo/bases.npz");
vielbein(
  "traverse",
  "sample",
  "--seed",
  "1",
  "--directions",
  "0-5",
  "--range",
  "2",
  "--out",
  "demo/sheet.png",
);
console.log(
  `\nThe contact sheet is ${root}demo/sheet.png, the bases are in ${root}demo/bases.npz (numpy.load reads them).`,
);
