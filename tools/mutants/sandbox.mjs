// A copy of the committed sources in which files may be changed and tests run, without touching the checkout.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const git = (cwd, ...args) => execFileSync("git", args, { cwd, encoding: "utf8" });

/** Makes the copy of HEAD; `remove` deletes it. */
export function openSandbox(root) {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-mutants-"));
  git(root, "worktree", "add", "--detach", "--force", folder, "HEAD");
  linkModules(root, folder);
  return {
    folder,
    remove() {
      git(root, "worktree", "remove", "--force", folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Installed packages are those of the checkout; the project's own are those of the copy. */
function linkModules(root, folder) {
  const linkAll = (from, to) => {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      if (name !== "@vielbein") symlinkSync(join(from, name), join(to, name));
    }
  };
  linkAll(join(root, "node_modules"), join(folder, "node_modules"));
  const own = join(root, "node_modules", "@vielbein");
  mkdirSync(join(folder, "node_modules", "@vielbein"));
  for (const name of readdirSync(own)) {
    symlinkSync(readlinkSync(join(own, name)), join(folder, "node_modules", "@vielbein", name));
  }
  for (const name of readdirSync(join(root, "packages"))) {
    const modules = join(root, "packages", name, "node_modules");
    if (existsSync(modules)) linkAll(modules, join(folder, "packages", name, "node_modules"));
  }
}

/**
 * Runs the tests that import `file`, or all of them, less those of `excluded` patterns; up to the first failure:
 * `passed`, `failed` or `timed out`.
 */
export function runTests({ folder }, { file, excluded, seconds }) {
  const selection = file ? ["related", file, "--run"] : ["run"];
  const args = [...selection, "--bail=1", "--passWithNoTests", "--reporter=dot"];
  for (const pattern of excluded) args.push(`--exclude=${pattern}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, "node_modules/vitest/vitest.mjs"), ...args], {
      cwd: folder,
      stdio: "ignore",
      detached: true,
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, 1000 * seconds);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(late ? "timed out" : code === 0 ? "passed" : "failed");
    });
  });
}
