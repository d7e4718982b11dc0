// Every link between the built pages leads to a file, and every anchor to an element. VitePress checks only that linked
// pages exist: no anchors, nor links in HTML, the sidebar, and pages that it did not make.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parse } from "parse5";

function* elements(node) {
  if (node.attrs) yield Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
  for (const child of node.childNodes ?? []) yield* elements(child);
}

/** What a page links to, and what it may be linked at. */
function readPage(path) {
  const attributes = [...elements(parse(readFileSync(path, "utf8")))];
  return {
    links: new Set(attributes.flatMap(({ href, src }) => [href, src].filter(Boolean))),
    anchors: new Set(attributes.flatMap(({ id, name }) => [id, name].filter(Boolean))),
  };
}

/**
 * @param base where the folder stands on its server: it begins and ends with a slash.
 * @throws {Error} listing the links that lead nowhere.
 */
export function checkLinks(folder, base) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const pages = new Map(
    names.filter((name) => name.endsWith(".html")).map((name) => [name, readPage(join(folder, name))]),
  );
  const leads = (page, href) => {
    const { pathname, hash, searchParams } = new URL(href, `http://site${base}${page}`);
    if (!pathname.startsWith(base)) return false;
    const path = decodeURI(pathname.slice(base.length));
    const target = path === "" || path.endsWith("/") ? posix.join(path, "index.html") : path;
    // The explorer with a model; the hash is a state of the page.
    const model = searchParams.get("src");
    if (model) return pages.has(target) && existsSync(join(folder, posix.dirname(target), model));
    if (!pages.has(target)) return existsSync(join(folder, target));
    return hash === "" || pages.get(target).anchors.has(decodeURIComponent(hash.slice(1)));
  };
  const dead = [...pages].flatMap(([page, { links }]) =>
    [...links]
      .filter((href) => !/^[a-z]+:/.test(href) && !leads(page, href))
      .map((href) => `${page}: ${href}`),
  );
  if (dead.length > 0) throw new Error(`${dead.length} links lead nowhere:\n${dead.join("\n")}`);
  console.log(`${pages.size} pages, every link and anchor found`);
}
