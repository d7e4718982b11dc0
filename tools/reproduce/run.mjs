// The studies behind `npm run reproduce`: claims of seven papers, tested on a style-based generator whose factors are
// known. Usage: node tools/reproduce/run.mjs [--model FILE] [--only STUDY] [--keep DIR] [--out DIR]
// [--quick]

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleUrl } from "@vielbein/sample";
import { NAMES, reproduce } from "./studies.mjs";

const REPORT = fileURLToPath(new URL("../../docs/reproduction", import.meta.url));

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: fileURLToPath(sampleUrl) },
    only: { type: "string" },
    keep: { type: "string" },
    out: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const { only } = flags;
if (only !== undefined && !NAMES.includes(only)) {
  console.error(`--only: the studies are ${NAMES.join(", ")}, got "${only}".`);
  process.exit(2);
}
const out = flags.out ?? (only === undefined ? REPORT : join(REPORT, only));
await reproduce({ ...flags, out, log: console.error });
console.error(`wrote ${out}`);
