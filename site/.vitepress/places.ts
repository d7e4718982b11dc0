// Where the files of the repository stand on the site. Pages keep the relative links that work where they lie; here
// these become links of the site, or links to the repository for files that are no pages.

import { existsSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownRenderer } from "vitepress";

/** The root of the repository. */
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export const REPOSITORY = "https://github.com/vielbein/vielbein";

/** What is put beside the pages as it is (`build.mjs`), by its path in the repository. */
const BESIDE = new Map([["docs/sample-report.html", "sample-report.html"]]);

/** From a path in the repository to one on the site, for files that are pages. */
const PLACES: [RegExp, string][] = [
  [/^site\/index\.md$/, "index.md"],
  [/^site\/api\/(.*)$/, "api/$1"],
  [/^docs\/README\.md$/, "start.md"],
  [/^docs\/(.*)README\.md$/, "$1index.md"],
  [/^docs\/(.*\.md)$/, "$1"],
  [/^packages\/([^/]+)\/README\.md$/, "packages/$1.md"],
  [/^CHANGELOG\.md$/, "changelog.md"],
  [/^CONTRIBUTING\.md$/, "contributing.md"],
];

/** The place of a page of the repository on the site; undefined for other files. */
function placeOf(path: string): string | undefined {
  const [pattern, place] = PLACES.find(([each]) => each.test(path)) ?? [];
  return pattern && place && path.replace(pattern, place);
}

/** VitePress' `rewrites`. */
export function rewrite(path: string): string {
  return placeOf(path) ?? path;
}

/** Folders and files of Markdown that are no pages: VitePress' `srcExclude`. */
export const NO_PAGES = [
  "README.md",
  "SECURITY.md",
  "{tools,examples,demo,out}/**",
  "packages/*/*/**",
  "packages/*/*_CARD.md",
  // There while packages are packed.
  "packages/*/CHANGELOG.md",
];

/** Where a relative link of the file `from` leads on the site. @throws {Error} where there is no such file. */
function resolved(href: string, from: string): string {
  const [, target = "", rest = ""] = /^([^?#]*)(.*)$/.exec(href) ?? [];
  const file = resolve(dirname(from), decodeURI(target));
  if (!existsSync(file))
    throw new Error(`${relative(root, from)}: ${href} leads to no file of the repository`);
  const path = relative(root, file);
  const place = placeOf(path) ?? BESIDE.get(path);
  if (place) return `/${place}${rest}`;
  return `${REPOSITORY}/${statSync(file).isDirectory() ? "tree" : "blob"}/main/${path}${rest}`;
}

/** A rule of markdown-it that resolves the relative links of every page. */
export function resolveLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? String(token.attrGet("href")) : "#";
      if (!/^([a-z]+:|[#/])/.test(href)) token.attrSet("href", resolved(href, env.realPath ?? env.path));
    }
  });
}

/** Anchors of headings as GitHub makes them, so that links to them work there and here. */
export function slugify(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");
}
