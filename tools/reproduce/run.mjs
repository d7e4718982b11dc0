// The studies behind `npm run reproduce`: claims of four papers, tested on a style-based generator whose factors are
// known. Usage: node tools/reproduce/run.mjs [--model FILE] [--out DIR] [--quick]

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleUrl } from "@vielbein/sample";
import { reproduce } from "./studies.mjs";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: fileURLToPath(sampleUrl) },
    out: { type: "string", default: fileURLToPath(new URL("../../docs/reproduction", import.meta.url)) },
    quick: { type: "boolean", default: false },
  },
});
await reproduce({ ...flags, log: console.error });
console.error(`wrote ${flags.out}`);
