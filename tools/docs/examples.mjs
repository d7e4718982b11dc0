// The examples in READMEs and docs, and what their `// → …` comments promise that they print.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of the pages, from the root of the project. */
export function pages(root) {
  const readmes = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);
  const docs = readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  const howTo = readdirSync(join(root, "docs/how-to")).map((name) => `docs/how-to/${name}`);
  return ["README.md", ...readmes, ...docs, ...howTo].filter((path) => existsSync(join(root, path)));
}

/** The code of the ```js blocks of a page. */
export function examplesOf(path) {
  return [...readFileSync(path, "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}

/** The code of the `@example`s in the docstrings of a source file. */
export function docstringExamplesOf(path) {
  const blocks = readFileSync(path, "utf8").matchAll(/^ \* @example\n \* ```js\n((?: \*.*\n)*?) \* ```$/gm);
  return [...blocks].map(([, code]) => code.replace(/^ \* ?/gm, ""));
}

/** What an example promises to print, line by line, without spaces. */
export function promisedBy(code) {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => squeezed(text));
}

/** What was printed, in the same form. */
export function linesOf(printed) {
  return printed.split("\n").map(squeezed).filter(Boolean);
}

function squeezed(text) {
  return text.replace(/\s+/g, "");
}
