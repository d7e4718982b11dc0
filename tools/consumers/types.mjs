// The types under strict settings, those of the declarations included, by old and new TypeScript.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./project.mjs";

const VERSIONS = ["5.4", "5.9", "6.0", "7.0"];

const COMMON = [
  "linalg",
  "linalg/npy",
  "linalg/safetensors",
  "linalg/deflate",
  "linalg/pool",
  "linalg/pool-worker",
  "linalg/zip",
  "core",
  "core/dimension",
  "core/disentanglement",
  "core/directions-file",
  "core/grassmann",
  "core/intrinsic-dimension",
  "core/optimize",
  "core/paths",
  "core/runtime",
  "core/statistics",
  "core/tangent-spaces",
  "checkpoints",
  "checkpoints/format",
  "onnx",
  "onnx/graph",
  "viz",
  "viz/raster",
  "sample",
];

const SETTINGS = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: "es2022",
  noEmit: true,
};

/** Programs for Node have its types and no DOM, pages the DOM and no Node. */
const PROGRAMS = {
  node: {
    entries: [...COMMON, "runtime-node", "cli"],
    settings: { module: "nodenext", lib: ["es2023"], types: ["node"] },
  },
  page: {
    entries: [
      ...COMMON,
      "runtime-web",
      "runtime-web/calls",
      "viz/explorer",
      "explorer",
      "explorer/page",
      "explorer/standalone",
    ],
    settings: {
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["es2023", "dom", "dom.iterable"],
      types: [],
    },
  },
};

export const packages = [
  ...["@vielbein/cli", "@vielbein/runtime-web", "@vielbein/sample", "onnxruntime-node", "onnxruntime-web"],
  "@types/node@20",
  ...VERSIONS.map((version) => `typescript-${version}@npm:typescript@~${version}.0`),
];

/** Checks by name. */
export function checks({ project }) {
  return VERSIONS.flatMap((version) =>
    Object.keys(PROGRAMS).map((program) => [
      `TypeScript ${version}, ${program}, skipLibCheck off`,
      async () => {
        writeProgram(project, program);
        const compiler = join(project, "node_modules", `typescript-${version}`, "bin", "tsc");
        await run(project, process.execPath, [compiler, "-p", `${program}.json`]);
      },
    ]),
  );
}

function writeProgram(project, name) {
  const { entries, settings } = PROGRAMS[name];
  const lines = entries.map((entry, i) => `import * as m${i} from "@vielbein/${entry}";`);
  const used = `export const modules = [${entries.map((_, i) => `m${i}`).join(", ")}];`;
  writeFileSync(join(project, `${name}.ts`), `${[...lines, used].join("\n")}\n`);
  const configuration = { compilerOptions: { ...SETTINGS, ...settings }, files: [`${name}.ts`] };
  writeFileSync(join(project, `${name}.json`), JSON.stringify(configuration));
}
