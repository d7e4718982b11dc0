// Every ```js example of the READMEs, the docs and the docstrings is run as it stands, against the built packages, and must
// print what its `// → …` comments say.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { supportedOperators } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { docstringExamplesOf, examplesOf, linesOf, pages, promisedBy } from "../examples.mjs";

const root = new URL("../../..", import.meta.url).pathname;

const sources = readdirSync(join(root, "packages")).flatMap((name) => {
  const folder = `packages/${name}/src`;
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).map((file) => `${folder}/${file}`);
});

const numbered = (path: string, codes: string[]) =>
  codes.map((code, index) => ({ where: `${path}, example ${index + 1}`, code }));

const examples = [
  ...pages(root).flatMap((page) => numbered(page, examplesOf(join(root, page)))),
  ...sources.flatMap((source) => numbered(source, docstringExamplesOf(join(root, source)))),
];

describe("documentation", () => {
  it("has a running example in the README of the project and of every library", () => {
    const covered = new Set(examples.map(({ where }) => where.split(",")[0]));
    for (const name of [
      "README.md",
      ...["linalg", "core", "onnx", "runtime-node", "runtime-web", "viz"].map(
        (p) => `packages/${p}/README.md`,
      ),
    ]) {
      expect([...covered]).toContain(name);
    }
  });

  it("has a running example for the twenty most used functions", () => {
    expect(examples.filter(({ where }) => where.includes("/src/")).length).toBeGreaterThanOrEqual(20);
  });

  it("counts the operators that have a rule as the registry does", () => {
    const count = supportedOperators().length;
    const page = readFileSync(join(root, "docs/differentiation.md"), "utf8");
    expect(page).toContain(`${count} operators have a rule`);
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`${count} operators`);
  });

  it.for(examples)("$where prints what it says", ({ code }, context) => {
    if (!existsSync(join(root, "packages/cli/dist/index.js"))) {
      context.skip("the packages are not built; `npm run build` first");
    }
    // In a folder of its own, so that examples may write files; the packages are found as installed ones are.
    const folder = mkdtempSync(join(tmpdir(), "vielbein-docs-"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    symlinkSync(join(root, "packages"), join(folder, "packages"));
    writeFileSync(join(folder, "example.mjs"), code);
    const printed = execFileSync(process.execPath, ["--preserve-symlinks-main", "example.mjs"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(linesOf(printed)).toEqual(promisedBy(code));
  });
});
