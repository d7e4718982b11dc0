// Every example of a README, as pasted into a project that has what its install line installs.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { examplesOf, linesOf, pages, promisedBy } from "../docs/examples.mjs";
import { install, root, run } from "./project.mjs";

/** Checks by name. */
export function checks(place) {
  const readmes = pages(root).filter((page) => page.endsWith("README.md") && !page.startsWith("docs/"));
  return readmes
    .filter((page) => examplesOf(join(root, page)).length > 0)
    .map((page) => [`${page} as pasted`, () => runAll(place, page)]);
}

async function runAll({ folder, tarballs }, page) {
  const project = join(folder, page.replaceAll("/", "-"));
  await install({ folder: project, tarballs }, installed(page));
  for (const code of examplesOf(join(root, page))) await runExample(project, code, process.execPath);
}

/** Runs an example on this engine; what it prints must be what it promises. */
export async function runExample(project, code, program, args = []) {
  writeFileSync(join(project, "example.mjs"), code);
  const printed = linesOf(await run(project, program, [...args, "example.mjs"]));
  const promised = promisedBy(code);
  if (printed.join("\n") !== promised.join("\n")) {
    throw new Error(`It printed\n${printed.join("\n")}\ninstead of\n${promised.join("\n")}`);
  }
}

/** The packages of the first install line. */
export function installed(page) {
  const text = readFileSync(join(root, page), "utf8");
  const [, line] = /^npm install (.*)$/m.exec(text) ?? [];
  if (!line) throw new Error(`${page} has no line "npm install …" before its examples.`);
  return line
    .split("#")[0]
    .split(/\s+/)
    .filter((word) => word && !word.startsWith("--"));
}
