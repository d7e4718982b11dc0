// The site: every page of docs/ and every package's README where they lie, and the API reference that `build.mjs`
// writes before.

import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type SiteConfig } from "vitepress";
import { BASE } from "./base.mjs";
import { NO_PAGES, REPOSITORY, resolveLinks, rewrite, slugify } from "./places.ts";
import { listed, sidebar } from "./sections.ts";

const folder = fileURLToPath(new URL("../api", import.meta.url));
const api = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `api/${name.replace(/\.md$/, "")}`)
      .sort()
  : [];
const sections = sidebar(api);

/** @throws {Error} for pages that the sidebar does not lead to. */
function requireListed({ pages, rewrites }: SiteConfig): void {
  const known = new Set(["index", ...listed(sections)]);
  const places = pages.map((path) => (rewrites.map[path] ?? path).replace(/\.md$/, ""));
  const lost = places.filter((place) => !known.has(place));
  if (lost.length > 0) throw new Error(`site/.vitepress/sections.ts lists no ${lost.join(", ")}`);
}

export default defineConfig({
  base: BASE,
  title: "Vielbein",
  head: [["link", { rel: "icon", href: "data:," }]],
  description: "The local geometry of generators, from exact Jacobians, in Node and the browser.",
  srcDir: "..",
  srcExclude: NO_PAGES,
  rewrites: rewrite,
  // Put there by `build.mjs`, which checks these links too.
  ignoreDeadLinks: ["/sample-report", "/explorer/index"],
  markdown: { config: resolveLinks, anchor: { slugify } },
  metaChunk: true,
  buildEnd: requireListed,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: sections,
    nav: [
      { text: "Start", link: "/start" },
      { text: "How to", link: "/how-to/stylegan2", activeMatch: "/how-to/" },
      { text: "Commands", link: "/commands" },
      { text: "API", link: "/api/core", activeMatch: "/api/" },
      { text: "Explorer", link: "/explorer/index.html", target: "_blank", noIcon: true },
    ],
    socialLinks: [{ icon: "github", link: REPOSITORY }],
  },
});
