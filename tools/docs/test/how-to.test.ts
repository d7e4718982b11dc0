// Every `npx vielbein …` line of the how-to pages runs as it stands, in order, in a folder that holds the small
// checkpoint which stands for the reader's file.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

const root = new URL("../../..", import.meta.url).pathname;
const folder = join(root, "docs/how-to");
const program = join(root, "packages/cli/bin/vielbein.js");

/** The reader's files, and what stands for them. */
const FILES = new Map([
  ["network.pkl", "stylegan2_ada.pkl"],
  ["vae.pt", "beta_vae.pt"],
]);

/** The words of the commands in the ```sh blocks of a page. */
function commandsOf(page: string): string[][] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  const lines = blocks.join("").replaceAll("\\\n", " ").split("\n");
  return lines
    .filter((line) => line.startsWith("npx vielbein "))
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "").slice(2),
    );
}

describe("how-to pages", () => {
  const pages = readdirSync(folder)
    .map((name) => ({ name, commands: commandsOf(readFileSync(join(folder, name), "utf8")) }))
    .filter(({ commands }) => commands.length > 0);

  it("have commands to run", () => {
    expect(pages.flatMap(({ commands }) => commands).length).toBeGreaterThan(10);
  });

  it.for(pages)("$name: every command runs", { timeout: 300_000 }, ({ commands }) => {
    const cwd = mkdtempSync(join(tmpdir(), "vielbein-how-to-"));
    onTestFinished(() => rmSync(cwd, { recursive: true }));
    for (const [name, fixture] of FILES) {
      copyFileSync(join(root, "packages/checkpoints/test/fixtures", fixture), join(cwd, name));
    }
    for (const words of commands) {
      execFileSync(process.execPath, [program, ...words], { cwd, stdio: "pipe" });
      const out = words[words.indexOf("--out") + 1] as string;
      if (words.includes("--out")) expect(readdirSync(cwd)).toContain(out);
    }
  });
});
