// The types under strict settings, those of the declarations included, by old and new TypeScript.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { install, run } from "./project.mjs";

const VERSIONS = ["5.4", "5.9", "6.0", "7.0"];

const COMMON = [
  "linalg",
  "linalg/npy",
  "linalg/safetensors",
  "linalg/deflate",
  "linalg/pool",
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
  "onnx",
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
    entries: [...COMMON, "runtime-web", "runtime-web/calls", "viz/explorer", "explorer", "explorer/page"],
    settings: {
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["es2023", "dom", "dom.iterable"],
      types: [],
    },
  },
};

/** Checks by name. */
export function typeChecks({ folder, tarballs }) {
  const project = join(folder, "types");
  let ready;
  const prepare = () => (ready ??= installAll({ folder: project, tarballs }));
  return VERSIONS.flatMap((version) =>
    Object.keys(PROGRAMS).map((program) => [
      `TypeScript ${version}, ${program}, skipLibCheck off`,
      async () => {
        await prepare();
        const compiler = join(project, "node_modules", `typescript-${version}`, "bin", "tsc");
        await run(project, process.execPath, [compiler, "-p", `${program}.json`]);
      },
    ]),
  );
}

async function installAll(place) {
  const compilers = VERSIONS.map((version) => `typescript-${version}@npm:typescript@~${version}.0`);
  const engines = ["onnxruntime-node", "onnxruntime-web"];
  const own = ["@vielbein/cli", "@vielbein/runtime-web", "@vielbein/sample"];
  await install(place, [...own, ...engines, "@types/node@20", ...compilers]);
  for (const [name, { entries, settings }] of Object.entries(PROGRAMS)) {
    const lines = entries.map((entry, i) => `import * as m${i} from "@vielbein/${entry}";`);
    const used = `export const modules = [${entries.map((_, i) => `m${i}`).join(", ")}];`;
    writeFileSync(join(place.folder, `${name}.ts`), `${[...lines, used].join("\n")}\n`);
    const configuration = { compilerOptions: { ...SETTINGS, ...settings }, files: [`${name}.ts`] };
    writeFileSync(join(place.folder, `${name}.json`), JSON.stringify(configuration));
  }
}
