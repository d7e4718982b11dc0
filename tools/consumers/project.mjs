// A project of somebody else: an empty folder into which the packed packages are installed, and nothing from here.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

/**
 * Installs packages, the project's own from their tarballs, together with those of them that they depend on.
 *
 * @param manifest what stands in its package.json beyond that.
 * @param names as in `npm install`, such as `@vielbein/core` or `typescript@5.4`
 */
export async function install({ folder, tarballs, manifest = {} }, names) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...manifest }));
  const sources = [...withDependencies(names)].map((name) => tarballs.get(name) ?? name);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  await run(folder, "npm", ["install", ...flags, ...sources]);
}

/** Runs a program there; returns what it prints. */
export async function run(folder, program, args, environment = {}) {
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: "1", ...environment };
  try {
    const { stdout } = await execute(program, args, {
      cwd: folder,
      env,
      maxBuffer: 2 ** 26,
      timeout: 300_000,
    });
    return stdout;
  } catch ({ message, stdout = "", stderr = "" }) {
    throw new Error(`${message.split("\n")[0]}\n${stdout}${stderr}`.trim());
  }
}

function withDependencies(names, all = new Set()) {
  for (const name of names) {
    if (all.has(name)) continue;
    all.add(name);
    if (name.startsWith("@vielbein/")) {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(root, "packages", name.split("/")[1], "package.json"), "utf8"),
      );
      withDependencies(
        Object.keys(dependencies).filter((other) => other.startsWith("@vielbein/")),
        all,
      );
    }
  }
  return all;
}
