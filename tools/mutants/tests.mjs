// Which tests see a change: what each test file ran when nothing was changed, kept from run to run.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { git, runTests } from "./sandbox.mjs";
import { markAt, marked } from "./traces.mjs";

/** Minutes of browsers and of whole studies, and what needs a build: what they see, quicker tests see too. */
const SLOW = /\/engines\.test\.ts$|^packages\/(explorer|runtime-web)\/|browser\.test\.ts$/;

/** What other processes and workers run leaves no mark; these tests see all of their package. */
const ELSEWHERE = /node:(child_process|worker_threads)|new Worker\(/;

const KEPT = join(tmpdir(), "vielbein-mutants.json");

const lines = (text) => text.split("\n").filter(Boolean);

/** Kept traces by test file. */
export class Traces {
  #root;
  #sandbox;
  #sources;
  #tests;
  #kept;
  /** Files that fail before anything is changed would notice every change, so they witness none. */
  #unsound = new Set();

  #workers;

  constructor(root, sandbox, sources, { workers, without }) {
    this.#root = root;
    this.#workers = workers;
    this.#sandbox = sandbox;
    this.#sources = sources;
    this.#tests = lines(git(root, "ls-files", "packages/*.test.ts")).filter(
      (file) => !SLOW.test(file) && !without.some((part) => file.includes(part)),
    );
    this.#kept = keptTraces(root, this.#tests);
  }

  /** The tests of the packages that run the changed place, nearest first: of its name, then the quickest. */
  seeing({ file, text, start }, isWanted) {
    const mark = markAt(file, text, start);
    const subject = basename(file, ".ts");
    const sees = (test, { marks }) => marks[file]?.includes(mark) || this.#seesElsewhere(test, file);
    return [...this.#kept]
      .filter(([test, trace]) => isWanted(packageOf(test)) && sees(test, trace))
      .map(([test, { seconds }]) => ({ test, seconds, isNear: basename(test).startsWith(subject) }))
      .sort((a, b) => b.isNear - a.isNear || a.seconds - b.seconds);
  }

  #seesElsewhere(test, file) {
    return (
      packageOf(test) === packageOf(file) && ELSEWHERE.test(readFileSync(join(this.#root, test), "utf8"))
    );
  }

  /** Makes the traces that are missing for tests of the packages wanted. */
  async make(isWanted) {
    const missing = this.#tests.filter(
      (test) => isWanted(packageOf(test)) && !this.#kept.has(test) && !this.#unsound.has(test),
    );
    if (missing.length === 0) return;
    console.log(`${missing.length} test files without a change …`);
    const marks = join(this.#sandbox.folder, "marks.jsonl");
    this.#rewrite(marked);
    const { code, failures } = await runTests(this.#sandbox, {
      files: missing,
      seconds: 7200,
      marks,
      workers: this.#workers,
    });
    this.#rewrite((_, text) => text);
    if (code !== 0 && failures.length === 0) {
      throw new Error("The tests broke off before anything was changed.");
    }
    for (const { file, name, message } of failures) {
      this.#unsound.add(file);
      console.log(`left out, for it fails without a change: ${file}: ${name}: ${message.split("\n")[0]}`);
    }
    this.#keep(marks);
  }

  #rewrite(change) {
    for (const [file, text] of this.#sources) {
      writeFileSync(join(this.#sandbox.folder, file), change(file, text));
    }
  }

  #keep(marks) {
    for (const line of lines(readFileSync(marks, "utf8"))) {
      const { test, ...trace } = JSON.parse(line);
      const file = relative(this.#sandbox.folder, test);
      if (!this.#unsound.has(file)) this.#kept.set(file, trace);
    }
    rmSync(marks);
    const commit = git(this.#sandbox.folder, "rev-parse", "HEAD").trim();
    writeFileSync(KEPT, JSON.stringify({ commit, traces: [...this.#kept] }));
  }
}

/** The traces of an earlier run that still hold: nothing that the test loads has changed, nor what lies beside it. */
function keptTraces(root, tests) {
  try {
    const { commit, traces } = JSON.parse(readFileSync(KEPT, "utf8"));
    const places = ["packages", "package-lock.json", "vitest.config.ts", "tools/build"];
    const changed = lines(git(root, "diff", "--name-only", commit, "HEAD", "--", ...places)).filter(
      (file) => !file.endsWith(".md"),
    );
    const holds = (test, { marks }) =>
      changed.every((file) => {
        if (/\.test\.ts$/.test(file)) return file !== test;
        if (/^packages\/[^/]+\/src\//.test(file)) return !(file in marks);
        return file.startsWith("packages/") && packageOf(file) !== packageOf(test);
      });
    return new Map(traces.filter(([test, trace]) => tests.includes(test) && holds(test, trace)));
  } catch {
    return new Map();
  }
}

export const packageOf = (file) => file.split("/")[1];
