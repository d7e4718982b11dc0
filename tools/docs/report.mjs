// Makes docs/sample-report.html, the report of the embedded sample that is part of the documentation: `npm run
// docs:report`. Its twin is not kept.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "vielbein-docs-"));
const page = join(folder, "sample-report.html");
try {
  const command = fileURLToPath(new URL("packages/cli/bin/vielbein.js", root));
  const args = [command, "report", "sample", "--effort", "quick", "--out", page];
  execFileSync(process.execPath, args, { stdio: "inherit" });
  copyFileSync(page, new URL("docs/sample-report.html", root));
} finally {
  rmSync(folder, { recursive: true });
}
