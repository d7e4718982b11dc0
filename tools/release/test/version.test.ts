// One command gives every package a version: tried in a copy of what it reads and writes.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What has or names a version. */
const FILES = [
  "package.json",
  "package-lock.json",
  "*/*/package.json",
  "site/package.json",
  "CITATION.cff",
  "CHANGELOG.md",
  "packages/explorer/src/version.ts",
  "tools/release/version.mjs",
  "tools/build/lockfile.mjs",
];

function copyTo(folder: string): string[] {
  const list = execFileSync("git", ["ls-files", ...FILES], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n");
  for (const path of list) cpSync(join(root, path), join(folder, path));
  return list;
}

it("stands in every manifest, in the explorer, the citation, the changelog and a lock file that names no registry", () => {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-version-"));
  try {
    const copied = copyTo(folder);
    execFileSync(process.execPath, ["tools/release/version.mjs", "9.8.7-beta.1"], {
      cwd: folder,
      // Nothing is asked of a registry: all that is locked stays as it is.
      env: { ...process.env, npm_config_offline: "true" },
      stdio: "ignore",
    });
    const read = (path: string) => readFileSync(join(folder, path), "utf8");
    const manifests = copied.filter((path) => /^(packages|examples)\/[^/]+\/package\.json$/.test(path));
    expect(manifests.length).toBeGreaterThan(15);
    for (const path of manifests) {
      const { version, dependencies = {} } = JSON.parse(read(path));
      // Examples have none of their own.
      const stated = path.startsWith("packages/") ? { version } : {};
      const ours = Object.entries(dependencies).filter(([name]) => name.startsWith("@vielbein/"));
      for (const [name, wanted] of Object.entries({ ...stated, ...Object.fromEntries(ours) })) {
        expect(wanted, `${path}: ${name}`).toBe("9.8.7-beta.1");
      }
    }
    expect(read("packages/explorer/src/version.ts")).toContain('"9.8.7-beta.1"');
    expect(read("CITATION.cff")).toMatch(/^version: 9\.8\.7-beta\.1$/m);
    expect(read("CHANGELOG.md")).toMatch(/^## 9\.8\.7-beta\.1 \(\d{4}-\d\d-\d\d\)$/m);
    const lock = read("package-lock.json");
    expect(lock).not.toMatch(/"resolved": "https?:/);
    const before: { packages: object } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    expect(Object.keys(JSON.parse(lock).packages)).toEqual(Object.keys(before.packages));
    expect(JSON.parse(lock).packages["packages/core"].version).toBe("9.8.7-beta.1");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
