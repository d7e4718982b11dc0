// Gives all packages one version, everywhere it stands:
//
//     node tools/release/version.mjs 0.2.0

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [version, ...others] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version ?? "") || others.length > 0) {
  console.error("Usage: node tools/release/version.mjs VERSION, such as 0.2.0 or 0.2.0-beta.1");
  process.exit(2);
}

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
for (const name of readdirSync("packages")) edit(`packages/${name}/package.json`, withVersion);
for (const name of readdirSync("examples").filter((each) => !each.endsWith(".md"))) {
  edit(`examples/${name}/package.json`, withVersion);
}
edit("packages/explorer/src/version.ts", (text) => text.replace(/"\d[^"]*"/, `"${version}"`));
edit("CITATION.cff", (text) => text.replace(/^version: .*$/m, `version: ${version}`));
edit("CHANGELOG.md", (text) => text.replace(/^## Unreleased.*$/m, `## ${version} (${today()})`));
execFileSync("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { stdio: "inherit" });
// npm enters what it found where it found it.
execFileSync(process.execPath, ["tools/build/lockfile.mjs"], { stdio: "inherit" });

function edit(path, change) {
  const before = readFileSync(path, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`${path}: there is no place for the version.`);
  writeFileSync(path, after);
}

/** The version of the package, and that of the other packages where it depends on them. */
function withVersion(text) {
  return text
    .replace(/^ {2}"version": "[^"]*"/m, `  "version": "${version}"`)
    .replace(/("@vielbein\/[a-z-]+"): "\d[^"]*"/g, `$1: "${version}"`);
}

function today() {
  return new Date().toISOString().slice(0, 10);
}
