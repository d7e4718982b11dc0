// Builds the site into site/.vitepress/dist: the API reference, the pages, the explorer and the sample's report beside
// them; then checks every link and anchor. The packages are built before (`npm run site`). `VIELBEIN_SITE_BASE` is the
// folder of the server that it will stand in; by default its root.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { BASE } from "./.vitepress/base.mjs";
import { writeApi } from "./api.mjs";
import { checkLinks } from "./links.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const out = join(folder, ".vitepress/dist");

await writeApi();
await build(folder);
cpSync(join(folder, "../docs/sample-report.html"), join(out, "sample-report.html"));
cpSync(join(folder, "../packages/explorer/dist/page"), join(out, "explorer"), { recursive: true });
checkLinks(out, BASE);
