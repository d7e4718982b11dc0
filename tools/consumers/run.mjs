// The packages as strangers meet them: packed, installed in empty projects, and used there.
//
//     node tools/consumers/run.mjs [--only readmes,engines,types,bundlers,examples]
//
// The last line counts what passed, failed and was skipped, together with what the file VIELBEIN_COUNTS has counted.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packAll } from "../build/pack.mjs";
import { closeBrowser } from "./browser.mjs";
import * as bundlers from "./bundlers.mjs";
import * as engines from "./engines.mjs";
import * as examples from "./examples.mjs";
import { install } from "./project.mjs";
import * as readmes from "./readmes.mjs";
import * as types from "./types.mjs";

const parts = { readmes, engines, types, bundlers, examples };
const { values } = parseArgs({
  options: { only: { type: "string", default: Object.keys(parts).join(",") } },
});
const chosen = values.only.split(",").map((name) => parts[name]);

const { VIELBEIN_COUNTS: earlier = "" } = process.env;
const counts = existsSync(earlier)
  ? JSON.parse(readFileSync(earlier, "utf8"))
  : { passed: 0, failed: 0, skipped: 0 };

const folder = mkdtempSync(join(tmpdir(), "vielbein-consumers-"));
try {
  const packed = join(folder, "tarballs");
  mkdirSync(packed);
  const packing = performance.now();
  const tarballs = new Map(packAll(packed).map(({ name, tarball }) => [name, tarball]));
  console.log(`packed (${seconds(packing)})`);
  // READMEs have projects of their own, all else shares one: installing takes longer than most checks.
  const place = { folder, tarballs, project: join(folder, "project") };
  const [sharing, alone] = [true, false].map((shares) =>
    chosen.filter(({ packages }) => (packages !== undefined) === shares),
  );
  await Promise.all([runAll(alone, place), installShared(place).then(() => runAll(sharing, place))]);
} finally {
  await closeBrowser();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function installShared({ tarballs, project }) {
  const shared = new Set(chosen.flatMap(({ packages = [] }) => packages));
  if (shared.size === 0) return;
  const start = performance.now();
  await install({ folder: project, tarballs, manifest: bundlers.manifest }, [...shared]);
  console.log(`installed ${shared.size} packages (${seconds(start)})`);
}

async function runAll(parts, place) {
  for (const { checks } of parts) {
    for (const [title, check] of checks(place)) await report(title, check);
  }
}

async function report(title, check) {
  const start = performance.now();
  try {
    const reason = await check();
    counts[reason ? "skipped" : "passed"]++;
    console.log(`${reason ? "skipped" : "ok"}  ${title}${reason ? `: ${reason}` : ""} (${seconds(start)})`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  ${title} (${seconds(start)})\n${error.message}`);
  }
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
