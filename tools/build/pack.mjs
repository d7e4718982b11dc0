// The packages as npm publishes them, each with the changelog that they share.

import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Packs what is built into `folder`.
 * @returns {{name: string, tarball: string}[]} with the path of each
 */
export function packAll(folder) {
  const folders = readdirSync(join(root, "packages")).map((name) => join("packages", name));
  const logs = folders.map((path) => join(root, path, "CHANGELOG.md"));
  for (const log of logs) copyFileSync(join(root, "CHANGELOG.md"), log);
  try {
    const published = folders.map((path) => `--workspace=${path}`);
    const options = [...published, "--json", "--loglevel", "error", "--pack-destination", folder];
    const output = execFileSync("npm", ["pack", ...options], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    const packed = Object.values(JSON.parse(output));
    return packed.map(({ name, filename }) => ({ name, tarball: join(folder, filename) }));
  } finally {
    for (const log of logs) rmSync(log);
  }
}
