// Publishes what is built, in the order in which the packages depend on each other:
//
//     node tools/release/publish.mjs v0.2.0 [--dry-run]
//
// The tag must be that of the version; a package that has that version already is left out, so that a release that
// broke off can be run again.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "../build/pack.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [tag, ...flags] = process.argv.slice(2);
const { version } = manifestOf("cli");
if (tag !== `v${version}` || flags.some((flag) => flag !== "--dry-run")) {
  console.error(
    `Usage: node tools/release/publish.mjs v${version} [--dry-run]; the tag is ${tag ?? "missing"}.`,
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "vielbein-release-"));
try {
  const tarballs = new Map(packAll(folder).map(({ name, tarball }) => [name, tarball]));
  for (const name of inOrder([...tarballs.keys()])) {
    if (isPublished(name)) console.log(`${name} ${version} is published already.`);
    else execFileSync("npm", ["publish", tarballs.get(name), ...flags], { stdio: "inherit" });
  }
} finally {
  rmSync(folder, { recursive: true });
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
}

/** Dependencies before those that depend on them. */
function inOrder(names) {
  const order = new Set();
  const add = (name) => {
    const { dependencies = {} } = manifestOf(name.split("/")[1]);
    for (const other of names) if (other in dependencies && !order.has(other)) add(other);
    order.add(name);
  };
  for (const name of names) add(name);
  return [...order];
}

function isPublished(name) {
  return (
    spawnSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" }).stdout.trim() ===
    version
  );
}
