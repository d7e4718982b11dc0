// A copy of the committed sources in which files may be changed and tests run, without touching the checkout.

import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

export const git = (cwd, ...args) => execFileSync("git", args, { cwd, encoding: "utf8" });

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
 * Runs test files in the order given, with `marks` all of them and traced into that file, otherwise up to the first
 * failure; `workers` at a time. `late` if they took longer than `seconds`; `failures` are files and what failed in
 * them.
 * @returns {Promise<{late: boolean, code: number, failures: {file: string, name: string, message: string}[]}>}
 */
export async function runTests({ folder }, { files, seconds, marks, workers = 1 }) {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const args = ["run", ...files, "--config=tools/mutants/vitest.config.ts", "--root=.", "--reporter=json"];
  args.push(`--outputFile=${report}`, `--bail=${marks ? 0 : 1}`, `--maxWorkers=${workers}`);
  const env = { ...process.env, VIELBEIN_ORDER: files.join(), ...(marks && { VIELBEIN_MARKS: marks }) };
  const { late, code } = await ended(folder, args, env, seconds);
  return { late, code, failures: existsSync(report) ? failuresIn(report, folder) : [] };
}

function ended(folder, args, env, seconds) {
  return new Promise((resolve) => {
    const program = join(folder, "node_modules/vitest/vitest.mjs");
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env,
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
      resolve({ late, code });
    });
  });
}

function failuresIn(report, folder) {
  return JSON.parse(readFileSync(report, "utf8")).testResults.flatMap((each) => {
    if (each.status !== "failed") return [];
    const test = each.assertionResults.find(({ status }) => status === "failed");
    const message = test?.failureMessages.join("\n") ?? each.message;
    return [{ file: relative(folder, each.name), name: test?.fullName ?? "", message }];
  });
}
