// The packages as strangers meet them: packed, installed in empty projects, and used there.
//
//     node tools/consumers/run.mjs [--only readmes,engines,types]

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packAll } from "../build/pack.mjs";
import { engineChecks } from "./engines.mjs";
import { readmeChecks } from "./readmes.mjs";
import { typeChecks } from "./types.mjs";

const parts = { readmes: readmeChecks, engines: engineChecks, types: typeChecks };
const { values } = parseArgs({
  options: { only: { type: "string", default: Object.keys(parts).join(",") } },
});

const folder = mkdtempSync(join(tmpdir(), "vielbein-consumers-"));
let failed = 0;
try {
  const packed = join(folder, "tarballs");
  mkdirSync(packed);
  const tarballs = new Map(packAll(packed).map(({ name, tarball }) => [name, tarball]));
  for (const name of values.only.split(",")) {
    for (const [title, check] of parts[name]({ folder, tarballs })) await report(title, check);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failed === 0 ? "All as promised." : `${failed} not as promised.`);
process.exitCode = failed === 0 ? 0 : 1;

async function report(title, check) {
  const start = performance.now();
  try {
    const reason = await check();
    console.log(`${reason ? "skipped" : "ok"}  ${title}${reason ? `: ${reason}` : ""} (${seconds(start)})`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${title} (${seconds(start)})\n${error.message}`);
  }
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
